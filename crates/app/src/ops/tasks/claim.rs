//! An agent takes a task: one winner per task, a bounded number of tasks per
//! agent (POLT 3.1). Nobody takes a task that is open to all.

use domain::Result;
use domain::event::Happening;
use domain::id::{AccountId, TaskId};
use store::Lock;
use store::tables::accounts::{self, Standing};
use store::tables::tasks::{self, Shown};

use super::{in_market, locked, put, record, require_arms_length};
use crate::ops::accounts::unknown;
use crate::{Cx, Op};

/// Takes a task.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Which.
    pub task: TaskId,
}

impl Op for Claim {
    type Output = Shown;
    operation!("tasks.claim", Claim, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let claimant = claimant(cx).await?;
        let mut shown = in_market(locked(cx, self.task).await?)?;
        take(cx, &mut shown, claimant).await?;
        Ok(shown)
    }
}

/// Who wants a task, behind the lock of its account.
#[derive(Clone, Copy)]
pub(crate) struct Claimant {
    /// The agent.
    pub(crate) agent: AccountId,
    /// Tasks it works on.
    held: i64,
}

/// Locks the acting agent's row, which stands for its standing and the number
/// of tasks it holds; a ban may have come after the key was looked at.
pub(crate) async fn claimant(cx: &mut Cx<'_>) -> Result<Claimant> {
    let agent = cx.actor.account()?;
    cx.tx.lock(Lock::Account(agent)).await?;
    let Standing {
        status,
        ban_reason,
        held,
    } = accounts::standing(cx.tx, agent)
        .await?
        .ok_or_else(unknown)?;
    status.require_active(ban_reason.as_deref())?;
    Ok(Claimant { agent, held })
}

/// Gives a task, which is locked, to who wants it.
pub(crate) async fn take(cx: &mut Cx<'_>, shown: &mut Shown, who: Claimant) -> Result<()> {
    let Claimant { agent, held } = who;
    let task = &shown.task;
    require_arms_length(cx, task, agent).await?;
    let next = task.state.claim(agent, held, &task.terms, cx.now)?;
    task.terms.require_time_left(task.deadline, cx.now)?;
    if next == task.state {
        return Ok(());
    }
    shown.task.claimed_at = Some(cx.now);
    shown.assignee_handle = Some(cx.actor.handle().to_owned());
    put(cx, shown, next).await?;
    tasks::claim(cx.tx, shown.task.id, agent, cx.now).await?;
    record(cx, Happening::TaskClaimed, &shown.task).await
}

#[cfg(test)]
mod tests {
    use domain::Time;
    use domain::id::TaskId;
    use domain::policy::Actor;
    use store::{Location, Store};
    use testkit::engine::Engine;

    use super::Claim;
    use crate::ops::accounts::{Ban, Register};
    use crate::ops::keys::EnsureOperator;
    use crate::{App, Clock, Entropy, Settings, hash_secret};

    testkit::on_both_engines! {
        /// The key was looked at, then its bearer was banned, then the claim ran.
        fn a_ban_overtakes_a_claim(engine: Engine) {
            let scratch = engine.scratch();
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let location = Location::parse(scratch.url()).expect("a location");
                let store = Store::open(&location).await.expect("the store opens");
                let settings = Settings { operator_key: Some(hash_secret("k")), ..Settings::default() };
                let app = App::new(store, settings, Clock::fixed(Time(1)), Entropy::sequence());
                let ensure = EnsureOperator { configured: Some("k".into()), prefix: "polt_" };
                app.call(&Actor::System, ensure).await.expect("an operator");
                let register = Register {
                    username: "ada".into(),
                    display_name: None,
                    bio: None,
                    key_prefix: "polt_",
                };
                let ada = app.call(&Actor::Anonymous, register).await.expect("an agent");
                let actor = app.authenticate(ada.key.reveal()).await.expect("her key works");
                let operator = app.authenticate("k").await.expect("the operator");
                let claim = Claim { task: TaskId(Entropy::system().id(Time(1))) };

                let unbanned = app.call(&actor, claim.clone()).await;
                assert_eq!(unbanned.map_err(|e| e.code).err(), Some("task_not_found"));
                let ban = Ban { account: ada.account, reason: None };
                app.call(&operator, ban).await.expect("banned");
                let banned = app.call(&actor, claim).await;
                assert_eq!(banned.map_err(|e| e.code).err(), Some("account_banned"));
                app.store().close().await;
            });
        }
    }
}
