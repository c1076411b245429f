//! Hosted agents and their teams (Polpo 2.10).
//!
//! **Invariant:** an agent's name is unique in its environment; every agent is
//! in a team that exists; an environment has at least one team.

mod add;
mod avatar;
mod document;
mod edit;
mod list;
mod remove;
mod teams;
mod worker;

pub use add::Add;
pub use avatar::{Avatar, RemoveAvatar, SetAvatar};
pub use document::shown;
pub use edit::Edit;
pub use list::{Get, List};
pub use remove::Remove;
pub(crate) use teams::teams;
pub use teams::{AddTeam, GetTeam, RemoveTeam, RenameTeam, TeamShown, Teams};

pub use worker::{Admit, Collect, Earnings, Wallet};

use domain::id::EnvironmentId;
use domain::{Error, Result};
use serde_json::{Map, Value};
use store::tables::hosted::{self, Agent};

use crate::Cx;

/// An agent of an environment by its name.
pub(crate) async fn named(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    name: &str,
) -> Result<Agent> {
    hosted::find(cx.tx, environment, name)
        .await?
        .ok_or_else(|| Error::not_found("agent_not_found", format!("there is no agent {name}")))
}

/// What an agent is made of.
pub(crate) fn fields(agent: &Agent) -> Map<String, Value> {
    serde_json::from_str(&agent.document).unwrap_or_default()
}

fn no_team(name: &str) -> Error {
    Error::not_found("team_not_found", format!("there is no team {name}"))
}

/// What an agent is made of, checked; what is no field of one is dropped.
pub(crate) fn checked(said: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    crate::fields::merge(document::FIELDS, document::MERGED, &mut fields, said)?;
    Ok(fields)
}
