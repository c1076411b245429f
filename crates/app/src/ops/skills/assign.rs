//! An agent is given a skill, or it is taken away.

use domain::Result;
use serde_json::{Value, json};
use store::Lock;
use store::tables::hosted::{self, Agent};
use store::tables::skills;

use super::{Shelf, found, named_by, record};
use crate::ops::environments::own;
use crate::ops::hosted::{fields, named};
use crate::{Cx, Op};

/// Gives an agent a skill or takes it away.
#[derive(Clone, Debug)]
pub struct Assign {
    /// The skill.
    pub skill: String,
    /// The agent.
    pub agent: String,
    /// Whether it is to have it.
    pub has: bool,
}

/// The skill and the agent.
pub type Pair = (String, String);

impl Op for Assign {
    type Output = Pair;
    operation!("skills.assign", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Pair> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let skill = found(cx, environment, Shelf::Agents, &self.skill).await?;
        let agent = named(cx, environment, &self.agent).await?;
        let action = if self.has {
            skills::assign(cx.tx, environment, &agent.name, &skill.name).await?;
            "assigned"
        } else {
            skills::unassign(cx.tx, environment, &agent.name, &skill.name).await?;
            forget(cx, &agent, &skill.name).await?;
            "unassigned"
        };
        record(cx, environment, (&skill.name, action), Some(&agent.name)).await?;
        Ok((skill.name, agent.name))
    }
}

/// Takes a skill out of an agent's document.
async fn forget(cx: &mut Cx<'_>, agent: &Agent, skill: &str) -> Result<()> {
    let mut left = named_by(agent);
    let before = left.len();
    left.retain(|name| name != skill);
    if left.len() == before {
        return Ok(());
    }
    let mut document = fields(agent);
    document.insert("skills".into(), json!(left));
    let agent = Agent {
        document: Value::Object(document).to_string(),
        updated_at: cx.now,
        ..agent.clone()
    };
    hosted::update(cx.tx, &agent).await
}
