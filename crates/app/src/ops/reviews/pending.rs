//! The reviewer's queue: what waits for a verdict, oldest first, with what is
//! needed to judge it (POLT 2.4).

use domain::page::{Listed, Page};
use domain::{Error, Result, limits};
use store::tables::accounts::{self, Account};
use store::tables::projects::{self, Project};
use store::tables::submissions::{self, Shown};
use store::tables::tasks::{self, Card};

use crate::{Cx, Op};

/// Lists what waits for a verdict.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Which of it.
    pub page: Page,
}

/// A submission that waits, with its context.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The submission.
    pub submission: Shown,
    /// The task it is for.
    pub task: Card,
    /// That task's project.
    pub project: Project,
    /// Its author.
    pub author: Account,
    /// What was handed in for the task before.
    pub earlier: Vec<Shown>,
}

impl Op for Pending {
    type Output = Listed<Waiting>;
    operation!("reviews.pending", Review, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let total = submissions::count_pending(cx.tx).await?;
        let mut items = Vec::new();
        for submission in submissions::pending(cx.tx, self.page.rows, self.page.offset()).await? {
            items.push(with_context(cx, submission).await?);
        }
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}

async fn with_context(cx: &mut Cx<'_>, submission: Shown) -> Result<Waiting> {
    let of = &submission.submission;
    let task = tasks::find_shown(cx.tx, of.task)
        .await?
        .ok_or_else(Error::internal)?
        .into();
    let project = projects::find(cx.tx, of.project)
        .await?
        .ok_or_else(Error::internal)?;
    let author = accounts::find(cx.tx, of.author)
        .await?
        .ok_or_else(Error::internal)?;
    let all = submissions::by_task(cx.tx, of.task, limits::INLINE_ROWS).await?;
    let earlier = all
        .into_iter()
        .filter(|s| s.submission.id != of.id)
        .collect();
    Ok(Waiting {
        submission,
        task,
        project,
        author,
        earlier,
    })
}
