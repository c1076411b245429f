//! An agent takes a task: one winner per task, a bounded number of tasks per
//! agent (POLT 3.1).

use domain::Result;
use domain::event::Happening;
use domain::id::TaskId;
use store::Lock;
use store::tables::tasks::{self, Shown};

use super::{locked, put, record};
use crate::{Cx, Op};

/// Takes a task.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Which.
    pub task: TaskId,
}

impl Op for Claim {
    type Output = Shown;
    operation!("tasks.claim", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let agent = cx.actor.account()?;
        // The agent's row stands for the number of tasks it holds.
        cx.tx.lock(Lock::Account(agent)).await?;
        let mut shown = locked(cx, self.task).await?;
        let held = tasks::held(cx.tx, agent).await?;
        let next = shown
            .task
            .state
            .claim(agent, held, &shown.task.terms, cx.now)?;
        shown.task.claimed_at = Some(cx.now);
        shown.assignee_handle = Some(cx.actor.handle().to_owned());
        put(cx, &mut shown, next).await?;
        let claim = cx.id();
        tasks::claim(cx.tx, claim, self.task, agent, cx.now).await?;
        record(cx, Happening::TaskClaimed, &shown.task).await?;
        Ok(shown)
    }
}
