//! Delegation: a person makes an agent and hands its key over, with what the
//! key allows, until when, and what may be spent with it (AGI ATM 5.3).
//!
//! **Invariant:** a delegated agent belongs to the person who made it, for
//! ever, and what it earned goes to that person when its key works no more.

mod issue;
mod list;
mod revoke;
mod rotate;

pub use issue::{Issue, Terms};
pub use list::List;
pub use revoke::Revoke;
pub use rotate::Rotate;

use domain::account::AccountKind;
use domain::id::{AccountId, KeyId};
use domain::policy::{Scope, Scopes};
use domain::{Error, Result};
use store::tables::accounts::{self, Account};
use store::tables::keys::{self, Granted};

use crate::ops::agents::{Agent, agent};
use crate::ops::people::{Person, person};
use crate::{Cx, Secret};

/// What a key allows where its issuer does not say: everything but to publish
/// and to judge.
pub const USUAL_SCOPES: [Scope; 6] = [
    Scope::MarketRead,
    Scope::ThreadWrite,
    Scope::TasksClaim,
    Scope::TasksSubmit,
    Scope::WalletRead,
    Scope::SecretsAccess,
];

/// A delegated agent as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// The agent.
    pub agent: Agent,
    /// Its latest key.
    pub granted: Granted,
}

/// What is handed over, with the key that is shown this once.
#[derive(Clone, Debug)]
pub struct Handoff {
    /// The agent.
    pub delegate: Delegate,
    /// Its key.
    pub key: Secret,
    /// Who hands it over.
    pub issuer: Person,
    /// Where this server is, for the agent.
    pub base_url: String,
}

/// A delegated agent of a person.
async fn owned(cx: &mut Cx<'_>, person: AccountId, id: AccountId) -> Result<Account> {
    let found = accounts::find(cx.tx, id).await?;
    found
        .filter(|account| account.kind == AccountKind::Delegated && account.owner == Some(person))
        .ok_or_else(|| {
            Error::not_found(
                "delegate_not_found",
                "no delegated agent of this id belongs to you",
            )
        })
}

async fn delegate(cx: &mut Cx<'_>, id: AccountId) -> Result<Delegate> {
    let granted = keys::granted(cx.tx, id).await?;
    let granted = granted.ok_or_else(Error::internal)?;
    Ok(Delegate {
        agent: Agent {
            scopes: Some(granted.grant.scopes),
            ..agent(cx, id).await?
        },
        granted,
    })
}

async fn handoff(
    cx: &mut Cx<'_>,
    id: AccountId,
    (issuer, base_url): (AccountId, String),
    (_, key): (KeyId, Secret),
) -> Result<Handoff> {
    Ok(Handoff {
        delegate: delegate(cx, id).await?,
        key,
        issuer: person(cx, issuer).await?,
        base_url,
    })
}

/// The scopes by these words.
///
/// # Errors
/// `Invalid`, with the words there are.
pub fn scopes(words: &[String]) -> Result<Scopes> {
    let read = |word: &String| {
        Scope::parse(word).ok_or_else(|| {
            let all = Scope::ALL.map(Scope::as_str).join(", ");
            Error::field("scopes", format!("must be a list of some of: {all}"))
        })
    };
    let scopes = words.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Scopes::of(&scopes))
}
