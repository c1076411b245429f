//! What stands of a project's repository, for those who belong to the project.

use domain::Result;
use domain::id::ProjectId;
use domain::repository::Slug;
use domain::team::Role;
use store::tables::repositories::{self, Link};

use super::{named, not_linked};
use crate::ops::teams::standing;
use crate::ports::github::Place;
use crate::{Cx, Op};

/// Looks, before anybody is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) project: ProjectId,
}

/// What [`Look`] finds.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) role: Role,
    repository: Option<String>,
    link: Option<Link>,
}

impl Found {
    /// The repository that the project names.
    pub(super) fn named(&self) -> Result<Slug> {
        named(self.repository.as_deref())
    }

    /// The repository that is linked.
    pub(super) fn linked(self) -> Result<Place> {
        let link = self.link.filter(|link| link.active);
        let link = link.ok_or_else(not_linked)?;
        Ok(Place {
            installation: link.installation,
            repository: link.repository,
        })
    }
}

impl Op for Look {
    type Output = Found;
    operation!("repositories.look", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Found> {
        let (project, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        Ok(Found {
            role,
            repository: project.workplace.repository,
            link: repositories::find(cx.tx, self.project).await?,
        })
    }
}
