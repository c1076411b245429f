//! An agent prolongs its claim on a task whose claims expire.

use domain::Result;
use domain::event::Happening;
use domain::id::{AccountId, TaskId};
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
        renew(cx, &mut shown, agent).await?;
        Ok(shown)
    }
}

/// Prolongs an agent's claim on a task, which is locked.
pub(crate) async fn renew(cx: &mut Cx<'_>, shown: &mut Shown, agent: AccountId) -> Result<()> {
    let next = shown.task.state.renew(agent, &shown.task.terms, cx.now)?;
    put(cx, shown, next).await?;
    record(cx, Happening::TaskLeaseRenewed, &shown.task).await
}
