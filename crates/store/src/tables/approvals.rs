//! Wishes for somebody's consent (Polpo 3.5).
//!
//! **Invariant:** a wish is pending until it is resolved, once.

use domain::approval::{Hook, Status};
use domain::id::{ApprovalId, EnvironmentId, JobId, MissionId};
use domain::page::Part;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// A wish for consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Where.
    pub environment: EnvironmentId,
    /// The id of the gate that asked.
    pub gate: String,
    /// Its name.
    pub gate_name: String,
    /// Where it stands.
    pub hook: Hook,
    /// Which job waits.
    pub job: Option<JobId>,
    /// Which mission waits, or that of the job.
    pub mission: Option<MissionId>,
    /// Which execution of it.
    pub group: Option<String>,
    /// Whether somebody answered.
    pub status: Status,
    /// When silence becomes an answer.
    pub due: Option<Time>,
    /// What was asked, and what was said: a JSON object.
    pub document: String,
    /// When it was asked.
    pub requested_at: Time,
    /// When it was answered.
    pub resolved_at: Option<Time>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, gate, gate_name, hook, job, mission, mission_group, status, due, document, \
             requested_at, resolved_at from approvals ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into approvals (id, environment, gate, gate_name, hook, job, mission, mission_group, status, due, \
        document, requested_at, resolved_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    FIND = select!("where id = $1 and environment = $2");
    LIST = select!("where environment = $1 order by id desc limit $2 offset $3");
    BY_STATUS = select!("where environment = $1 and status = $2 order by id desc limit $3 offset $4");
    OF_JOB = select!("where job = $1 and environment = $2 order by id desc limit $3");
    OF_MISSION = select!("where mission = $1 and environment = $2 order by id desc limit $3");
    UPDATE = "update approvals set status = $1, document = $2, resolved_at = $3 where id = $4 and environment = $5";
    DUE = "select id, environment from approvals where due is not null and status = 'pending' and due <= $1 \
        order by due limit $2";
    WITHDRAW_MISSION = "delete from approvals where mission = $1 and environment = $2 and status = 'pending'";
    WITHDRAW_JOB = "delete from approvals where job = $1 and environment = $2 and status = 'pending'";
}

fn read(row: &Row<'_>) -> Result<Approval> {
    Ok(Approval {
        id: row.id(0)?,
        environment: row.id(1)?,
        gate: row.text(2)?,
        gate_name: row.text(3)?,
        hook: row.word(4, Hook::parse)?,
        job: row.opt_id(5)?,
        mission: row.opt_id(6)?,
        group: row.opt_text(7)?,
        status: row.word(8, Status::parse)?,
        due: row.opt_time(9)?,
        document: row.text(10)?,
        requested_at: row.time(11)?,
        resolved_at: row.opt_time(12)?,
    })
}

/// Stores a wish.
pub async fn insert(tx: &mut Tx, approval: &Approval) -> Result<()> {
    let Approval {
        id,
        environment,
        gate,
        gate_name,
        hook,
        job,
        mission,
        group,
        status,
        due,
        document,
        requested_at,
        resolved_at,
    } = approval;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        gate.into(),
        gate_name.into(),
        hook.as_str().into(),
        job.map(Val::id).into(),
        mission.map(Val::id).into(),
        group.clone().into(),
        status.as_str().into(),
        (*due).into(),
        document.into(),
        (*requested_at).into(),
        (*resolved_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// A wish.
pub async fn find(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ApprovalId,
) -> Result<Option<Approval>> {
    let params = vec![Val::id(id), Val::id(environment)];
    tx.row(FIND, params, read).await
}

/// Wishes, the latest first: all of them or those of one status.
pub async fn list(
    tx: &mut Tx,
    environment: EnvironmentId,
    status: Option<Status>,
    rows: u32,
    part: Part,
) -> Result<Vec<Approval>> {
    let mut params = vec![Val::id(environment)];
    params.extend(status.map(|status| status.as_str().into()));
    params.extend([part.rows(i64::from(rows)).into(), part.skip().into()]);
    let sql = match status {
        None => LIST,
        Some(_) => BY_STATUS,
    };
    tx.rows(sql, params, read).await
}

/// What was asked about a job, the latest first.
pub async fn of_job(
    tx: &mut Tx,
    environment: EnvironmentId,
    job: JobId,
    rows: u32,
) -> Result<Vec<Approval>> {
    let params = vec![Val::id(job), Val::id(environment), rows.into()];
    tx.rows(OF_JOB, params, read).await
}

/// What was asked about a mission and its jobs, the latest first.
pub async fn of_mission(
    tx: &mut Tx,
    environment: EnvironmentId,
    mission: MissionId,
    rows: u32,
) -> Result<Vec<Approval>> {
    let params = vec![Val::id(mission), Val::id(environment), rows.into()];
    tx.rows(OF_MISSION, params, read).await
}

/// Stores an answer.
pub async fn update(tx: &mut Tx, approval: &Approval) -> Result<()> {
    let params = vec![
        approval.status.as_str().into(),
        (&approval.document).into(),
        approval.resolved_at.into(),
        Val::id(approval.id),
        Val::id(approval.environment),
    ];
    tx.write_or(UPDATE, params, gone).await
}

/// Wishes for which silence is an answer now.
pub async fn due(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<(EnvironmentId, ApprovalId)>> {
    tx.rows(DUE, vec![now.into(), rows.into()], |row| {
        Ok((row.id(1)?, row.id(0)?))
    })
    .await
}

/// Forgets what is still asked about a mission and its jobs.
pub async fn withdraw_mission(
    tx: &mut Tx,
    environment: EnvironmentId,
    mission: MissionId,
) -> Result<()> {
    let params = vec![Val::id(mission), Val::id(environment)];
    tx.write(WITHDRAW_MISSION, params).await
}

/// Forgets what is still asked about a job.
pub async fn withdraw_job(tx: &mut Tx, environment: EnvironmentId, job: JobId) -> Result<()> {
    let params = vec![Val::id(job), Val::id(environment)];
    tx.write(WITHDRAW_JOB, params).await
}

fn gone() -> Error {
    Error::not_found(
        "approval_not_found",
        "there is no approval request of this id",
    )
}
