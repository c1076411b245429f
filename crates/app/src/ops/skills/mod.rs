//! Skills: texts that teach hosted agents something, and who has which
//! (Polpo 2.13). The orchestrator has a shelf of its own.
//!
//! An agent has the skills that were assigned to it and those that its
//! document names.

mod add;
mod assign;
mod create;
mod describe;
mod list;
mod remove;

pub use add::Add;
pub use assign::Assign;
pub use create::Create;
pub use describe::Describe;
pub use list::{Get, Index, List};
pub use remove::Remove;
pub use store::tables::skills::Shelf;

use domain::event::Happening;
use domain::id::EnvironmentId;
use domain::{Error, Result};
use serde_json::{Map, Value, json};
use store::tables::hosted::{self, Agent};
use store::tables::skills;

use crate::Cx;

/// A skill.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    /// Its name.
    pub name: String,
    /// When it is of use.
    pub description: String,
    /// `allowedTools`, `tags` and `category`, as far as they were said.
    pub document: Map<String, Value>,
    /// What it says.
    pub content: String,
    /// The agents that have it.
    pub assigned: Vec<String>,
    /// Where it would be, were it a file.
    pub path: String,
}

impl Skill {
    fn of(skill: skills::Skill, assigned: Vec<String>) -> Self {
        let skills::Skill {
            environment: _,
            shelf,
            name,
            description,
            document,
            content,
            created_at: _,
            updated_at: _,
        } = skill;
        Self {
            path: path(shelf, &name),
            name,
            description,
            document: serde_json::from_str(&document).unwrap_or_default(),
            content,
            assigned,
        }
    }
}

fn path(shelf: Shelf, name: &str) -> String {
    match shelf {
        Shelf::Agents => format!("skills/{name}/SKILL.md"),
        Shelf::Orchestrator => format!("skills/orchestrator/{name}/SKILL.md"),
    }
}

/// The skills of an agent, by name, for its prompt.
pub(crate) async fn of_agent(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    agent: &Agent,
) -> Result<Vec<Skill>> {
    let mut names = skills::assigned(cx.tx, environment, &agent.name).await?;
    names.extend(named_by(agent));
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let skill = skills::find(cx.tx, environment, Shelf::Agents, &name).await?;
        found.extend(skill.map(|skill| Skill::of(skill, Vec::new())));
    }
    Ok(found)
}

/// The skills that an agent's document names.
fn named_by(agent: &Agent) -> Vec<String> {
    let fields = super::hosted::fields(agent);
    let named = fields.get("skills").and_then(Value::as_array);
    let named = named.into_iter().flatten().filter_map(Value::as_str);
    named.map(str::to_owned).collect()
}

/// Who has what, over assignments and documents: agents and skills, in order.
async fn holders(cx: &mut Cx<'_>, environment: EnvironmentId) -> Result<Vec<(String, String)>> {
    let mut all = skills::assignments(cx.tx, environment).await?;
    for agent in hosted::list(cx.tx, environment).await? {
        let named = named_by(&agent).into_iter();
        all.extend(named.map(|skill| (agent.name.clone(), skill)));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

async fn found(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    shelf: Shelf,
    name: &str,
) -> Result<skills::Skill> {
    let skill = skills::find(cx.tx, environment, shelf, name).await?;
    skill.ok_or_else(|| Error::not_found("skill_not_found", format!("there is no skill {name}")))
}

async fn record(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    (skill, action): (&str, &str),
    agent: Option<&str>,
) -> Result<()> {
    let mut facts = json!({ "skill": skill, "action": action });
    if let Some(agent) = agent {
        facts["agent"] = json!(agent);
    }
    cx.record_hosted(environment, Happening::SkillSaved, environment, facts)
        .await
}
