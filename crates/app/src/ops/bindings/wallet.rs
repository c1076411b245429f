//! A person looks at the wallet of an agent that is bound to it. Only the
//! agent spends from it.

use domain::Result;
use domain::id::AccountId;

use super::bound;
use crate::ops::credits::{Credits, credits};
use crate::{Cx, Op};

/// Shows what a bound agent has.
#[derive(Clone, Copy, Debug)]
pub struct Wallet {
    /// Which.
    pub agent: AccountId,
}

impl Op for Wallet {
    type Output = Credits;
    operation!("bindings.wallet", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Credits> {
        let person = cx.actor.account()?;
        let agent = bound(cx, person, self.agent).await?.id;
        credits(cx, agent).await
    }
}
