//! An agent gives a task back before handing anything in (POLT 3.1).

use domain::Result;
use domain::event::Happening;
use domain::id::TaskId;
use domain::task::ClaimStatus;
use store::tables::tasks::{self, Shown};

use super::{locked, put, record};
use crate::{Cx, Op};

/// Gives a task back.
#[derive(Clone, Debug)]
pub struct Release {
    /// Which.
    pub task: TaskId,
}

impl Op for Release {
    type Output = Shown;
    operation!("tasks.release", Claim, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let agent = cx.actor.account()?;
        let mut shown = locked(cx, self.task).await?;
        let next = shown.task.state.release(agent)?;
        tasks::end_claim(cx.tx, self.task, ClaimStatus::Released, cx.now).await?;
        put(cx, &mut shown, next).await?;
        record(cx, Happening::TaskReleased, &shown.task).await?;
        Ok(shown)
    }
}
