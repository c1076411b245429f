//! What is remembered is written.

use domain::event::Happening;
use domain::id::EnvironmentId;
use domain::{Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::memories;

use super::{Memory, kept_by, too_long};
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Replaces what an agent remembers, or all of them.
#[derive(Clone, Debug)]
pub struct Put {
    /// Whose; nobody's for what all share.
    pub agent: Option<String>,
    /// What to remember.
    pub content: String,
}

impl Op for Put {
    type Output = Memory;
    operation!("memory.put", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Memory> {
        let environment = own(cx).await?.id;
        put(cx, environment, self.agent, self.content).await
    }
}

/// As [`Put`], for an agent at work.
#[derive(Clone, Debug)]
pub struct Remember {
    /// Where.
    pub environment: EnvironmentId,
    /// Whose; nobody's for what all share.
    pub agent: Option<String>,
    /// What to remember.
    pub content: String,
}

impl Op for Remember {
    type Output = Memory;
    operation!("memory.remember", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Memory> {
        put(cx, self.environment, self.agent, self.content).await
    }
}

/// Writes something behind what an agent at work remembers, or all of them.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where.
    pub environment: EnvironmentId,
    /// Whose; nobody's for what all share.
    pub agent: Option<String>,
    /// What to remember as well.
    pub content: String,
}

impl Op for Append {
    type Output = Memory;
    operation!("memory.append", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Memory> {
        let Self {
            environment,
            agent,
            content,
        } = self;
        // Two who append at the same time both want to be remembered.
        cx.tx.lock(Lock::Environment(environment)).await?;
        let known = memories::find(cx.tx, environment, kept_by(&agent)?).await?;
        let known = known.filter(|known| !known.is_empty());
        let content = match known {
            Some(known) => format!("{}\n{content}", known.trim_end_matches('\n')),
            None => content,
        };
        put(cx, environment, agent, content).await
    }
}

async fn put(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    agent: Option<String>,
    content: String,
) -> Result<Memory> {
    text::optional("content", &content, limits::MEMORY_CHARS).map_err(|error| {
        match content.contains('\0') {
            true => error,
            false => too_long(),
        }
    })?;
    let name = kept_by(&agent)?;
    memories::put(cx.tx, environment, name, content.clone(), cx.now).await?;
    let mut facts = json!({ "characters": content.chars().count() });
    if let Some(agent) = &agent {
        facts["agent"] = json!(agent);
    }
    cx.record_hosted(environment, Happening::MemoryWritten, environment, facts)
        .await?;
    Ok(Memory {
        agent,
        content: Some(content),
    })
}
