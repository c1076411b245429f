//! Jobs: what hosted agents do (Polpo 2.8, 3.1).
//!
//! **Invariant:** `waits` is the number of jobs that a job needs and that are
//! not done; a job is ready when it is pending, waits for none and is not held
//! by its mission.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use domain::id::{EnvironmentId, JobId, MissionId};
use domain::job::{Phase, Status};
use domain::page::Part;
use domain::{Error, Result, Time};

use crate::{Row, Sql, Tx, Val};

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Where it is done.
    pub environment: EnvironmentId,
    /// Its title, unique among jobs that have not ended: in its run of a
    /// mission, or among those of none.
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
    /// Ready jobs begin in this order.
    pub precedence: i64,
    /// When something is due about its deadline.
    pub alarm: Option<Time>,
    /// When it was written.
    pub created_at: Time,
    /// When it was changed.
    pub updated_at: Time,
}

/// Which jobs are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these statuses; in any where there are none.
    pub statuses: Vec<Status>,
    /// Of this run of a mission.
    pub group: Option<String>,
    /// Of this agent.
    pub agent: Option<String>,
}

macro_rules! columns {
    () => {
        "select id, environment, title, agent, mission_group, mission, status, phase, waits, held, retries, document, \
         precedence, alarm, created_at, updated_at from jobs "
    };
}

macro_rules! select {
    ($rest:literal) => {
        concat!(columns!(), $rest)
    };
}

/// The jobs of a mission, not looked for among all of the environment.
const OF_GROUP: Sql = indexed!(
    columns!(),
    "jobs_by_group",
    "where environment = $1 and mission_group = $2 order by id"
);

/// The last one of a title that has ended, likewise.
const ENDED_TITLED: Sql = indexed!(
    "select id from jobs ",
    "jobs_ended_by_title",
    "where environment = $1 and title = $2 and status in ('done', 'failed') order by id desc limit 1"
);

statements! {
    INSERT = "insert into jobs (id, environment, title, agent, mission_group, mission, status, phase, waits, held, retries, \
        document, precedence, alarm, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
        on conflict do nothing returning title";
    FIND = select!("where environment = $1 and id = $2");
    OPEN_TITLED = "select id from jobs where environment = $1 and title = $2 and status not in ('done', 'failed') \
        order by id desc limit 1";
    UNFINISHED = "select id from jobs where environment = $1 and title = $2 and status not in ('done', 'failed') \
        and (case when mission is null then '' else coalesce(mission_group, '') end) = $3";
    READY = select!("where environment = $1 and status = 'pending' and waits = 0 and held = 0 \
        and (precedence, id) > ($2, $3) order by precedence, id limit $4");
    UPDATE = "update jobs set title = $1, agent = $2, status = $3, phase = $4, retries = $5, \
        document = $6, precedence = $7, alarm = $8, updated_at = $9 where environment = $10 and id = $11";
    SET_WAITS = "update jobs set waits = $1 where environment = $2 and id = $3";
    HOLD = "update jobs set held = $1 where environment = $2 and id = $3";
    REMOVE = "delete from jobs where environment = $1 and id = $2 returning id";
    NEED = "insert into job_dependencies (job, needs) values ($1, $2) on conflict do nothing";
    FORGET_NEEDS = "delete from job_dependencies where job = $1";
    FORGET_NEEDED = "delete from job_dependencies where needs = $1";
    DEPENDANTS = select!("where environment = $1 and id in (select job from job_dependencies where needs = $2) order by id");
    // Crossed, so that the embedded engine begins with what the job needs and
    // not with all jobs of the environment.
    UNDONE_NEEDS = "select count(*) from job_dependencies d cross join jobs j \
        where d.job = $1 and j.environment = $2 and j.id = d.needs and j.status <> 'done'";
    FAILED_NEED = "select j.id from job_dependencies d cross join jobs j \
        where d.job = $1 and j.environment = $2 and j.id = d.needs and j.status = 'failed' limit 1";
    WAIT_MORE = "update jobs set waits = waits + $1 where environment = $2 \
        and id in (select job from job_dependencies where needs = $3)";
    READY_ENVIRONMENTS = "with recursive ready (id) as (select (select environment from jobs \
            where status = 'pending' and waits = 0 and held = 0 order by environment limit 1) \
        union all select (select j.environment from jobs j where j.status = 'pending' and j.waits = 0 and j.held = 0 \
            and j.environment > ready.id order by j.environment limit 1) from ready where ready.id is not null) \
        select id from ready where id is not null limit $1";
    ALARMED = "select environment, id from jobs where alarm <= $1 order by alarm limit $2";
}

