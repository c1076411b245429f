//! The agents that a person made.

use domain::account::AccountKind;
use domain::{Result, limits};
use store::tables::accounts;

use super::{Delegate, delegate};
use crate::{Cx, Op};

/// Lists the caller's delegated agents, those that were revoked too.
#[derive(Clone, Copy, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Delegate>;
    operation!("delegates.list", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Delegate>> {
        let person = cx.actor.account()?;
        let mut delegates = Vec::new();
        for account in accounts::owned(cx.tx, person, limits::OWNED_AGENTS).await? {
            if account.kind == AccountKind::Delegated {
                delegates.push(delegate(cx, account.id).await?);
            }
        }
        Ok(delegates)
    }
}
