//! Executions of missions, each with the plan as it was and how far it is
//! (Polpo 3.3).
//!
//! **Invariant:** `due` is the earliest end of a delay that runs, and nothing
//! once the execution is over.

use domain::id::{EnvironmentId, MissionId};
use domain::{Error, Result, Time};

use crate::{Row, Sql, Tx, Val};

/// An execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where.
    pub environment: EnvironmentId,
    /// Its name, which ties its jobs together; unique there.
    pub group: String,
    /// Of which mission.
    pub mission: MissionId,
    /// The how manieth of it.
    pub number: i64,
    /// Whether it goes on.
    pub is_open: bool,
    /// When its next delay ends.
    pub due: Option<Time>,
    /// The plan as it was.
    pub plan: String,
    /// How far its gates, checkpoints and delays are: a JSON object.
    pub state: String,
    /// When it began.
    pub started_at: Time,
    /// When it went on last.
    pub updated_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select environment, mission_group, mission, number, is_open, due, plan, state, started_at, updated_at \
             from mission_runs ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into mission_runs (environment, mission_group, mission, number, is_open, due, plan, state, \
        started_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning number";
    FIND = select!("where environment = $1 and mission_group = $2");
    OF_MISSION = select!("where environment = $1 and mission = $2 order by number desc limit $3");
    OPEN = select!("where environment = $1 and is_open = 1 order by mission, number");
    UPDATE = "update mission_runs set is_open = $1, due = $2, state = $3, updated_at = $4 \
        where environment = $5 and mission_group = $6";
    DUE = "select environment, mission_group from mission_runs where due <= $1 order by due limit $2";
}

const REMOVE: Sql = indexed!(
    "delete from mission_runs ",
    "mission_runs_by_mission",
    "where environment = $1 and mission = $2"
);

/// Statements that the engines spell differently.
pub(super) fn built() -> Vec<Sql> {
    vec![REMOVE]
}

fn read(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        environment: row.id(0)?,
        group: row.text(1)?,
        mission: row.id(2)?,
        number: row.int(3)?,
        is_open: row.int(4)? != 0,
        due: row.opt_time(5)?,
        plan: row.text(6)?,
        state: row.text(7)?,
        started_at: row.time(8)?,
        updated_at: row.time(9)?,
    })
}

/// Stores an execution; false when its name is taken.
pub async fn insert(tx: &mut Tx, run: &Run) -> Result<bool> {
    let Run {
        environment,
        group,
        mission,
        number,
        is_open,
        due,
        plan,
        state,
        started_at,
        updated_at,
    } = run;
    let params = vec![
        Val::id(*environment),
        group.into(),
        Val::id(*mission),
        (*number).into(),
        i64::from(*is_open).into(),
        (*due).into(),
        plan.into(),
        state.into(),
        (*started_at).into(),
        (*updated_at).into(),
    ];
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// An execution by its name.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, group: &str) -> Result<Option<Run>> {
    let params = vec![Val::id(environment), group.to_owned().into()];
    tx.row(FIND, params, read).await
}

/// The executions of a mission, the latest first.
pub async fn of_mission(
    tx: &mut Tx,
    environment: EnvironmentId,
    mission: MissionId,
    rows: u32,
) -> Result<Vec<Run>> {
    let params = vec![Val::id(environment), Val::id(mission), rows.into()];
    tx.rows(OF_MISSION, params, read).await
}

/// The executions that go on.
pub async fn open(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Run>> {
    tx.rows(OPEN, vec![Val::id(environment)], read).await
}

/// Stores how far an execution is.
pub async fn update(tx: &mut Tx, run: &Run) -> Result<()> {
    let params = vec![
        i64::from(run.is_open).into(),
        run.due.into(),
        (&run.state).into(),
        run.updated_at.into(),
        Val::id(run.environment),
        (&run.group).into(),
    ];
    tx.write_or(UPDATE, params, gone).await
}

/// Executions in which a delay ends now.
pub async fn due(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<(EnvironmentId, String)>> {
    tx.rows(DUE, vec![now.into(), rows.into()], |row| {
        Ok((row.id(0)?, row.text(1)?))
    })
    .await
}

/// Removes the executions of a mission.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, mission: MissionId) -> Result<()> {
    let params = vec![Val::id(environment), Val::id(mission)];
    tx.write(REMOVE, params).await
}

fn gone() -> Error {
    Error::not_found(
        "run_not_found",
        "the mission was not executed under this name",
    )
}
