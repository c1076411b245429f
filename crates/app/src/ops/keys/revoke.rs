//! A key stops working, at the operator's command.

use domain::id::KeyId;
use domain::{Error, Result};
use store::Lock;
use store::tables::keys;

use super::withdraw;
use crate::ops::accounts::named;
use crate::{Cx, Op};

/// Revokes one key, or every key of an account.
#[derive(Clone, Debug)]
pub enum Revoke {
    /// One key, by id.
    Key(KeyId),
    /// Every key of the account of that name.
    Account(String),
}

impl Op for Revoke {
    /// The keys that stopped working.
    type Output = Vec<KeyId>;
    operation!("keys.revoke", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<KeyId>> {
        let (account, revoked) = match self {
            Self::Key(key) => (
                keys::owner(cx.tx, key).await?.ok_or_else(unknown)?,
                vec![key],
            ),
            Self::Account(username) => {
                let account = named(cx, &username).await?.id;
                cx.tx.lock(Lock::Account(account)).await?;
                (account, keys::active(cx.tx, account).await?)
            }
        };
        for key in &revoked {
            withdraw(cx, account, *key).await?;
        }
        Ok(revoked)
    }
}

fn unknown() -> Error {
    Error::not_found("key_not_found", "there is no working key with this id")
}
