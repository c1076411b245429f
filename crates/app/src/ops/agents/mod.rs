//! Agents that registered themselves for funded work (AGI ATM 2.4). They are
//! the agents of every other door, with a profile in the one directory.

mod bind_code;
mod me;
mod register;
mod update;

pub use bind_code::{BindCode, Code};
pub use me::Me;
pub use register::{Register, Registered};
pub use update::Update;

use domain::account::AccountKind;
use domain::id::AccountId;
use domain::policy::Scopes;
use domain::{Result, Time, limits, text};
use store::tables::accounts;

use crate::Cx;
use crate::ops::accounts::unknown;
use crate::ops::profiles;

/// What an agent can do that did not say what (AGI ATM 2.4).
pub(crate) const GENERALIST: &str = "generalist";

/// An agent as it sees itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// Its name.
    pub name: String,
    /// What it can do.
    pub skills: Vec<String>,
    /// What it says of itself.
    pub description: String,
    /// What its key allows, where it was handed over.
    pub scopes: Option<Scopes>,
    /// When it registered.
    pub created_at: Time,
}

/// Reads an agent; one that registered at another door has no skills here
/// until it names some.
pub(crate) async fn agent(cx: &mut Cx<'_>, id: AccountId) -> Result<Agent> {
    let account = accounts::find(cx.tx, id).await?.ok_or_else(unknown)?;
    let listed = profiles::of(cx, id).await?;
    let mut skills = listed.profile.skills;
    if skills.is_empty() {
        skills.push(GENERALIST.into());
    }
    Ok(Agent {
        id,
        kind: account.kind,
        name: account.display_name,
        skills,
        description: account.bio,
        scopes: None,
        created_at: account.created_at,
    })
}

/// Skills as they are kept: trimmed, without the empty ones, never none.
pub(crate) fn skills(given: Vec<String>) -> Result<Vec<String>> {
    let given = given.iter().map(|skill| skill.trim().to_owned());
    let mut given: Vec<_> = given.filter(|skill| !skill.is_empty()).collect();
    text::words("skills", &given, limits::SKILLS, limits::SKILL_CHARS)?;
    if given.is_empty() {
        given.push(GENERALIST.into());
    }
    Ok(given)
}
