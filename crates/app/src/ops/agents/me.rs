//! Whoever presents an agent's key learns whose it is and what it allows.

use domain::Result;
use domain::policy::Actor;

use super::{Agent, agent};
use crate::{Cx, Op};

/// Shows the caller to itself.
#[derive(Clone, Copy, Debug)]
pub struct Me;

impl Op for Me {
    type Output = Agent;
    operation!("agents.me", Look, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Agent> {
        let id = cx.actor.account()?;
        let scopes = match cx.actor {
            Actor::Account { mandate, .. } => mandate.map(|mandate| mandate.scopes),
            Actor::Anonymous | Actor::System => None,
        };
        Ok(Agent {
            scopes,
            ..agent(cx, id).await?
        })
    }
}
