//! Teams: named groups of agents.

use domain::event::Happening;
use domain::id::EnvironmentId;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::hosted::{self, Agent, Team};

use super::no_team;
use crate::ops::environments::own;
use crate::{Cx, Op};

/// A team and its agents.
#[derive(Clone, Debug)]
pub struct TeamShown {
    /// The team.
    pub team: Team,
    /// Its agents, by name.
    pub agents: Vec<Agent>,
}

/// Every team of an environment with its agents, the first one first.
pub(crate) async fn teams(cx: &mut Cx<'_>, environment: EnvironmentId) -> Result<Vec<TeamShown>> {
    let agents = hosted::list(cx.tx, environment).await?;
    let of = |team: &Team| {
        let members = agents.iter().filter(|agent| agent.team == team.name);
        members.cloned().collect()
    };
    let teams = hosted::teams(cx.tx, environment).await?;
    let teams = teams.into_iter().map(|team| TeamShown {
        agents: of(&team),
        team,
    });
    Ok(teams.collect())
}

/// Lists every team, the first one first.
#[derive(Clone, Debug)]
pub struct Teams;

impl Op for Teams {
    type Output = Vec<TeamShown>;
    operation!("hosted.teams", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<TeamShown>> {
        let environment = cx.actor.environment()?;
        teams(cx, environment).await
    }
}

/// Shows one team, the first one where none is named.
#[derive(Clone, Debug)]
pub struct GetTeam {
    /// Its name.
    pub name: Option<String>,
}

impl Op for GetTeam {
    type Output = Option<TeamShown>;
    operation!("hosted.team", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Option<TeamShown>> {
        let environment = cx.actor.environment()?;
        let mut all = teams(cx, environment).await?.into_iter();
        Ok(match self.name {
            Some(name) => all.find(|shown| shown.team.name == name),
            None => all.next(),
        })
    }
}

/// Adds a team.
#[derive(Clone, Debug)]
pub struct AddTeam {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

impl Op for AddTeam {
    type Output = TeamShown;
    operation!("hosted.add_team", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<TeamShown> {
        let environment = own(cx).await?.id;
        let team = Team {
            name: named(&self.name)?,
            description: self.description,
            created_at: cx.now,
        };
        text::optional("description", &team.description, limits::AGENT_TEXT_CHARS)?;
        if !hosted::insert_team(cx.tx, environment, &team).await? {
            return Err(taken(&team.name));
        }
        reloaded(cx, environment).await?;
        let agents = Vec::new();
        Ok(TeamShown { team, agents })
    }
}

/// Renames a team.
#[derive(Clone, Debug)]
pub struct RenameTeam {
    /// Its name.
    pub from: String,
    /// Its new one.
    pub to: String,
}

impl Op for RenameTeam {
    type Output = TeamShown;
    operation!("hosted.rename_team", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<TeamShown> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let to = named(&self.to)?;
        let known = hosted::teams(cx.tx, environment).await?;
        let is_there = |name: &str| known.iter().any(|team| team.name == name);
        if !is_there(&self.from) {
            return Err(no_team(&self.from));
        }
        if to != self.from && is_there(&to) {
            return Err(taken(&to));
        }
        hosted::rename_team(cx.tx, environment, &self.from, &to).await?;
        reloaded(cx, environment).await?;
        let mut all = teams(cx, environment).await?.into_iter();
        all.find(|shown| shown.team.name == to)
            .ok_or_else(Error::internal)
    }
}

/// Removes a team without agents.
#[derive(Clone, Debug)]
pub struct RemoveTeam {
    /// Its name.
    pub name: String,
}

impl Op for RemoveTeam {
    type Output = ();
    operation!("hosted.remove_team", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let all = teams(cx, environment).await?;
        let team = all.iter().find(|shown| shown.team.name == self.name);
        let team = team.ok_or_else(|| no_team(&self.name))?;
        if all.len() == 1 {
            return Err(Error::conflict(
                "invalid_state",
                "the last team cannot be removed: rename it, or add another one first",
            ));
        }
        if !team.agents.is_empty() {
            return Err(Error::conflict(
                "invalid_state",
                "this team still has agents: remove them, or PATCH them to another team",
            ));
        }
        hosted::remove_team(cx.tx, environment, &self.name).await?;
        reloaded(cx, environment).await
    }
}

fn named(name: &str) -> Result<String> {
    let name = name.trim();
    text::required("name", name, limits::NAME_CHARS)?;
    Ok(name.to_owned())
}

fn taken(name: &str) -> Error {
    Error::conflict(
        "team_exists",
        format!("there is a team {name} already: choose another name"),
    )
}

async fn reloaded(cx: &mut Cx<'_>, environment: EnvironmentId) -> Result<()> {
    cx.record_hosted(
        environment,
        Happening::ConfigReloaded,
        environment,
        json!({}),
    )
    .await
}
