//! How the secrets that sign deliveries are kept: AES-256-GCM under a key of
//! their own, derived from that of the vault.
//!
//! **Invariant:** a secret opens for its webhook alone. Rows from before have
//! theirs in clear: it signs as well, and [`Seal`] seals it when the endpoint
//! is called next.

use domain::id::{Id, WebhookId};
use domain::policy::Actor;
use domain::webhook::SigningSecret;
use domain::{Error, Result};
use store::Lock;
use store::tables::webhooks::{self, Kept};

use crate::ops::vault::Key;
use crate::{App, Cx, Op};

/// For what the key of the vault gives another one.
const PURPOSE: &str = "guildhall: the secrets of webhooks";
/// Seconds until the operator may have put the key back.
const FOUND_WITHIN_S: u64 = 3_600;

/// The key of these secrets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeper(Key);

impl Keeper {
    /// By the key of the vault.
    ///
    /// # Errors
    /// `Unavailable` where there is none, or it cannot be read.
    pub(super) fn of(app: &App) -> Result<Self> {
        Ok(Self(app.vault_key()?.derived(PURPOSE)))
    }

    /// A secret as it is kept for a webhook.
    pub(super) fn seal(
        &self,
        cx: &Cx<'_>,
        webhook: WebhookId,
        secret: &SigningSecret,
    ) -> Result<Vec<u8>> {
        let place = webhook.uuid();
        let clear = secret.0.as_bytes();
        self.0.seal_bytes(place.as_bytes(), clear, cx.random())
    }

    fn open(&self, webhook: WebhookId, sealed: &[u8]) -> Result<SigningSecret> {
        let opened = self.0.open_bytes(webhook.uuid().as_bytes(), sealed);
        let text = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(SigningSecret).ok_or_else(wrong_key)
    }
}

impl App {
    /// What signs the deliveries of a webhook.
    ///
    /// # Errors
    /// `Unavailable` where the key of the vault is missing, or is not the one
    /// with which the secret was sealed.
    pub fn signing_secret(&self, webhook: WebhookId, kept: &Kept) -> Result<SigningSecret> {
        match kept {
            Kept::Sealed(sealed) => Keeper::of(self)?.open(webhook, sealed),
            Kept::Clear(secret) => Ok(secret.clone()),
        }
    }
}

fn wrong_key() -> Error {
    Error::unavailable(
        "wrong_vault_key",
        "the secret of this webhook was sealed with another key than the one in vault.key_file: \
         the operator puts that key back, or the webhook is registered again",
        FOUND_WITHIN_S,
    )
}

/// Seals a secret that is kept in clear, from before.
#[derive(Clone, Debug)]
pub struct Seal {
    /// Whose it is.
    pub webhook: WebhookId,
    /// The key, put in before the transaction.
    keeper: Option<Keeper>,
}

impl Seal {
    /// For this webhook.
    pub fn new(webhook: WebhookId) -> Self {
        Self {
            webhook,
            keeper: None,
        }
    }
}

impl Op for Seal {
    type Output = ();
    operation!("webhooks.seal", Maintain, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        self.keeper = Some(Keeper::of(app)?);
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        cx.tx.lock(Lock::Webhook(self.webhook)).await?;
        let Some(webhook) = webhooks::find(cx.tx, self.webhook).await? else {
            return Ok(());
        };
        let Kept::Clear(secret) = webhook.secret else {
            return Ok(());
        };
        let keeper = self.keeper.ok_or_else(Error::internal)?;
        let sealed = keeper.seal(cx, webhook.id, &secret)?;
        webhooks::seal(cx.tx, webhook.id, sealed).await
    }
}
