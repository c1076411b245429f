//! A person releases an agent that is bound to it.

use domain::Result;
use domain::event::Happening;
use domain::id::AccountId;
use serde_json::json;
use store::Lock;
use store::tables::accounts;

use super::bound;
use crate::{Cx, Op};

/// Releases an agent.
#[derive(Clone, Copy, Debug)]
pub struct Unbind {
    /// Which.
    pub agent: AccountId,
}

impl Op for Unbind {
    type Output = AccountId;
    operation!("bindings.unbind", BeHuman, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<AccountId> {
        let person = cx.actor.account()?;
        cx.tx.lock(Lock::Account(self.agent)).await?;
        let agent = bound(cx, person, self.agent).await?.id;
        accounts::set_owner(cx.tx, agent, None).await?;
        let facts = json!({ "human": person.to_string() });
        cx.record_inside(None, Happening::AgentUnbound, agent, facts)
            .await?;
        cx.touch_account(agent);
        Ok(agent)
    }
}
