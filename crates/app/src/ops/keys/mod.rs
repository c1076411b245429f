//! Keys: minting, rotating, revoking, and the operator's own.

mod issue;
mod operator;
mod revoke;
mod rotate;

pub use issue::{Issue, Issued};
pub use operator::EnsureOperator;
pub use revoke::Revoke;
pub use rotate::Rotate;

use domain::event::Happening;
use domain::id::{AccountId, KeyId};
use domain::{Result, Time, limits};
use serde_json::json;
use store::tables::keys::{self, Grant, Key};

use crate::{Cx, Secret};

/// Marks the key that the operator set in the configuration.
pub(crate) const CONFIGURED: &str = "configured";

/// Mints a key for an account and tells the log.
pub(crate) async fn mint(
    cx: &mut Cx<'_>,
    account: AccountId,
    prefix: &str,
    label: &str,
) -> Result<(KeyId, Secret)> {
    let id = cx.id();
    let secret = cx.secret(prefix, id);
    let key = new_key(cx, id, account, secret.hash(), label);
    put(cx, &key).await?;
    Ok((id, secret))
}

/// Mints a key that a person hands to an agent: it allows what `grant` says,
/// until `expires_at`.
pub(crate) async fn mint_granted(
    cx: &mut Cx<'_>,
    account: AccountId,
    prefix: &str,
    (grant, expires_at): (Grant, Option<Time>),
) -> Result<(KeyId, Secret)> {
    let id = cx.id();
    let secret = cx.secret(prefix, id);
    let key = Key {
        grant: Some(grant),
        expires_at,
        ..new_key(cx, id, account, secret.hash(), "delegation")
    };
    put(cx, &key).await?;
    Ok((id, secret))
}

/// Mints a token for a person who logged in.
pub(crate) async fn mint_token(cx: &mut Cx<'_>, account: AccountId) -> Result<(Secret, Time)> {
    let id = cx.id();
    let expires_at = cx.now.plus(limits::TOKEN_LIFE);
    let token = Secret::token(account, id, (cx.now, expires_at), cx.random());
    let key = Key {
        expires_at: Some(expires_at),
        ..new_key(cx, id, account, token.hash(), "login")
    };
    put(cx, &key).await?;
    Ok((token, expires_at))
}

fn new_key(cx: &Cx<'_>, id: KeyId, account: AccountId, hash: [u8; 32], label: &str) -> Key {
    Key {
        id,
        account,
        hash,
        made_up: false,
        label: label.to_owned(),
        created_at: cx.now,
        expires_at: None,
        grant: None,
    }
}

/// Stores a key and tells the log.
async fn put(cx: &mut Cx<'_>, key: &Key) -> Result<()> {
    keys::insert(cx.tx, key).await?;
    let facts = json!({ "key": key.id.to_string(), "label": key.label });
    cx.record(Happening::KeyIssued, key.account, None, facts)
        .await
}

/// Revokes a key of an account and tells the log.
pub(crate) async fn withdraw(cx: &mut Cx<'_>, account: AccountId, key: KeyId) -> Result<()> {
    keys::revoke(cx.tx, key, cx.now).await?;
    cx.record(
        Happening::KeyRevoked,
        account,
        None,
        json!({ "key": key.to_string() }),
    )
    .await?;
    cx.touch_account(account);
    Ok(())
}
