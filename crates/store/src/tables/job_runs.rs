//! Runs of jobs: which node does them, and what was done on the way.
//!
//! **Invariant:** a job has at most one run that has not ended; who writes into
//! a run names its node, and is passed over once another has taken it.

use domain::id::{EnvironmentId, Id, JobId, RunId};
use domain::{Result, Time};
use uuid::Uuid;

use crate::{Row, Sql, Tx, Val, dialect};

domain::words! {
    /// What is done in a run at the moment.
    pub enum Stage {
        /// The agent works.
        Execution = "execution",
        /// Its result is being checked.
        Assessment = "assessment",
    }
}

domain::words! {
    /// How a run ended (Polpo 1).
    pub enum Outcome {
        /// The agent came to its end.
        Completed = "completed",
        /// It did not.
        Failed = "failed",
        /// It was stopped.
        Killed = "killed",
        /// Its node gave it back or went away.
        Lost = "lost",
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Where it is done.
    pub environment: EnvironmentId,
    /// Of which job.
    pub job: JobId,
    /// By which agent.
    pub agent: String,
    /// How far it is.
    pub stage: Stage,
    /// On which node.
    pub node: Uuid,
    /// Until when that node has it to itself.
    pub leased_until: Time,
    /// What it has done so far, a JSON object.
    pub activity: String,
    /// How many entries its log has.
    pub entries: i64,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, job, agent, stage, node, leased_until, activity, entries, outcome, started_at, ended_at \
             from job_runs ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into job_runs (id, environment, job, agent, stage, node, leased_until, activity, entries, started_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FIND = select!("where environment = $1 and id = $2");
    OPEN_OF = select!("where job = $1 and ended_at is null order by id desc limit 1");
    LAST_OF = select!("where job = $1 order by id desc limit 1");
    OPEN = select!("where environment = $1 and ended_at is null order by id");
    OVERDUE = select!("where ended_at is null and leased_until <= $1 and node <> $2 order by leased_until limit $3");
    UPDATE = "update job_runs set stage = $1, node = $2, leased_until = $3, activity = $4, entries = $5, outcome = $6, \
        ended_at = $7 where id = $8";
    RENEW = "update job_runs set leased_until = $1, activity = $2, entries = entries + $3 \
        where id = $4 and node = $5 and ended_at is null returning entries";
    ENTRY = "insert into job_run_entries (run, number, body) values ($1, $2, $3) on conflict do nothing";
    ENTRIES = "select body from job_run_entries where run = $1 order by number limit $2";
    BEGUN_BEFORE = "select id from job_runs where id > $1 and id < $2 order by id limit $3";
    FORGET_REPLACED_ENTRIES = "delete from job_run_entries where run in (select r.id from job_runs r \
        where r.id > $1 and r.id <= $2 and r.ended_at is not null \
        and exists (select 1 from job_runs n where n.job = r.job and n.id > r.id))";
    FORGET_REPLACED = "delete from job_runs where id in (select r.id from job_runs r \
        where r.id > $1 and r.id <= $2 and r.ended_at is not null \
        and exists (select 1 from job_runs n where n.job = r.job and n.id > r.id))";
    FORGET_ENTRIES = "delete from job_run_entries where run in (select id from job_runs where job = $1)";
    FORGET = "delete from job_runs where job = $1";
}

pub(super) fn built() -> Vec<Sql> {
    vec![dialect::VOID_LEASES]
}

fn read(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        id: row.id(0)?,
        environment: row.id(1)?,
        job: row.id(2)?,
        agent: row.text(3)?,
        stage: row.word(4, Stage::parse)?,
        node: row.uuid(5)?,
        leased_until: row.time(6)?,
        activity: row.text(7)?,
        entries: row.int(8)?,
        outcome: row.opt_word(9, Outcome::parse)?,
        started_at: row.time(10)?,
        ended_at: row.opt_time(11)?,
    })
}

