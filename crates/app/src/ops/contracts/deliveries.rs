//! What was delivered for a task: its author and who judges it see it, nobody
//! else does (AGI ATM 2.3, 2.4).

use domain::Result;
use domain::id::TaskId;
use domain::page::{Listed, Page};
use store::tables::submissions::{self, Shown};

use super::{judges, visible};
use crate::{Cx, Op};

/// Lists the deliveries for a task, newest first: all for who judges them, its
/// own for everybody else.
#[derive(Clone, Debug)]
pub struct Deliveries {
    /// For which.
    pub task: TaskId,
    /// Which of them.
    pub page: Page,
}

impl Op for Deliveries {
    type Output = Listed<Shown>;
    operation!("contracts.deliveries", Look, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Listed<Shown>> {
        let shown = visible(cx, self.task).await?;
        let author = match judges(cx, &shown.task).await? {
            true => None,
            false => Some(cx.actor.account()?),
        };
        let page = self.page;
        Ok(Listed {
            items: submissions::of_task(cx.tx, self.task, author, page).await?,
            page,
            total: submissions::count_of_task(cx.tx, self.task, author).await?,
        })
    }
}
