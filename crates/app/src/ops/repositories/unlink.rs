//! A project's link is undone by those who run the project. Tokens already
//! given out work until they run out, an hour at most.

use domain::Result;
use domain::id::ProjectId;
use domain::repository::Slug;
use store::Lock;
use store::tables::repositories;

use super::challenge::undo;
use super::not_linked;
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Undoes it.
#[derive(Clone, Copy, Debug)]
pub struct Unlink {
    /// The project.
    pub project: ProjectId,
}

/// The repository that was linked.
#[derive(Clone, Debug)]
pub struct Unlinked(pub Slug);

impl Op for Unlink {
    type Output = Unlinked;
    operation!("repositories.unlink", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Unlinked> {
        cx.tx.lock(Lock::Project(self.project)).await?;
        let (_, role) = standing(cx, self.project).await?;
        role.require_manager()?;
        let link = repositories::find(cx.tx, self.project).await?;
        let link = link.filter(|link| link.active).ok_or_else(not_linked)?;
        Ok(Unlinked(undo(cx, link).await?.repository))
    }
}
