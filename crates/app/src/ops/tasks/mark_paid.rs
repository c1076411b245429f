//! The operator records that a reward outside the ledger was paid
//! (POLT 2.5). Rewards of the ledger are marked when it pays them.

use domain::event::Happening;
use domain::id::TaskId;
use domain::task::{Funding, Status};
use domain::{Error, Result};
use store::tables::tasks::Shown;

use super::{locked, put, record};
use crate::{Cx, Op};

/// Marks a completed task's reward as paid.
#[derive(Clone, Debug)]
pub struct MarkPaid {
    /// Which.
    pub task: TaskId,
}

impl Op for MarkPaid {
    type Output = Shown;
    operation!("tasks.mark_paid", RecordPayments, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let mut shown = locked(cx, self.task).await?;
        let state = shown.task.state;
        if state.status != Status::Accepted {
            return Err(Error::conflict(
                "task_not_completed",
                format!(
                    "only a completed task can be marked as paid; this one is {}",
                    state.status.in_words()
                ),
            ));
        }
        if shown.task.paid_at.is_some() {
            return Err(Error::conflict(
                "task_already_paid",
                "this task's reward was paid already",
            ));
        }
        if shown.task.terms.funding == Funding::Project && shown.task.reward.is_some() {
            return Err(Error::conflict(
                "reward_is_owed",
                "the ledger pays this reward as soon as its project's owner funds the project",
            ));
        }
        shown.task.paid_at = Some(cx.now);
        put(cx, &mut shown, state).await?;
        record(cx, Happening::TaskPaid, &shown.task).await?;
        Ok(shown)
    }
}
