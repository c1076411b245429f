//! A person exchanges the key of a delegated agent: the same scopes, what is
//! left of the budget, the same end.

use domain::event::Happening;
use domain::id::AccountId;
use domain::{Error, Result};
use serde_json::json;
use store::Lock;
use store::tables::keys::{self, Grant};

use super::{Handoff, handoff, owned};
use crate::ops::keys::{mint_granted, withdraw};
use crate::{Cx, Op};

/// Exchanges an agent's key.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// Whose.
    pub agent: AccountId,
    /// Where this server is, for the agent.
    pub base_url: String,
    /// How the new key begins.
    pub key_prefix: &'static str,
}

impl Op for Rotate {
    type Output = Handoff;
    operation!("delegates.rotate", BeHuman, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Handoff> {
        let person = cx.actor.account()?;
        cx.tx.lock(Lock::Account(person)).await?;
        cx.tx.lock(Lock::Account(self.agent)).await?;
        let agent = owned(cx, person, self.agent).await?.id;
        let now = cx.now;
        let granted = keys::granted(cx.tx, agent).await?;
        let granted = granted.filter(|granted| granted.works(now));
        let granted = granted.ok_or_else(over)?;
        withdraw(cx, agent, granted.key).await?;
        let grant = Grant {
            scopes: granted.grant.scopes,
            budget: granted.left(),
        };
        let key = mint_granted(cx, agent, self.key_prefix, (grant, granted.expires_at)).await?;
        let facts = json!({ "human": person.to_string(), "key": key.0.to_string() });
        cx.record_inside(None, Happening::DelegateIssued, agent, facts)
            .await?;
        handoff(cx, agent, (person, self.base_url), key).await
    }
}

fn over() -> Error {
    Error::conflict(
        "delegation_over",
        "this agent's key was taken back or has run out: make a new delegated agent",
    )
}
