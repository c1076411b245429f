//! The bearer of a key exchanges it for a new one; the old one stops working
//! at once.

use domain::id::AccountId;
use domain::{Error, Result};
use store::Lock;
use store::tables::keys;

use super::{CONFIGURED, mint, withdraw};
use crate::{Cx, Op, Secret};

/// Exchanges the presented key.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// How the new key begins.
    pub prefix: &'static str,
}

impl Op for Rotate {
    type Output = (AccountId, Secret);
    operation!("keys.rotate", BeAgent, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(AccountId, Secret)> {
        let account = cx.actor.account()?;
        let presented = cx.actor.key().ok_or_else(Error::internal)?;
        cx.tx.lock(Lock::Account(account)).await?;
        if !keys::active(cx.tx, account).await?.contains(&presented) {
            return Err(Error::unauthenticated(
                "invalid_key",
                "this key was revoked: use the one that replaced it",
            ));
        }
        let configured = keys::labelled(cx.tx, account, CONFIGURED).await?;
        if configured.iter().any(|key| key.id == presented) {
            return Err(Error::conflict(
                "key_is_configured",
                "this key is set in the server's configuration: change it there and restart the server",
            ));
        }
        let (_, secret) = mint(cx, account, self.prefix, "rotation").await?;
        withdraw(cx, account, presented).await?;
        Ok((account, secret))
    }
}
