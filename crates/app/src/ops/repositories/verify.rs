//! Whether a link is a pull request of the project's repository, and what its
//! checks say (OpenPod 2.14).

use domain::id::ProjectId;
use domain::policy::Actor;
use domain::repository::{Outcome, PullRequest, Tally};
use domain::{Error, Result};

use super::look::Look;
use crate::ports::github::{Check, Pull};
use crate::{App, Errand};

/// Looks at a deliverable.
#[derive(Clone, Debug)]
pub struct Verify {
    /// The project.
    pub project: ProjectId,
    /// The pull request, as a link.
    pub link: String,
}

/// What [`Verify`] finds.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The pull request.
    pub pull: Pull,
    /// The checks of its last commit.
    pub checks: Vec<Check>,
    /// What they come to.
    pub tally: Tally,
}

impl Errand for Verify {
    type Output = Verified;
    operation!("repositories.verify", Participate, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Verified> {
        let asked = PullRequest::parse(&self.link)?;
        let project = self.project;
        let found = app.call(actor, Look { project }).await?;
        let github = app.github()?;
        let place = found.linked()?;
        if asked.repository != place.repository {
            return Err(Error::invalid(
                "other_repository",
                format!(
                    "this pull request is not of the project's repository, {}",
                    place.repository
                ),
            ));
        }
        let pull = github.pull(&place, asked.number).await?;
        let pull = pull.ok_or_else(|| unknown(&asked))?;
        let checks = github.checks(&place, &pull.head_sha).await?;
        let outcome = |check: &Check| Outcome::read(&check.status, check.conclusion.as_deref());
        let tally = Tally::of(checks.iter().map(outcome));
        Ok(Verified {
            pull,
            checks,
            tally,
        })
    }
}

fn unknown(asked: &PullRequest) -> Error {
    Error::not_found(
        "pull_request_not_found",
        format!(
            "{} has no pull request {}: push the branch, open one and send its link",
            asked.repository, asked.number
        ),
    )
}
