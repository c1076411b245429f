//! What happens to a task by itself: its claim ends, its deadline passes,
//! silence passes its work. Called by a timer; any node may do it, because
//! each task is locked and looked at again.

use domain::event::Happening;
use domain::id::{AccountId, PLATFORM, TaskId};
use domain::task::ClaimStatus;
use domain::{Kind, Result, limits};
use store::tables::submissions::{self, Shown as ShownSubmission};
use store::tables::tasks::{self, Task};

use super::{count, give_back, locked, move_to, move_until, record};
use crate::ops::reviews::{pass, waiting};
use crate::{Cx, Op};

/// Whom the history names as the reviewer where the task's own terms decided.
pub(crate) const TERMS: AccountId = AccountId(PLATFORM);

/// Finds tasks to which something happens now, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct Alarmed;

impl Op for Alarmed {
    type Output = Vec<TaskId>;
    operation!("tasks.alarmed", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<TaskId>> {
        tasks::alarmed(cx.tx, cx.now, limits::SWEEP_ROWS).await
    }
}

/// Does what is due for one task.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Which.
    pub task: TaskId,
}

impl Op for Ring {
    type Output = ();
    operation!("tasks.ring", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        if let Some(silent) = first_silent(cx, self.task).await? {
            // Locks in the order of every other verdict, then looks again.
            let mut reviewed = match waiting(cx, silent.submission.id, None).await {
                // Its publisher spoke just now.
                Err(error) if error.kind == Kind::Conflict => return Ok(()),
                waiting => waiting?,
            };
            return pass(cx, &mut reviewed, TERMS, None).await.map(drop);
        }
        let mut task = locked(cx, self.task).await?.task;
        if task.alarm.is_none_or(|alarm| alarm > cx.now) {
            return Ok(());
        }
        ring(cx, &mut task).await
    }
}

/// The submission that passes because its publisher said nothing, if any.
async fn first_silent(cx: &mut Cx<'_>, task: TaskId) -> Result<Option<ShownSubmission>> {
    let now = cx.now;
    let is_due =
        |shown: &ShownSubmission| shown.submission.auto_accept_at.is_some_and(|at| at <= now);
    let pending = submissions::all_pending_for(cx.tx, task).await?;
    Ok(pending.into_iter().find(is_due))
}

async fn ring(cx: &mut Cx<'_>, task: &mut Task) -> Result<()> {
    let pending = submissions::all_pending_for(cx.tx, task.id).await?;
    let next_silence = pending
        .iter()
        .filter_map(|shown| shown.submission.auto_accept_at)
        .min();
    let is_over = task.terms.expires && task.deadline.is_some_and(|deadline| deadline <= cx.now);
    if is_over && pending.is_empty() && !task.state.status.is_final() {
        return expire(cx, task).await;
    }
    let lease_ends = task.state.lease_ends;
    if task.state.is_in_work() && lease_ends.is_some_and(|end| end <= cx.now) {
        let next = task.state.revoke()?;
        tasks::end_claim(cx.tx, task.id, ClaimStatus::Revoked, cx.now).await?;
        move_to(cx, task, next).await?;
        return record(cx, Happening::TaskLeaseExpired, task).await;
    }
    let state = task.state;
    let own = state.alarm(&task.terms, task.deadline, cx.now);
    move_until(cx, task, state, next_silence.or(own)).await?;
    if state.is_in_work() && lease_ends.is_some() {
        record(cx, Happening::TaskLeaseEnding, task).await?;
    }
    Ok(())
}

/// The deadline passed and nothing waits: what was set aside goes back.
async fn expire(cx: &mut Cx<'_>, task: &mut Task) -> Result<()> {
    let next = task.state.expire()?;
    if task.state.assignee.is_some() {
        tasks::end_claim(cx.tx, task.id, ClaimStatus::Revoked, cx.now).await?;
    }
    move_to(cx, task, next).await?;
    count(cx, task.project, 0, 0, 1).await?;
    give_back(cx, task).await?;
    record(cx, Happening::TaskExpired, task).await
}
