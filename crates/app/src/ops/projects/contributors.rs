//! Who completed tasks of a project.

use domain::id::ProjectId;
use domain::{Result, limits};
use store::tables::projects;
use store::tables::tasks::{self, Contributor};

use crate::ops::tasks::unknown_project;
use crate::{Cx, Op};

/// Lists them, the most active first.
#[derive(Clone, Debug)]
pub struct Contributors {
    /// Of which project.
    pub project: ProjectId,
}

impl Op for Contributors {
    type Output = Vec<Contributor>;
    operation!("projects.contributors", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let project = projects::find(cx.tx, self.project)
            .await?
            .ok_or_else(unknown_project)?;
        tasks::contributors(cx.tx, project.id, limits::PAGE_ROWS_MAX).await
    }
}
