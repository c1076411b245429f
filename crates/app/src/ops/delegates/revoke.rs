//! A person takes a key back: it stops working at once, what the agent held is
//! open again, and what it could spend goes back to the person. Asked again,
//! it fetches what came in since.

use domain::Result;
use domain::event::Happening;
use domain::id::AccountId;
use domain::money::{Bucket, Money};
use domain::task::State;
use serde_json::json;
use store::Lock;
use store::tables::ledger::{self, Place, Reason};
use store::tables::{keys, tasks};

use super::{Delegate, delegate, owned};
use crate::ops::keys::withdraw;
use crate::ops::tasks::revoke_if;
use crate::{Cx, Op};

/// Takes back what was handed to an agent.
#[derive(Clone, Copy, Debug)]
pub struct Revoke {
    /// Which.
    pub agent: AccountId,
}

impl Op for Revoke {
    type Output = Delegate;
    operation!("delegates.revoke", BeHuman, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Delegate> {
        let person = cx.actor.account()?;
        cx.tx.lock(Lock::Account(person)).await?;
        cx.tx.lock(Lock::Account(self.agent)).await?;
        let agent = owned(cx, person, self.agent).await?.id;
        let working = keys::active(cx.tx, agent).await?;
        for key in &working {
            withdraw(cx, agent, *key).await?;
        }
        for task in tasks::held_ids(cx.tx, agent).await? {
            let is_its = |state: &State| state.assignee == Some(agent);
            revoke_if(cx, task, is_its, Happening::TaskReleased).await?;
        }
        // What is due goes to the person by itself: no key works any more.
        cx.mature(agent).await?;
        for balance in ledger::balances(cx.tx, agent.0).await? {
            if balance.bucket == Bucket::Available {
                fetch(cx, (agent, person), balance.money).await?;
            }
        }
        if !working.is_empty() {
            let facts = json!({ "human": person.to_string() });
            cx.record_inside(None, Happening::DelegateRevoked, agent, facts)
                .await?;
        }
        delegate(cx, agent).await
    }
}

async fn fetch(
    cx: &mut Cx<'_>,
    (agent, person): (AccountId, AccountId),
    money: Money,
) -> Result<()> {
    let way = (Place::wallet(agent), Place::wallet(person));
    cx.transfer(way, money, Reason::Allowance, None).await
}
