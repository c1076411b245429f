//! A publisher withdraws a task: whoever held it is free again, a submission
//! that waits is closed, what was set aside goes back (POLT 2.4).

use domain::event::Happening;
use domain::id::TaskId;
use domain::task::{ClaimStatus, Funding, Status, SubmissionStatus};
use domain::{Error, Result};
use store::tables::submissions;
use store::tables::tasks::{self, Shown, Task};

use super::{count, locked_to_count, move_to, record};
use crate::{Cx, Op};

/// Withdraws a task.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Which.
    pub task: TaskId,
}

impl Op for Cancel {
    type Output = Shown;
    operation!("tasks.cancel", ManageTasks, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let mut shown = locked_to_count(cx, self.task).await?;
        if shown.task.state.status == Status::Disputed {
            return Err(Error::conflict(
                "task_is_disputed",
                "this task is disputed: resolve the dispute, which pays or refunds it",
            ));
        }
        withdraw(cx, &mut shown.task).await?;
        shown.assignee_handle = None;
        Ok(shown)
    }
}

/// Withdraws a task, which is locked.
pub(crate) async fn withdraw(cx: &mut Cx<'_>, task: &mut Task) -> Result<()> {
    let next = task.state.cancel()?;
    tasks::end_claim(cx.tx, task.id, ClaimStatus::Revoked, cx.now).await?;
    close_pending(cx, task.id).await?;
    move_to(cx, task, next).await?;
    count(cx, task.project, 0, 0, 1).await?;
    give_back(cx, task).await?;
    record(cx, Happening::TaskCancelled, task).await
}

/// Closes a submission that waits and will not be judged any more.
pub(crate) async fn close_pending(cx: &mut Cx<'_>, task: TaskId) -> Result<()> {
    close_all(cx, task, SubmissionStatus::Cancelled).await
}

/// Closes everything that waits for a verdict on a task and will not get one.
pub(crate) async fn close_all(cx: &mut Cx<'_>, task: TaskId, how: SubmissionStatus) -> Result<()> {
    for pending in submissions::all_pending_for(cx.tx, task).await? {
        let mut closed = pending.submission;
        closed.status = how;
        closed.reviewed_at = Some(cx.now);
        submissions::judge(cx.tx, &closed).await?;
    }
    Ok(())
}

/// Moves the reward from escrow back to the publisher, or to whom it worked for.
pub(crate) async fn give_back(cx: &mut Cx<'_>, task: &Task) -> Result<()> {
    let (Funding::Escrow, Some(reward)) = (task.terms.funding, &task.reward) else {
        return Ok(());
    };
    cx.refund(task.publisher, reward.clone(), task.id).await
}