/// Stores a run that begins.
pub async fn insert(tx: &mut Tx, run: &Run) -> Result<()> {
    let Run {
        id,
        environment,
        job,
        agent,
        stage,
        node,
        leased_until,
        activity,
        entries,
        outcome: _,
        started_at,
        ended_at: _,
    } = run;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        Val::id(*job),
        agent.into(),
        stage.as_str().into(),
        (*node).into(),
        (*leased_until).into(),
        activity.into(),
        (*entries).into(),
        (*started_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// A run.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, id: RunId) -> Result<Option<Run>> {
    tx.row(FIND, vec![Val::id(environment), Val::id(id)], read)
        .await
}

/// The run of a job that has not ended.
pub async fn open_of(tx: &mut Tx, job: JobId) -> Result<Option<Run>> {
    tx.row(OPEN_OF, vec![Val::id(job)], read).await
}

/// The last run of a job.
pub async fn last_of(tx: &mut Tx, job: JobId) -> Result<Option<Run>> {
    tx.row(LAST_OF, vec![Val::id(job)], read).await
}

/// The runs of an environment that have not ended, the first one first.
pub async fn open(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Run>> {
    tx.rows(OPEN, vec![Val::id(environment)], read).await
}

/// Runs of other nodes whose lease has run out.
pub async fn overdue(tx: &mut Tx, now: Time, node: Uuid, rows: u32) -> Result<Vec<Run>> {
    let params = vec![now.into(), node.into(), rows.into()];
    tx.rows(OVERDUE, params, read).await
}

/// Stores what changed of a run.
pub async fn update(tx: &mut Tx, run: &Run) -> Result<()> {
    let params = vec![
        run.stage.as_str().into(),
        run.node.into(),
        run.leased_until.into(),
        (&run.activity).into(),
        run.entries.into(),
        run.outcome.map(Outcome::as_str).into(),
        run.ended_at.into(),
        Val::id(run.id),
    ];
    tx.write(UPDATE, params).await
}

/// Prolongs the lease of a node and notes what was done; answers how many
/// entries the log will have, or nothing when the run is not that node's any
/// more.
pub async fn renew(
    tx: &mut Tx,
    (id, node): (RunId, Uuid),
    until: Time,
    activity: String,
    entries: i64,
) -> Result<Option<i64>> {
    let params = vec![
        until.into(),
        activity.into(),
        entries.into(),
        Val::id(id),
        node.into(),
    ];
    tx.row(RENEW, params, |row| row.int(0)).await
}

/// Adds an entry to the log of a run.
pub async fn insert_entry(tx: &mut Tx, run: RunId, number: i64, body: String) -> Result<()> {
    let params = vec![Val::id(run), number.into(), body.into()];
    tx.write(ENTRY, params).await
}

/// The log of a run.
pub async fn entries(tx: &mut Tx, run: RunId, rows: u32) -> Result<Vec<String>> {
    let params = vec![Val::id(run), rows.into()];
    tx.rows(ENTRIES, params, |row| row.text(0)).await
}

/// Forgets the runs of a job.
pub async fn forget(tx: &mut Tx, job: JobId) -> Result<()> {
    tx.write(FORGET_ENTRIES, vec![Val::id(job)]).await?;
    tx.write(FORGET, vec![Val::id(job)]).await
}

/// Some runs behind one that began before a time, in the order of their ids.
pub async fn begun_before(
    tx: &mut Tx,
    after: Option<RunId>,
    before: Time,
    rows: u32,
) -> Result<Vec<RunId>> {
    let after = after.map_or(Uuid::nil(), Id::uuid);
    let before = domain::id::first_at(before);
    let params = vec![after.into(), before.into(), rows.into()];
    tx.rows(BEGUN_BEFORE, params, |row| row.id(0)).await
}

/// Forgets the runs behind one, up to another, that have ended and are not the
/// last of their job.
pub async fn forget_replaced(tx: &mut Tx, after: Option<RunId>, last: RunId) -> Result<()> {
    let after = after.map_or(Uuid::nil(), Id::uuid);
    for forget in [FORGET_REPLACED_ENTRIES, FORGET_REPLACED] {
        tx.write(forget, vec![after.into(), Val::id(last)]).await?;
    }
    Ok(())
}

/// Ends every lease of an earlier process, where there can be no other.
pub async fn void_leases(tx: &mut Tx) -> Result<()> {
    tx.write(dialect::VOID_LEASES, vec![]).await
}
