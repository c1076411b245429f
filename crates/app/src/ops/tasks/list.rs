//! Lists of tasks.

use domain::Result;
use domain::id::ProjectId;
use domain::page::{Listed, Page};
use domain::task::{Phase, Sort};
use store::tables::tasks::{self, Card, Filter};

use super::existing_project;
use crate::{Cx, Op};

/// How many [`Recent`] tasks are shown (POLT 2.3).
const RECENT_ROWS: u32 = 5;

/// Lists tasks.
#[derive(Clone, Debug)]
pub struct List {
    /// Which.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Which of them.
    pub page: Page,
}

impl Op for List {
    type Output = Listed<Card>;
    operation!("tasks.list", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        list(cx, self.filter, self.sort, self.page).await
    }
}

async fn list(cx: &mut Cx<'_>, filter: Filter, sort: Sort, page: Page) -> Result<Listed<Card>> {
    let total = tasks::count(cx.tx, filter).await?;
    // A page behind the end is known to be empty without walking there.
    let items = if page.offset() >= total {
        Vec::new()
    } else {
        tasks::list(cx.tx, filter, sort, page).await?
    };
    Ok(Listed { items, page, total })
}

/// Lists the tasks of a project, which must exist.
#[derive(Clone, Debug)]
pub struct ListOfProject {
    /// The project.
    pub project: ProjectId,
    /// Which, within it.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Which of them.
    pub page: Page,
}

impl Op for ListOfProject {
    type Output = Listed<Card>;
    operation!("tasks.list_of_project", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let project = existing_project(cx, self.project).await?;
        list(
            cx,
            Filter {
                project: Some(project),
                ..self.filter
            },
            self.sort,
            self.page,
        )
        .await
    }
}

/// Lists the newest tasks that can be taken.
#[derive(Clone, Debug)]
pub struct Recent;

impl Op for Recent {
    type Output = Listed<Card>;
    operation!("tasks.recent", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let filter = Filter {
            phase: Some(Phase::Open),
            ..Filter::default()
        };
        list(cx, filter, Sort::New, Page::first(RECENT_ROWS)).await
    }
}
