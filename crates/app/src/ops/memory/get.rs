//! What is remembered is read.

use domain::Result;
use domain::id::EnvironmentId;
use store::tables::memories;

use super::{Memory, kept_by};
use crate::{Cx, Op};

/// Shows what an agent remembers, or all of them.
#[derive(Clone, Debug)]
pub struct Get {
    /// Whose; nobody's for what all share.
    pub agent: Option<String>,
}

impl Op for Get {
    type Output = Memory;
    operation!("memory.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Memory> {
        let environment = cx.actor.environment()?;
        find(cx, environment, self.agent).await
    }
}

/// As [`Get`], for an agent at work.
#[derive(Clone, Debug)]
pub struct Recall {
    /// Where.
    pub environment: EnvironmentId,
    /// Whose; nobody's for what all share.
    pub agent: Option<String>,
}

impl Op for Recall {
    type Output = Memory;
    operation!("memory.recall", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Memory> {
        find(cx, self.environment, self.agent).await
    }
}

async fn find(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    agent: Option<String>,
) -> Result<Memory> {
    let content = memories::find(cx.tx, environment, kept_by(&agent)?).await?;
    Ok(Memory { agent, content })
}
