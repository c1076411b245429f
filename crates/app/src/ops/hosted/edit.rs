//! A hosted agent is changed.

use domain::Result;
use domain::event::Happening;
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::hosted::{self, Agent};

use super::document::{FIELDS, MERGED, shown};
use super::{fields, named, no_team};
use crate::fields::merge;
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Changes some fields of an agent.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Its name.
    pub name: String,
    /// The team to which it moves.
    pub team: Option<String>,
    /// The fields; null takes one away.
    pub fields: Map<String, Value>,
}

impl Op for Edit {
    type Output = Agent;
    operation!("hosted.edit", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Agent> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let mut agent = named(cx, environment, &self.name).await?;
        if let Some(team) = self.team {
            let teams = hosted::teams(cx.tx, environment).await?;
            if !teams.iter().any(|known| known.name == team) {
                return Err(no_team(&team));
            }
            agent.team = team;
        }
        let mut document = fields(&agent);
        merge(FIELDS, MERGED, &mut document, &self.fields)?;
        agent.document = Value::Object(document).to_string();
        agent.updated_at = cx.now;
        hosted::update(cx.tx, &agent).await?;
        let facts = json!({ "agent": shown(&agent) });
        cx.record_hosted(environment, Happening::HostedAgentUpdated, agent.id, facts)
            .await?;
        Ok(agent)
    }
}
