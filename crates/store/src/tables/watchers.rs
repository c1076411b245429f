//! Actions that wait for a job to come into a status (Polpo 2.13).
//!
//! **Invariant:** a watcher fires once.

use domain::id::{EnvironmentId, JobId, WatcherId};
use domain::job::Status;
use domain::{Result, Time};

use crate::{Row, Sql, Tx, Val};

/// An action that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Its id.
    pub id: WatcherId,
    /// Where.
    pub environment: EnvironmentId,
    /// For which job.
    pub job: JobId,
    /// For which status of it.
    pub target: Status,
    /// What is done then: a JSON object.
    pub action: String,
    /// When it was done.
    pub fired_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, job, target, action, fired_at, created_at from watchers ",
            $rest
        )
    };
}

/// Asked whenever a job moves, so not of all watchers of the environment.
const WAITING: Sql = indexed!(
    select!(""),
    "watchers_waiting",
    "where environment = $1 and job = $2 and target = $3 and fired_at is null order by id"
);

/// Statements in which the engines differ.
pub(super) fn built() -> Vec<Sql> {
    vec![WAITING]
}

statements! {
    INSERT = "insert into watchers (id, environment, job, target, action, fired_at, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    LIST = select!("where environment = $1 order by id limit $2");
    COUNT = "select count(*) from watchers where environment = $1";
    FIRE = "update watchers set fired_at = $1 where id = $2 and environment = $3";
    REMOVE = "delete from watchers where id = $1 and environment = $2 returning target";
}

fn read(row: &Row<'_>) -> Result<Watcher> {
    Ok(Watcher {
        id: row.id(0)?,
        environment: row.id(1)?,
        job: row.id(2)?,
        target: row.word(3, Status::parse)?,
        action: row.text(4)?,
        fired_at: row.opt_time(5)?,
        created_at: row.time(6)?,
    })
}

/// Stores a watcher.
pub async fn insert(tx: &mut Tx, watcher: &Watcher) -> Result<()> {
    let Watcher {
        id,
        environment,
        job,
        target,
        action,
        fired_at,
        created_at,
    } = watcher;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        Val::id(*job),
        target.as_str().into(),
        action.into(),
        (*fired_at).into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// Every watcher, in the order of their making.
pub async fn list(tx: &mut Tx, environment: EnvironmentId, rows: u32) -> Result<Vec<Watcher>> {
    tx.rows(LIST, vec![Val::id(environment), rows.into()], read)
        .await
}

/// Those that wait for a job to come into a status.
pub async fn waiting(
    tx: &mut Tx,
    environment: EnvironmentId,
    job: JobId,
    status: Status,
) -> Result<Vec<Watcher>> {
    let params = vec![Val::id(environment), Val::id(job), status.as_str().into()];
    tx.rows(WAITING, params, read).await
}

/// How many there are.
pub async fn count(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(environment)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Notes that a watcher fired.
pub async fn fire(tx: &mut Tx, environment: EnvironmentId, id: WatcherId, now: Time) -> Result<()> {
    let params = vec![now.into(), Val::id(id), Val::id(environment)];
    tx.write(FIRE, params).await
}

/// Removes a watcher; false when there is none.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, id: WatcherId) -> Result<bool> {
    let params = vec![Val::id(id), Val::id(environment)];
    Ok(tx.row(REMOVE, params, |_| Ok(())).await?.is_some())
}
