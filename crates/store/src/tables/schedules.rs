//! When missions are executed by themselves (Polpo 2.13).
//!
//! **Invariant:** `next_run` is nothing where nothing more will happen.

use domain::id::{EnvironmentId, MissionId};
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// The schedule of a mission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Where.
    pub environment: EnvironmentId,
    /// Of which mission.
    pub mission: MissionId,
    /// A cron expression, or a time.
    pub expression: String,
    /// Where the clock stands on the wall that the expression reads; UTC when
    /// not set.
    pub timezone: Option<String>,
    /// Whether it executes the mission more than once.
    pub recurring: bool,
    /// Whether it works.
    pub enabled: bool,
    /// When it executed the mission last.
    pub last_run: Option<Time>,
    /// When it will next.
    pub next_run: Option<Time>,
    /// When it ends.
    pub end_date: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select environment, mission, expression, timezone, recurring, enabled, last_run, next_run, end_date, created_at \
             from schedules ",
            $rest
        )
    };
}

statements! {
    PUT = "insert into schedules (environment, mission, expression, timezone, recurring, enabled, last_run, next_run, \
        end_date, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        on conflict (environment, mission) do update set expression = excluded.expression, timezone = excluded.timezone, \
        recurring = excluded.recurring, enabled = excluded.enabled, last_run = excluded.last_run, \
        next_run = excluded.next_run, end_date = excluded.end_date";
    FIND = select!("where environment = $1 and mission = $2");
    LIST = select!("where environment = $1 order by created_at, mission");
    DUE = "select environment, mission from schedules where next_run is not null and enabled = 1 and next_run <= $1 \
        order by next_run limit $2";
    REMOVE = "delete from schedules where environment = $1 and mission = $2 returning expression";
}

fn read(row: &Row<'_>) -> Result<Schedule> {
    Ok(Schedule {
        environment: row.id(0)?,
        mission: row.id(1)?,
        expression: row.text(2)?,
        timezone: row.opt_text(3)?,
        recurring: row.int(4)? != 0,
        enabled: row.int(5)? != 0,
        last_run: row.opt_time(6)?,
        next_run: row.opt_time(7)?,
        end_date: row.opt_time(8)?,
        created_at: row.time(9)?,
    })
}

/// Stores a schedule, in place of an earlier one of the mission.
pub async fn put(tx: &mut Tx, schedule: &Schedule) -> Result<()> {
    let Schedule {
        environment,
        mission,
        expression,
        timezone,
        recurring,
        enabled,
        last_run,
        next_run,
        end_date,
        created_at,
    } = schedule;
    let params = vec![
        Val::id(*environment),
        Val::id(*mission),
        expression.into(),
        timezone.clone().into(),
        i64::from(*recurring).into(),
        i64::from(*enabled).into(),
        (*last_run).into(),
        (*next_run).into(),
        (*end_date).into(),
        (*created_at).into(),
    ];
    tx.write(PUT, params).await
}

/// The schedule of a mission.
pub async fn find(
    tx: &mut Tx,
    environment: EnvironmentId,
    mission: MissionId,
) -> Result<Option<Schedule>> {
    let params = vec![Val::id(environment), Val::id(mission)];
    tx.row(FIND, params, read).await
}

/// Every schedule, in the order of their making.
pub async fn list(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Schedule>> {
    tx.rows(LIST, vec![Val::id(environment)], read).await
}

/// Schedules whose time has come.
pub async fn due(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<(EnvironmentId, MissionId)>> {
    tx.rows(DUE, vec![now.into(), rows.into()], |row| {
        Ok((row.id(0)?, row.id(1)?))
    })
    .await
}

/// Removes a schedule; false when there is none.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, mission: MissionId) -> Result<bool> {
    let params = vec![Val::id(environment), Val::id(mission)];
    Ok(tx.row(REMOVE, params, |_| Ok(())).await?.is_some())
}
