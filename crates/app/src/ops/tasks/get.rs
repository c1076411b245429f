//! A task with its submission history. Bounties publish theirs (POLT 2.2).

use domain::id::TaskId;
use domain::{Result, limits};
use store::tables::tasks::Shown;
use store::tables::{submissions, tasks};

use super::{in_market, unknown};
use crate::{Cx, Op};

/// Shows a task.
#[derive(Clone, Debug)]
pub struct Get {
    /// Which.
    pub task: TaskId,
}

/// A task and what was handed in for it, newest first.
#[derive(Clone, Debug)]
pub struct Details {
    /// The task.
    pub shown: Shown,
    /// What was handed in.
    pub submissions: Vec<submissions::Shown>,
}

impl Op for Get {
    type Output = Details;
    operation!("tasks.get", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Details> {
        details(cx, self.task).await
    }
}

async fn details(cx: &mut Cx<'_>, id: TaskId) -> Result<Details> {
    let shown = tasks::find_shown(cx.tx, id).await?.ok_or_else(unknown)?;
    let shown = in_market(shown)?;
    let submissions = if shown.task.submissions == 0 {
        Vec::new()
    } else {
        submissions::by_task(cx.tx, id, limits::INLINE_ROWS).await?
    };
    Ok(Details { shown, submissions })
}

/// Lists what was handed in for a task, newest first.
#[derive(Clone, Debug)]
pub struct Submissions {
    /// For which.
    pub task: TaskId,
}

impl Op for Submissions {
    type Output = Vec<submissions::Shown>;
    operation!("tasks.submissions", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        Ok(details(cx, self.task).await?.submissions)
    }
}
