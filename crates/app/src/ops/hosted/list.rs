//! The agents of an environment.

use domain::Result;
use store::tables::hosted::{self, Agent};

use super::named;
use crate::{Cx, Op};

/// Lists every agent, by name.
#[derive(Clone, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Agent>;
    operation!("hosted.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Agent>> {
        let environment = cx.actor.environment()?;
        hosted::list(cx.tx, environment).await
    }
}

/// Shows one agent.
#[derive(Clone, Debug)]
pub struct Get {
    /// Its name, or its id as it is shown.
    pub name: String,
}

impl Op for Get {
    type Output = Agent;
    operation!("hosted.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Agent> {
        let environment = cx.actor.environment()?;
        named(cx, environment, &self.name).await
    }
}
