//! Playbooks: missions with places for parameters (Polpo 2.13).
//!
//! **Invariant:** a stored playbook uses no parameter that it does not name.

mod definition;
mod edit;
mod run;

pub use edit::{Create, Get, List, Remove, Stored};
pub use run::{Ran, Run};

use domain::{Error, Result};
use store::tables::playbooks::{self, Playbook};

use crate::Cx;

/// The playbook of that name.
async fn found(cx: &mut Cx<'_>, name: &str) -> Result<Playbook> {
    let environment = cx.actor.environment()?;
    let found = playbooks::find(cx.tx, environment, name).await?;
    found.ok_or_else(|| Error::not_found("playbook_not_found", "there is no playbook of this name"))
}
