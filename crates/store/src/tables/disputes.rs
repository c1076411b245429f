//! Disagreements about a verdict, for the operator to decide (AGI ATM 4).
//!
//! **Invariant:** a task is disputed exactly while one of its disputes is
//! open.

use domain::dispute::Standing;
use domain::id::{AccountId, DisputeId, SubmissionId, TaskId};
use domain::money::Units;
use domain::page::Page;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// A dispute as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// About which task.
    pub task: TaskId,
    /// About the verdict on which submission.
    pub submission: SubmissionId,
    /// Who asked for a decision.
    pub opened_by: AccountId,
    /// Whose work it is.
    pub worker: AccountId,
    /// Why.
    pub reason: String,
    /// Whether it is decided.
    pub status: Standing,
    /// What the worker was paid, once it is decided.
    pub worker_units: Option<Units>,
    /// What the operator said.
    pub note: Option<String>,
    /// When it was opened.
    pub created_at: Time,
    /// When it was decided.
    pub resolved_at: Option<Time>,
}

macro_rules! columns {
    () => {
        "select id, task, submission, opened_by, worker, reason, status, worker_units, note, created_at, resolved_at \
         from disputes "
    };
}

statements! {
    FIND = concat!(columns!(), "where id = $1");
    OPEN = concat!(columns!(), "where status = 'open' order by id limit $1 offset $2");
    COUNT_OPEN = "select count(*) from disputes where status = 'open'";
    INSERT = "insert into disputes (id, task, submission, opened_by, worker, reason, status, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    RESOLVE = "update disputes set status = $1, worker_units = $2, note = $3, resolved_at = $4 \
        where id = $5 and status = 'open'";
}

fn read(row: &Row<'_>) -> Result<Dispute> {
    Ok(Dispute {
        id: row.id(0)?,
        task: row.id(1)?,
        submission: row.id(2)?,
        opened_by: row.id(3)?,
        worker: row.id(4)?,
        reason: row.text(5)?,
        status: row.word(6, Standing::parse)?,
        worker_units: row.opt_int(7)?,
        note: row.opt_text(8)?,
        created_at: row.time(9)?,
        resolved_at: row.opt_time(10)?,
    })
}

/// The dispute with this id.
pub async fn find(tx: &mut Tx, id: DisputeId) -> Result<Option<Dispute>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// A page of what waits for a decision, the oldest first.
pub async fn open(tx: &mut Tx, page: Page) -> Result<Vec<Dispute>> {
    tx.rows(OPEN, vec![page.rows.into(), page.offset().into()], read)
        .await
}

/// How many wait for a decision.
pub async fn count_open(tx: &mut Tx) -> Result<i64> {
    let count = tx.row(COUNT_OPEN, vec![], |row| row.int(0)).await?;
    Ok(count.unwrap_or(0))
}

/// Opens a dispute.
pub async fn insert(tx: &mut Tx, dispute: &Dispute) -> Result<()> {
    let Dispute {
        id,
        task,
        submission,
        opened_by,
        worker,
        reason,
        status,
        worker_units: _,
        note: _,
        created_at,
        resolved_at: _,
    } = dispute;
    let params = vec![
        Val::id(*id),
        Val::id(*task),
        Val::id(*submission),
        Val::id(*opened_by),
        Val::id(*worker),
        reason.into(),
        status.as_str().into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// Writes what was decided.
///
/// # Errors
/// `Conflict` when it was decided before.
pub async fn resolve(tx: &mut Tx, dispute: &Dispute) -> Result<()> {
    let params = vec![
        dispute.status.as_str().into(),
        dispute.worker_units.into(),
        dispute.note.clone().into(),
        dispute.resolved_at.into(),
        Val::id(dispute.id),
    ];
    tx.write_or(RESOLVE, params, already).await
}

fn already() -> Error {
    Error::conflict("dispute_resolved", "this dispute was decided already")
}
