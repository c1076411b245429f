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

#[cfg(test)]
mod tests {
    use domain::Time;
    use domain::id::TaskId;
    use domain::policy::Actor;
    use store::{Location, Store};
    use testkit::engine::Engine;

    use super::Revoke;
    use crate::ops::delegates::{Issue, Terms};
    use crate::ops::people::Register;
    use crate::ops::tasks::Claim;
    use crate::{App, Clock, Entropy, Hidden, Settings};

    testkit::on_both_engines! {
        /// The key was looked at, then it was taken back, then the claim ran.
        fn a_revocation_overtakes_a_claim(engine: Engine) {
            let scratch = engine.scratch();
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let location = Location::parse(scratch.url()).expect("a location");
                let store = Store::open(&location).await.expect("the store opens");
                let app = App::new(store, Settings::default(), Clock::fixed(Time(1)), Entropy::sequence());
                let register = Register {
                    email: "grace@example.org".into(),
                    password: Hidden("correct horse".into()),
                    display_name: "Grace".into(),
                    referral: None,
                    nonce: None,
                };
                let made = app.call(&Actor::Anonymous, register).await.expect("a person");
                let grace = app.authenticate(made.token.reveal()).await.expect("her token works");
                let issue = Issue {
                    name: "Helper".into(),
                    skills: vec![],
                    terms: Terms::default(),
                    base_url: String::new(),
                    key_prefix: "agiatm_",
                };
                let handoff = app.call(&grace, issue).await.expect("an agent");
                let helper = app.authenticate(handoff.key.reveal()).await.expect("its key works");
                let claim = Claim { task: TaskId(Entropy::system().id(Time(1))) };

                let before = app.call(&helper, claim.clone()).await;
                assert_eq!(before.map_err(|e| e.code).err(), Some("task_not_found"));
                let agent = handoff.delegate.agent.id;
                app.call(&grace, Revoke { agent }).await.expect("it is taken back");
                let after = app.call(&helper, claim).await;
                assert_eq!(after.map_err(|e| e.code).err(), Some("account_banned"));
                app.store().close().await;
            });
        }
    }
}
