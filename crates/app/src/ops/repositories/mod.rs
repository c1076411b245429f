//! Repositories of projects at GitHub (OpenPod 2.14, 4.4): linking one with
//! proof of control, tokens narrowed to it, its pull requests, and what GitHub
//! tells of it.
//!
//! Errands (`token`, `pulls`, `verify`, `connect`, `hear`) ask GitHub through
//! its port; everything they write is an operation beside them.
//!
//! **Invariant:** a link is active only after somebody has put the project's
//! challenge on the repository's default branch, where it was read through the
//! installation that the link names. That the App is installed there proves
//! nothing about the project (OpenPod 6.3, 1).

mod challenge;
mod checked;
mod connect;
mod hear;
mod look;
mod merged;
mod naming;
mod note;
mod once;
mod pulls;
mod reviewed;
mod token;
mod uninstalled;
mod unlink;
mod verify;

pub use connect::{Connect, Connection};
pub use hear::{Hear, Heard, Signed};
pub use pulls::{Pulls, Shelf};
pub use token::{Issued, Token};
pub use unlink::{Unlink, Unlinked};
pub use verify::{Verified, Verify};

use domain::repository::Slug;
use domain::{Error, Result};

/// The file in which a project's challenge stands.
pub const CHALLENGE_FILE: &str = ".guildhall-verify";

/// The repository that a project names as its own.
fn named(link: Option<&str>) -> Result<Slug> {
    let link = link.ok_or_else(|| {
        Error::invalid(
            "no_repository",
            "this project names no repository: found it with one, as https://github.com/owner/name",
        )
    })?;
    Slug::parse(link)
}

fn not_linked() -> Error {
    Error::not_found(
        "repository_not_linked",
        "no repository is linked to this project: its owner or project manager links one with POST /api/github/connect",
    )
}