pub(super) fn built() -> Vec<Sql> {
    let some = |is_set: bool| is_set.then(|| "x".to_owned());
    let shapes = (0..=Status::ALL.len()).flat_map(|statuses| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(group, agent)| Filter {
            statuses: Status::ALL[..statuses].to_vec(),
            group: some(group),
            agent: some(agent),
        })
    });
    let lists = shapes.map(|filter| listing(&filter));
    lists.chain([OF_GROUP, ENDED_TITLED]).collect()
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
        precedence: row.int(12)?,
        alarm: row.opt_time(13)?,
        created_at: row.time(14)?,
        updated_at: row.time(15)?,
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
        precedence,
        alarm,
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
        (*precedence).into(),
        (*alarm).into(),
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

/// The job of that title that was written last.
pub async fn titled(tx: &mut Tx, environment: EnvironmentId, title: &str) -> Result<Option<JobId>> {
    let params = || vec![Val::id(environment), title.to_owned().into()];
    match tx.row(OPEN_TITLED, params(), |row| row.id(0)).await? {
        None => tx.row(ENDED_TITLED, params(), |row| row.id(0)).await,
        open => Ok(open),
    }
}

/// The job that has not ended and has the title of a job, in the same run of a
/// mission or likewise in none.
pub async fn unfinished(tx: &mut Tx, job: &Job) -> Result<Option<JobId>> {
    let group = job.mission.and(job.group.clone()).unwrap_or_default();
    let params = vec![Val::id(job.environment), (&job.title).into(), group.into()];
    tx.row(UNFINISHED, params, |row| row.id(0)).await
}

/// The jobs of a run of a mission, in the order of their making.
pub async fn of_group(tx: &mut Tx, environment: EnvironmentId, group: &str) -> Result<Vec<Job>> {
    let params = vec![Val::id(environment), group.to_owned().into()];
    tx.rows(OF_GROUP, params, read).await
}

/// Jobs that fit a filter, in the order of their making.
pub async fn list(
    tx: &mut Tx,
    environment: EnvironmentId,
    filter: &Filter,
    part: Part,
) -> Result<Vec<Job>> {
    let sql = listing(filter);
    let mut params = vec![Val::id(environment)];
    let statuses = filter.statuses.iter().map(|status| status.as_str().into());
    params.extend(statuses);
    params.extend(filter.group.as_ref().map(Val::from));
    params.extend(filter.agent.as_ref().map(Val::from));
    params.extend([part.rows(i64::MAX).into(), part.skip().into()]);
    tx.rows(sql, params, read).await
}

/// Statements by how many statuses they ask for, and whether for a group and an
/// agent.
type Made = Mutex<HashMap<(usize, bool, bool), Sql>>;

/// The statement of a list, made once per shape.
fn listing(filter: &Filter) -> Sql {
    static MADE: LazyLock<Made> = LazyLock::new(Mutex::default);
    let Filter {
        statuses,
        group,
        agent,
    } = filter;
    let shape = (statuses.len(), group.is_some(), agent.is_some());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    *made.entry(shape).or_insert_with(|| {
        let mut text = "where environment = $1".to_owned();
        let mut next = 2;
        match statuses.len() {
            0 => {}
            1 => {
                text += " and status = $2";
                next = 3;
            }
            // No index has several of them in the order of the list: the one
            // that is in order is read, and these are looked for in it.
            several => {
                let places: Vec<_> = (next..next + several).map(|n| format!("${n}")).collect();
                next += several;
                text += &format!(" and coalesce(status, '') in ({})", places.join(", "));
            }
        }
        if group.is_some() {
            text += &format!(" and mission_group = ${next}");
            next += 1;
        }
        if agent.is_some() {
            text += &format!(" and agent = ${next}");
            next += 1;
        }
        text += &format!(" order by id limit ${next} offset ${}", next + 1);
        let tree = match (group, agent) {
            (Some(_), _) => "indexed by jobs_by_group ",
            (None, Some(_)) => "indexed by jobs_by_agent ",
            (None, None) => "",
        };
        let columns = columns!();
        super::built_once_for(format!("{columns}{tree}{text}"), format!("{columns}{text}"))
    })
}

