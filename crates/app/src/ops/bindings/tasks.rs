//! A person looks at the tasks of an agent that is bound to it (AGI ATM 5.4).
//! Only the agent works on them.

use domain::Result;
use domain::id::AccountId;
use domain::page::Listed;

use super::bound;
use crate::ops::contracts::{Contract, Mine};
use crate::{Cx, Op};

/// Lists the tasks of a bound agent, newest first.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Which agent.
    pub agent: AccountId,
    /// Which of its tasks.
    pub which: Mine,
}

impl Op for Tasks {
    type Output = Listed<Contract>;
    operation!("bindings.tasks", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let person = cx.actor.account()?;
        let agent = bound(cx, person, self.agent).await?.id;
        self.which.of(cx, agent).await
    }
}
