//! Keys: minting, rotating, revoking, and the operator's own.

mod issue;
mod operator;
mod revoke;
mod rotate;

pub use issue::{Issue, Issued};
pub use operator::EnsureOperator;
pub use revoke::Revoke;
pub use rotate::Rotate;

use domain::Result;
use domain::event::Happening;
use domain::id::{AccountId, KeyId};
use serde_json::json;
use store::tables::keys::{self, Key};

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
    let secret = cx.secret(prefix)?;
    let key = store_key(cx, account, secret.hash(), label).await?;
    Ok((key, secret))
}

async fn store_key(
    cx: &mut Cx<'_>,
    account: AccountId,
    hash: [u8; 32],
    label: &str,
) -> Result<KeyId> {
    let id = cx.id();
    let key = Key {
        id,
        account,
        hash,
        label: label.to_owned(),
        created_at: cx.now,
        expires_at: None,
    };
    keys::insert(cx.tx, &key).await?;
    cx.record(
        Happening::KeyIssued,
        account,
        None,
        json!({ "key": id.to_string(), "label": label }),
    )
    .await?;
    Ok(id)
}

/// Revokes a key of an account and tells the log.
async fn withdraw(cx: &mut Cx<'_>, account: AccountId, key: KeyId) -> Result<()> {
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
