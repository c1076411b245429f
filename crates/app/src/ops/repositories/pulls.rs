//! The pull requests of a project's repository (OpenPod 2.14).

use domain::Result;
use domain::id::ProjectId;
use domain::policy::Actor;
use domain::repository::Slug;

use super::look::Look;
use crate::ports::github::{Pull, Shown};
use crate::{App, Errand};

/// Lists them, the last changed first.
#[derive(Clone, Copy, Debug)]
pub struct Pulls {
    /// The project.
    pub project: ProjectId,
    /// Which.
    pub shown: Shown,
}

/// What [`Pulls`] finds.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The repository.
    pub repository: Slug,
    /// Which were asked for.
    pub shown: Shown,
    /// The pull requests.
    pub pulls: Vec<Pull>,
}

impl Errand for Pulls {
    type Output = Shelf;
    operation!("repositories.pulls", Participate, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Shelf> {
        let Self { project, shown } = self;
        let found = app.call(actor, Look { project }).await?;
        let github = app.github()?;
        let place = found.linked()?;
        let pulls = github.pulls(&place, shown).await?;
        Ok(Shelf {
            repository: place.repository,
            shown,
            pulls,
        })
    }
}
