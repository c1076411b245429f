//! GitHub as an App sees it (OpenPod 4.4).

use std::collections::BTreeMap;
use std::fmt;

use domain::repository::{Access, Slug};
use domain::{Error, Result, Time};

use super::Reply;
use crate::App;

/// The operator's App at GitHub, as far as operations look at it.
#[derive(Clone)]
pub struct Identity {
    /// Its name in links.
    pub slug: String,
    /// What its deliveries are signed with; without one none is believed.
    pub webhook_secret: Option<String>,
}

// The secret stays out of every log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}

/// A repository and the installation of the App through which it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The installation.
    pub installation: i64,
    /// The repository.
    pub repository: Slug,
}

/// A token for one repository. It is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub token: String,
    /// When it stops working.
    pub expires_at: Time,
    /// What GitHub says that it may do.
    pub permissions: BTreeMap<String, String>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("expires_at", &self.expires_at)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

domain::words! {
    /// Which pull requests are asked for.
    pub enum Shown {
        /// Those that wait.
        Open = "open",
        /// Those that were merged or closed.
        Closed = "closed",
        /// All.
        All = "all",
    }
}

/// A pull request. Times are as GitHub writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// `open` or `closed`.
    pub state: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Its page.
    pub url: String,
    /// Who opened it, unless that account is gone.
    pub author: Option<String>,
    /// The branch it comes from.
    pub head_branch: String,
    /// The branch it goes to.
    pub base_branch: String,
    /// The commit it ends in.
    pub head_sha: String,
    /// Lines added.
    pub additions: u64,
    /// Lines deleted.
    pub deletions: u64,
    /// Files changed.
    pub changed_files: u64,
    /// When it was opened.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was merged, if it was.
    pub merged_at: Option<String>,
}

/// A check run, or a commit status in the words of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is called.
    pub name: String,
    /// `completed`, or how far it is.
    pub status: String,
    /// What it came to.
    pub conclusion: Option<String>,
    /// Its page.
    pub url: Option<String>,
}

/// GitHub. Refusals are `Unavailable` when it cannot be reached or asks to
/// wait, and `Upstream` when it fails or refuses the App.
pub trait GitHub: Send + Sync {
    /// The installation that reaches a repository; `None` where none does.
    fn installation<'a>(&'a self, repository: &'a Slug) -> Reply<'a, Option<i64>>;

    /// A token for this one repository, which works for five more minutes at
    /// least.
    fn token<'a>(&'a self, place: &'a Place, access: Access) -> Reply<'a, Token>;

    /// A small text file on the default branch; `None` where there is none.
    fn file<'a>(&'a self, place: &'a Place, path: &'a str) -> Reply<'a, Option<String>>;

    /// Pull requests with their statistics, the last changed first, at most
    /// `limits::PULL_REQUESTS`.
    fn pulls<'a>(&'a self, place: &'a Place, shown: Shown) -> Reply<'a, Vec<Pull>>;

    /// A pull request; `None` where there is none of this number.
    fn pull<'a>(&'a self, place: &'a Place, number: u64) -> Reply<'a, Option<Pull>>;

    /// Every check run and commit status of a commit.
    fn checks<'a>(&'a self, place: &'a Place, sha: &'a str) -> Reply<'a, Vec<Check>>;
}

impl App {
    /// GitHub.
    ///
    /// # Errors
    /// `Unavailable` where the operator has set no App.
    pub fn github(&self) -> Result<&dyn GitHub> {
        self.ports().github.as_deref().ok_or_else(not_configured)
    }

    /// The operator's App at GitHub.
    ///
    /// # Errors
    /// As [`App::github`].
    pub fn github_identity(&self) -> Result<&Identity> {
        self.settings().github.as_ref().ok_or_else(not_configured)
    }
}

/// Seconds until somebody may have configured it.
const CONFIGURED_WITHIN_S: u64 = 3_600;

fn not_configured() -> Error {
    Error::unavailable(
        "github_not_configured",
        "this server has no GitHub App: its operator makes one and sets github.app_id, github.app_slug, \
         github.private_key_file and github.webhook_secret, as docs/operating.md describes",
        CONFIGURED_WITHIN_S,
    )
}
