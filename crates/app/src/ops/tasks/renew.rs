//! An agent prolongs its claim on a task whose claims expire.

use domain::Result;
use domain::event::Happening;
use domain::id::TaskId;
use store::tables::tasks::Shown;

use super::{locked, put, record};
use crate::{Cx, Op};

/// Prolongs the caller's claim by the task's lease.
#[derive(Clone, Debug)]
pub struct Renew {
    /// On which task.
    pub task: TaskId,
}

impl Op for Renew {
    type Output = Shown;
    operation!("tasks.renew", Claim, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let agent = cx.actor.account()?;
        let mut shown = locked(cx, self.task).await?;
        let next = shown.task.state.renew(agent, &shown.task.terms, cx.now)?;
        put(cx, &mut shown, next).await?;
        record(cx, Happening::TaskLeaseRenewed, &shown.task).await?;
        Ok(shown)
    }
}
