//! Projects that host agents, each with a live and a sandbox environment, and
//! the keys of both (Polpo 2.3).
//!
//! **Invariant:** an environment is an account; its id is the account's. What
//! lives in one is found with its own keys alone.

mod budget;
mod config;
mod create;
mod forget;
mod keys;
mod list;
mod state;

pub use budget::SetBudget;
pub(crate) use config::settings;
pub use config::{Config, Configured, Set};
pub(crate) use create::FIRST_TEAM;
pub use create::{Create, Created};
pub use forget::{Forget, Further};
pub use keys::{Issue, Revoke, Rotate};
pub use list::List;
pub use state::{Providers, Standing, State};

use domain::id::EnvironmentId;
use domain::{Error, Result};
use store::tables::environments::{self, Environment, Side};

use crate::Cx;

/// How the keys of a side begin.
pub fn key_prefix(side: Side) -> &'static str {
    match side {
        Side::Live => "sk_live_",
        Side::Test => "sk_test_",
    }
}

/// The environment whose key was shown.
pub(crate) async fn own(cx: &mut Cx<'_>) -> Result<Environment> {
    let id = cx.actor.environment()?;
    found(cx, id).await
}

pub(crate) async fn found(cx: &mut Cx<'_>, id: EnvironmentId) -> Result<Environment> {
    let environment = environments::find(cx.tx, id).await?;
    environment.ok_or_else(unknown)
}

/// One side of a project, by the project's name.
pub(crate) async fn named(cx: &mut Cx<'_>, name: &str, side: Side) -> Result<Environment> {
    let both = environments::by_name(cx.tx, &name.to_lowercase()).await?;
    let found = both
        .into_iter()
        .find(|environment| environment.side == side);
    found.ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::not_found("project_not_found", "there is no project of this name")
}