/// Ready jobs behind a place in their order.
pub async fn ready(
    tx: &mut Tx,
    environment: EnvironmentId,
    (precedence, id): (i64, JobId),
    rows: u32,
) -> Result<Vec<Job>> {
    let params = vec![
        Val::id(environment),
        precedence.into(),
        Val::id(id),
        rows.into(),
    ];
    tx.rows(READY, params, read).await
}

/// Environments that have ready jobs.
pub async fn ready_environments(tx: &mut Tx, rows: u32) -> Result<Vec<EnvironmentId>> {
    tx.rows(READY_ENVIRONMENTS, vec![rows.into()], |row| row.id(0))
        .await
}

/// Stores what changed of a job; what it waits for and whether it is held is
/// changed by [`wait_more`], [`set_waits`] and [`hold`] alone.
pub async fn update(tx: &mut Tx, job: &Job) -> Result<()> {
    let params = vec![
        (&job.title).into(),
        (&job.agent).into(),
        job.status.as_str().into(),
        job.phase.as_str().into(),
        job.retries.into(),
        (&job.document).into(),
        job.precedence.into(),
        job.alarm.into(),
        job.updated_at.into(),
        Val::id(job.environment),
        Val::id(job.id),
    ];
    tx.write_or(UPDATE, params, gone).await
}

/// Says for how many jobs a job waits.
pub async fn set_waits(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: JobId,
    waits: i64,
) -> Result<()> {
    let params = vec![waits.into(), Val::id(environment), Val::id(id)];
    tx.write_or(SET_WAITS, params, gone).await
}

/// Holds a job back, or lets it go.
pub async fn hold(tx: &mut Tx, environment: EnvironmentId, id: JobId, held: bool) -> Result<()> {
    let params = vec![i64::from(held).into(), Val::id(environment), Val::id(id)];
    tx.write_or(HOLD, params, gone).await
}

/// Removes a job and what is known of its needs; false when there is none.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, id: JobId) -> Result<bool> {
    let params = vec![Val::id(environment), Val::id(id)];
    let removed = tx.row(REMOVE, params, |_| Ok(())).await?.is_some();
    if removed {
        tx.write(FORGET_NEEDS, vec![Val::id(id)]).await?;
        tx.write(FORGET_NEEDED, vec![Val::id(id)]).await?;
    }
    Ok(removed)
}

/// Notes that a job needs another.
pub async fn need(tx: &mut Tx, job: JobId, needs: JobId) -> Result<()> {
    tx.write(NEED, vec![Val::id(job), Val::id(needs)]).await
}

/// Jobs that need a job.
pub async fn dependants(tx: &mut Tx, environment: EnvironmentId, id: JobId) -> Result<Vec<Job>> {
    let params = vec![Val::id(environment), Val::id(id)];
    tx.rows(DEPENDANTS, params, read).await
}

/// How many of the jobs that a job needs are not done.
pub async fn undone_needs(tx: &mut Tx, environment: EnvironmentId, id: JobId) -> Result<i64> {
    let params = vec![Val::id(id), Val::id(environment)];
    let count = tx.row(UNDONE_NEEDS, params, |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// A job that a job needs and that has failed.
pub async fn failed_need(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: JobId,
) -> Result<Option<JobId>> {
    let params = vec![Val::id(id), Val::id(environment)];
    tx.row(FAILED_NEED, params, |row| row.id(0)).await
}

/// Lets the jobs that need a job wait for one more, or one less.
pub async fn wait_more(
    tx: &mut Tx,
    environment: EnvironmentId,
    needed: JobId,
    more: i64,
) -> Result<()> {
    let params = vec![more.into(), Val::id(environment), Val::id(needed)];
    tx.write(WAIT_MORE, params).await
}

/// Jobs about whose deadline something is due.
pub async fn alarmed(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<(EnvironmentId, JobId)>> {
    let params = vec![now.into(), rows.into()];
    tx.rows(ALARMED, params, |row| Ok((row.id(0)?, row.id(1)?)))
        .await
}

fn gone() -> Error {
    Error::not_found("task_not_found", "there is no task of this id")
}
