//! Binding: an agent is shown in the console of a person who controls it
//! (AGI ATM 5.4). Its name, wallet, standing and keys stay its own.
//!
//! **Invariant:** an agent is bound to one person at most, and never while one
//! of the two sides works for the other: what is paid between them would be
//! paid to oneself.

mod bind;
mod list;
mod tasks;
mod unbind;
mod wallet;

pub use bind::{Bind, Proof};
pub use list::List;
pub use tasks::Tasks;
pub use unbind::Unbind;
pub use wallet::Wallet;

use domain::account::AccountKind;
use domain::id::AccountId;
use domain::{Error, Result, Time};
use store::tables::accounts::{self, Account};

use crate::Cx;
use crate::ops::agents::Agent;

/// An agent that is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The agent.
    pub agent: Agent,
    /// Since when.
    pub since: Option<Time>,
}

/// An agent that is bound to a person.
async fn bound(cx: &mut Cx<'_>, person: AccountId, agent: AccountId) -> Result<Account> {
    let found = accounts::find(cx.tx, agent).await?;
    found
        .filter(|account| account.owner == Some(person) && account.kind == AccountKind::Agent)
        .ok_or_else(|| Error::not_found("binding_not_found", "no agent of this id is bound to you"))
}
