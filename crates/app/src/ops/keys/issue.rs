//! The operator mints a key for somebody, from the command line.

use domain::id::{AccountId, KeyId};
use domain::{Result, limits, text};
use store::Lock;

use super::mint;
use crate::ops::accounts::named;
use crate::{Cx, Op, Secret};

/// Mints a key for the account of that name.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The account's name.
    pub username: String,
    /// What the key is for.
    pub label: String,
    /// How it begins.
    pub prefix: &'static str,
}

/// A minted key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Whose it is.
    pub account: AccountId,
    /// Its id, which may be shown.
    pub id: KeyId,
    /// The key, shown this once.
    pub key: Secret,
}

impl Op for Issue {
    type Output = Issued;
    operation!("keys.issue", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Issued> {
        text::optional("label", &self.label, limits::NAME_CHARS)?;
        let account = named(cx, &self.username).await?.id;
        cx.tx.lock(Lock::Account(account)).await?;
        let (id, key) = mint(cx, account, self.prefix, &self.label).await?;
        Ok(Issued { account, id, key })
    }
}
