//! An agent is put into an environment.

use domain::event::Happening;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::hosted::{self, Agent};

use super::document::{FIELDS, MERGED, shown};
use super::no_team;
use crate::fields::merge;
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Adds an agent.
#[derive(Clone, Debug)]
pub struct Add {
    /// Its name.
    pub name: String,
    /// Its team; the first one where none is named.
    pub team: Option<String>,
    /// What it is made of.
    pub fields: Map<String, Value>,
}

impl Op for Add {
    type Output = Agent;
    operation!("hosted.add", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Agent> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let name = self.name.trim().to_owned();
        text::required("name", &name, limits::NAME_CHARS)?;
        let teams = hosted::teams(cx.tx, environment).await?;
        let team = match self.team {
            Some(team) if !teams.iter().any(|known| known.name == team) => {
                return Err(no_team(&team));
            }
            Some(team) => team,
            None => teams
                .first()
                .map(|team| team.name.clone())
                .unwrap_or_default(),
        };
        let mut fields = Map::new();
        merge(FIELDS, MERGED, &mut fields, &self.fields)?;
        let agent = Agent {
            id: cx.id(),
            environment,
            name,
            team,
            account: None,
            mission_group: None,
            document: Value::Object(fields).to_string(),
            created_at: cx.now,
            updated_at: cx.now,
        };
        if !hosted::insert(cx.tx, &agent).await? {
            return Err(Error::conflict(
                "agent_exists",
                format!(
                    "there is an agent {} already: choose another name, or PATCH it",
                    agent.name
                ),
            ));
        }
        let facts = json!({ "agent": shown(&agent) });
        cx.record_hosted(environment, Happening::HostedAgentAdded, agent.id, facts)
            .await?;
        Ok(agent)
    }
}
