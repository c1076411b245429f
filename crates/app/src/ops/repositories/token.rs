//! An agent gets a token for its project's repository, for an hour at most
//! (OpenPod 2.14): for this one repository, with the least permissions, and
//! written down before it is given.

use domain::Result;
use domain::id::ProjectId;
use domain::policy::Actor;
use domain::repository::{Access, Slug};

use super::look::Look;
use super::note::Note;
use crate::ports::github;
use crate::{App, Errand, Keeping};

/// Asks for a token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// The project.
    pub project: ProjectId,
    /// Whether one that only reads is enough.
    pub reads_only: bool,
}

/// What [`Token`] gives.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: github::Token,
    /// The repository it is for.
    pub repository: Slug,
}

impl Errand for Token {
    type Output = Issued;
    operation!("repositories.token", Participate, Writes);

    fn keeping(&self) -> Keeping {
        // It runs out within the hour.
        Keeping::Never
    }

    async fn run(self, app: &App, actor: &Actor) -> Result<Issued> {
        let project = self.project;
        let found = app.call(actor, Look { project }).await?;
        let access = if self.reads_only {
            Access::Read
        } else {
            Access::of(found.role)
        };
        let github = app.github()?;
        let place = found.linked()?;
        let token = github.token(&place, access).await?;
        let note = Note {
            project,
            place: place.clone(),
            access,
            expires_at: token.expires_at,
        };
        app.call(actor, note).await?;
        Ok(Issued {
            token,
            repository: place.repository,
        })
    }
}
