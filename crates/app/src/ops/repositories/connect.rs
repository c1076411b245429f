//! A project's repository is linked, once control of it is proven.
//!
//! The App being installed on a repository says that the repository's owner
//! trusts this server, not that the owner knows this project: any project may
//! name any repository. So the project gets a challenge, and who can put that
//! on the repository's default branch controls it. The same call, made again,
//! finds it there and links.

use domain::id::ProjectId;
use domain::policy::Actor;
use domain::repository::Slug;
use domain::{Error, Result};

use super::CHALLENGE_FILE;
use super::challenge::{Begin, Proven};
use super::look::Look;
use crate::ports::github::Place;
use crate::{App, Errand};

/// Links the repository that the project names, or says what is missing.
#[derive(Clone, Copy, Debug)]
pub struct Connect {
    /// The project.
    pub project: ProjectId,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It is linked.
    Linked(Place),
    /// The App is not installed there.
    Uninstalled {
        /// The repository.
        repository: Slug,
        /// The App's name in links.
        app: String,
    },
    /// This text is not yet in the file on the default branch.
    Unproven {
        /// The repository.
        repository: Slug,
        /// The App's name in links.
        app: String,
        /// The text.
        challenge: String,
    },
}

impl Errand for Connect {
    type Output = Connection;
    operation!("repositories.connect", Participate, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Connection> {
        let project = self.project;
        let found = app.call(actor, Look { project }).await?;
        found.role.require_manager()?;
        let repository = found.named()?;
        let (github, identity) = (app.github()?, app.github_identity()?);
        let slug = identity.slug.clone();
        let Some(installation) = github.installation(&repository).await? else {
            return Ok(Connection::Uninstalled {
                repository,
                app: slug,
            });
        };
        let place = Place {
            installation,
            repository,
        };
        let begin = Begin {
            project,
            place: place.clone(),
        };
        let link = app.call(actor, begin).await?;
        if link.active {
            return Ok(Connection::Linked(place));
        }
        let file = github.file(&place, CHALLENGE_FILE).await?;
        if !holds(file.as_deref().unwrap_or(""), &link.challenge) {
            return Ok(Connection::Unproven {
                repository: place.repository,
                app: slug,
                challenge: link.challenge,
            });
        }
        let proven = Proven {
            project,
            challenge: link.challenge,
        };
        app.call(actor, proven).await?;
        Ok(Connection::Linked(place))
    }
}

/// Whether a line of a file is the challenge.
fn holds(file: &str, challenge: &str) -> bool {
    file.lines().any(|line| line.trim() == challenge)
}

/// The refusal where a challenge was replaced while it was being read.
pub(super) fn overtaken() -> Error {
    Error::conflict(
        "challenge_replaced",
        "the link changed while it was being proven: connect again",
    )
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn the_challenge_is_a_line_of_its_own() {
        for good in ["x", "x\n", "y\r\n x \r\nz"] {
            assert!(holds(good, "x"), "{good:?}");
        }
        for bad in ["", "xx", "y x", "X"] {
            assert!(!holds(bad, "x"), "{bad:?}");
        }
    }
}
