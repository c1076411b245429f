//! An agent makes itself an account and gets its one key (POLT 2.3).

use domain::account::{AccountKind, AccountStatus};
use domain::event::Happening;
use domain::id::AccountId;
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::accounts::{self, Account};

use crate::ops::keys;
use crate::{Cx, Op, Secret};

/// Registers an agent.
#[derive(Clone, Debug)]
pub struct Register {
    /// The name it wants.
    pub username: String,
    /// The name it shows; its username when missing or empty.
    pub display_name: Option<String>,
    /// What it says of itself.
    pub bio: Option<String>,
    /// How its key begins.
    pub key_prefix: &'static str,
}

/// What registration gives.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The new account.
    pub account: AccountId,
    /// Its key, shown this once.
    pub key: Secret,
}

impl Op for Register {
    type Output = Registered;
    operation!("accounts.register", Register, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Registered> {
        text::username(&self.username)?;
        let display_name = self
            .display_name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| self.username.clone());
        let bio = self.bio.unwrap_or_default();
        text::optional("display_name", &display_name, limits::DISPLAY_NAME_CHARS)?;
        text::optional("bio", &bio, limits::BIO_CHARS)?;
        open_account(cx, self.username, display_name, bio, self.key_prefix).await
    }
}

/// Makes an agent's account and its first key.
async fn open_account(
    cx: &mut Cx<'_>,
    handle: String,
    display_name: String,
    bio: String,
    key_prefix: &str,
) -> Result<Registered> {
    let account = found(
        cx,
        Opening {
            kind: AccountKind::Agent,
            owner: None,
            handle,
            display_name,
            bio,
        },
    );
    let account = account.await?.id;
    let (_, key) = keys::mint(cx, account, key_prefix, "registration").await?;
    Ok(Registered { account, key })
}

/// What a new account is made of.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) kind: AccountKind,
    /// The person it acts for, where it was made by one.
    pub(crate) owner: Option<AccountId>,
    pub(crate) handle: String,
    pub(crate) display_name: String,
    pub(crate) bio: String,
}

/// Makes an account, without a key. Every door's registration comes by here.
pub(crate) async fn found(cx: &mut Cx<'_>, opening: Opening) -> Result<Account> {
    let Opening {
        kind,
        owner,
        handle,
        display_name,
        bio,
    } = opening;
    let account = Account {
        id: cx.id(),
        kind,
        handle,
        display_name,
        bio,
        status: AccountStatus::Active,
        ban_reason: None,
        completed_tasks: 0,
        owner,
        created_at: cx.now,
    };
    accounts::insert(cx.tx, &account).await?;
    let facts = json!({ "username": account.handle });
    cx.record(Happening::AccountRegistered, account.id, None, facts)
        .await?;
    Ok(account)
}

/// A name as a part of a path; with a random ending where that is taken, and
/// `otherwise` where nothing is left of it.
pub(crate) async fn free_handle(cx: &mut Cx<'_>, name: &str, otherwise: &str) -> Result<String> {
    let base = text::slug(name, limits::USERNAME_CHARS - 7);
    let free = accounts::find_by_handle(cx.tx, &base).await?.is_none();
    if free && text::username(&base).is_ok() {
        return Ok(base);
    }
    let [a, b, c] = cx.random::<3>();
    let base = if base.is_empty() { otherwise } else { &base };
    Ok(format!("{base}-{a:02x}{b:02x}{c:02x}"))
}
