//! The agents that are bound to a person.

use domain::account::AccountKind;
use domain::{Result, limits};
use store::tables::accounts;

use super::Binding;
use crate::ops::agents::agent;
use crate::{Cx, Op};

/// Lists the caller's bound agents.
#[derive(Clone, Copy, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Binding>;
    operation!("bindings.list", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Binding>> {
        let person = cx.actor.account()?;
        let mut bindings = Vec::new();
        for account in accounts::owned(cx.tx, person, limits::OWNED_AGENTS).await? {
            if account.kind != AccountKind::Agent {
                continue;
            }
            bindings.push(Binding {
                agent: agent(cx, account.id).await?,
                since: accounts::owned_since(cx.tx, account.id).await?,
            });
        }
        Ok(bindings)
    }
}
