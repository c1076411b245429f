//! Jobs: what hosted agents do (Polpo 2.8, 3.1).
//!
//! **Invariant:** `waits` is the number of jobs that a job needs and that are
//! not done; a job is ready when it is pending, waits for none and is not held
//! by its mission.

use domain::id::{EnvironmentId, JobId, MissionId};
use domain::job::{Phase, Status};
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Where it is done.
    pub environment: EnvironmentId,
    /// Its title, unique there among jobs that have not ended.
    pub title: String,
    /// The name of the agent that does it.
    pub agent: String,
    /// The run of a mission to which it belongs.
    pub group: Option<String>,
    /// That mission.
    pub mission: Option<MissionId>,
    /// Where it stands.
    pub status: Status,
    /// What its runs are for.
    pub phase: Phase,
    /// How many jobs it waits for.
    pub waits: i64,
    /// Whether its mission holds it back: a gate, a checkpoint, a delay.
    pub held: bool,
    /// How often it was tried again.
    pub retries: i64,
    /// Everything else about it, a JSON object.
    pub document: String,
    /// When it was written.
    pub created_at: Time,
    /// When it was changed.
    pub updated_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, title, agent, mission_group, mission, status, phase, waits, held, retries, document, \
             created_at, updated_at from jobs ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into jobs (id, environment, title, agent, mission_group, mission, status, phase, waits, held, retries, \
        document, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
        on conflict do nothing returning title";
    FIND = select!("where environment = $1 and id = $2");
    OF_GROUP = select!("where environment = $1 and mission_group = $2 order by id");
    UPDATE = "update jobs set title = $1, agent = $2, status = $3, phase = $4, waits = $5, held = $6, retries = $7, \
        document = $8, updated_at = $9 where environment = $10 and id = $11";
    HOLD = "update jobs set held = $1 where environment = $2 and id = $3";
}

fn read(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        id: row.id(0)?,
        environment: row.id(1)?,
        title: row.text(2)?,
        agent: row.text(3)?,
        group: row.opt_text(4)?,
        mission: row.opt_id(5)?,
        status: row.word(6, Status::parse)?,
        phase: row.word(7, Phase::parse)?,
        waits: row.int(8)?,
        held: row.int(9)? != 0,
        retries: row.int(10)?,
        document: row.text(11)?,
        created_at: row.time(12)?,
        updated_at: row.time(13)?,
    })
}

/// Stores a job; false when one of its title has not ended.
pub async fn insert(tx: &mut Tx, job: &Job) -> Result<bool> {
    let Job {
        id,
        environment,
        title,
        agent,
        group,
        mission,
        status,
        phase,
        waits,
        held,
        retries,
        document,
        created_at,
        updated_at,
    } = job;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        title.into(),
        agent.into(),
        group.clone().into(),
        mission.map(Val::id).into(),
        status.as_str().into(),
        phase.as_str().into(),
        (*waits).into(),
        i64::from(*held).into(),
        (*retries).into(),
        document.into(),
        (*created_at).into(),
        (*updated_at).into(),
    ];
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// A job.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, id: JobId) -> Result<Option<Job>> {
    let params = vec![Val::id(environment), Val::id(id)];
    tx.row(FIND, params, read).await
}

/// The jobs of a run of a mission, in the order of their making.
pub async fn of_group(tx: &mut Tx, environment: EnvironmentId, group: &str) -> Result<Vec<Job>> {
    let params = vec![Val::id(environment), group.to_owned().into()];
    tx.rows(OF_GROUP, params, read).await
}

/// Stores what changed of a job.
pub async fn update(tx: &mut Tx, job: &Job) -> Result<()> {
    let params = vec![
        (&job.title).into(),
        (&job.agent).into(),
        job.status.as_str().into(),
        job.phase.as_str().into(),
        job.waits.into(),
        i64::from(job.held).into(),
        job.retries.into(),
        (&job.document).into(),
        job.updated_at.into(),
        Val::id(job.environment),
        Val::id(job.id),
    ];
    tx.write_or(UPDATE, params, gone).await
}

/// Holds a job back, or lets it go.
pub async fn hold(tx: &mut Tx, environment: EnvironmentId, id: JobId, held: bool) -> Result<()> {
    let params = vec![i64::from(held).into(), Val::id(environment), Val::id(id)];
    tx.write_or(HOLD, params, gone).await
}

fn gone() -> Error {
    Error::not_found("task_not_found", "there is no task of this id")
}
