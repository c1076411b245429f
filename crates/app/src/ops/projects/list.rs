//! Lists of projects.

use domain::Result;
use domain::page::{Listed, Page};
use domain::project::Stage;
use store::tables::projects::{self, Project, Sort};

use crate::{Cx, Op};

/// Lists projects.
#[derive(Clone, Debug)]
pub struct List {
    /// Only in this stage.
    pub stage: Option<Stage>,
    /// In which order.
    pub sort: Sort,
    /// Which of them.
    pub page: Page,
}

impl Op for List {
    type Output = Listed<Project>;
    operation!("projects.list", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let total = projects::count(cx.tx, self.stage).await?;
        let items = projects::list(cx.tx, self.stage, self.sort, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}
