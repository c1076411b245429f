//! Missions (Polpo 2.9). The plan is the document as people send and see it; a
//! further document holds what no statement asks for.
//!
//! **Invariant:** a mission is active or paused exactly while one of its
//! executions is open (see [`mission_runs`](super::mission_runs)).

use domain::id::{EnvironmentId, MissionId};
use domain::mission::Status;
use domain::page::Part;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// A mission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mission {
    /// Its id.
    pub id: MissionId,
    /// Where it lives.
    pub environment: EnvironmentId,
    /// Its name, unique there.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// Its plan: a JSON object.
    pub plan: String,
    /// Everything else about it, a JSON object.
    pub document: String,
    /// How often it was executed.
    pub executions: i64,
    /// When it was written.
    pub created_at: Time,
    /// When it was changed.
    pub updated_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, name, status, plan, document, executions, created_at, updated_at from missions ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into missions (id, environment, name, status, plan, document, executions, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning name";
    FIND = select!("where id = $1 and environment = $2");
    BY_NAME = select!("where environment = $1 and name = $2");
    LIST = select!("where environment = $1 order by id limit $2 offset $3");
    COUNT = "select count(*) from missions where environment = $1";
    UPDATE = "update missions set name = $1, status = $2, plan = $3, document = $4, executions = $5, updated_at = $6 \
        where id = $7 and environment = $8";
    REMOVE = "delete from missions where id = $1 and environment = $2";
}

fn read(row: &Row<'_>) -> Result<Mission> {
    Ok(Mission {
        id: row.id(0)?,
        environment: row.id(1)?,
        name: row.text(2)?,
        status: row.word(3, Status::parse)?,
        plan: row.text(4)?,
        document: row.text(5)?,
        executions: row.int(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

/// Stores a mission; false when there is one of that name.
pub async fn insert(tx: &mut Tx, mission: &Mission) -> Result<bool> {
    let Mission {
        id,
        environment,
        name,
        status,
        plan,
        document,
        executions,
        created_at,
        updated_at,
    } = mission;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        name.into(),
        status.as_str().into(),
        plan.into(),
        document.into(),
        (*executions).into(),
        (*created_at).into(),
        (*updated_at).into(),
    ];
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// A mission.
pub async fn find(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: MissionId,
) -> Result<Option<Mission>> {
    let params = vec![Val::id(id), Val::id(environment)];
    tx.row(FIND, params, read).await
}

/// The mission of that name.
pub async fn by_name(
    tx: &mut Tx,
    environment: EnvironmentId,
    name: &str,
) -> Result<Option<Mission>> {
    let params = vec![Val::id(environment), name.to_owned().into()];
    tx.row(BY_NAME, params, read).await
}

/// Missions in the order of their making.
pub async fn list(
    tx: &mut Tx,
    environment: EnvironmentId,
    rows: u32,
    part: Part,
) -> Result<Vec<Mission>> {
    let rows = part.rows(i64::from(rows));
    let params = vec![Val::id(environment), rows.into(), part.skip().into()];
    tx.rows(LIST, params, read).await
}

/// How many there are.
pub async fn count(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(environment)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Stores what changed of a mission.
pub async fn update(tx: &mut Tx, mission: &Mission) -> Result<()> {
    let params = vec![
        (&mission.name).into(),
        mission.status.as_str().into(),
        (&mission.plan).into(),
        (&mission.document).into(),
        mission.executions.into(),
        mission.updated_at.into(),
        Val::id(mission.id),
        Val::id(mission.environment),
    ];
    tx.write_or(UPDATE, params, gone).await
}

/// Removes a mission.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, id: MissionId) -> Result<()> {
    let params = vec![Val::id(id), Val::id(environment)];
    tx.write_or(REMOVE, params, gone).await
}

fn gone() -> Error {
    Error::not_found("mission_not_found", "there is no mission of this id")
}
