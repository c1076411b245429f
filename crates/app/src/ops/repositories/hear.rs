//! GitHub tells what happened in a repository (OpenPod 4.4). A signature over
//! the body proves that it does; it is checked here, before any transaction.

use bytes::Bytes;
use domain::hex;
use domain::policy::Actor;
use domain::repository::{PullRequest, Slug};
use domain::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::checked::Checked;
use super::merged::Merged;
use super::once::Fingerprint;
use super::reviewed::Reviewed;
use super::uninstalled::Uninstalled;
use crate::{App, Errand, Op};

/// Takes a delivery.
#[derive(Clone, Debug)]
pub struct Hear {
    /// What it says.
    pub heard: Heard,
    /// What proves that GitHub says it.
    pub signed: Signed,
}

/// A signature and what it is over.
#[derive(Clone, Debug)]
pub struct Signed {
    /// `sha256=` and 64 hexadecimal digits, when there was one.
    pub signature: Option<String>,
    /// The body as it came.
    pub body: Bytes,
}

/// What a delivery says, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The App was removed from an account.
    Uninstalled {
        /// The installation.
        installation: i64,
    },
    /// A pull request was merged.
    Merged {
        /// Which.
        pull: PullRequest,
    },
    /// A check came to its end.
    Checked {
        /// In which repository.
        repository: Slug,
        /// What the check is called.
        name: String,
        /// What it came to.
        conclusion: String,
        /// How far it is.
        status: String,
        /// The pull requests it was for.
        pulls: Vec<PullRequest>,
    },
    /// A pull request was reviewed.
    Reviewed {
        /// Which.
        pull: PullRequest,
        /// What the reviewer decided.
        state: String,
        /// The reviewer's name at GitHub.
        reviewer: String,
        /// What the reviewer wrote.
        body: String,
    },
    /// Something that nobody here waits for.
    Nothing,
}

impl Errand for Hear {
    type Output = ();
    operation!("repositories.hear", Notify, Writes);

    async fn run(self, app: &App, _: &Actor) -> Result<()> {
        let delivery = self.signed.check(app)?;
        match self.heard {
            Heard::Nothing => Ok(()),
            Heard::Uninstalled { installation } => {
                let round = Uninstalled { installation };
                while app.call(&Actor::System, round).await? > 0 {}
                Ok(())
            }
            Heard::Merged { pull } => told(app, Merged { pull, delivery }).await,
            Heard::Checked {
                repository,
                name,
                conclusion,
                status,
                pulls,
            } => {
                let checked = Checked {
                    repository,
                    name,
                    conclusion,
                    status,
                    pulls,
                    delivery,
                };
                told(app, checked).await
            }
            Heard::Reviewed {
                pull,
                state,
                reviewer,
                body,
            } => {
                let reviewed = Reviewed {
                    pull,
                    state,
                    reviewer,
                    body,
                    delivery,
                };
                told(app, reviewed).await
            }
        }
    }
}

/// Runs it, unless the same delivery is being taken at this moment.
async fn told(app: &App, op: impl Op<Output = ()>) -> Result<()> {
    match app.call(&Actor::System, op).await {
        Err(error) if error.code == "idempotency_key_in_flight" => Ok(()),
        outcome => outcome,
    }
}

impl Signed {
    /// Believes the delivery or not; gives its fingerprint.
    fn check(&self, app: &App) -> Result<Fingerprint> {
        let signature = self.signature.as_deref().ok_or_else(unsigned)?;
        let identity = app.github_identity()?;
        let secret = identity.webhook_secret.as_deref().ok_or_else(no_secret)?;
        let given = signature.strip_prefix("sha256=").and_then(hex::decode);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| Error::internal())?;
        mac.update(&self.body);
        // Compared in constant time.
        mac.verify_slice(&given.unwrap_or_default())
            .map_err(|_| forged())?;
        let mut hash = Sha256::new();
        hash.update(b"github delivery");
        hash.update(&self.body);
        Ok(hash.finalize().into())
    }
}

fn unsigned() -> Error {
    Error::unauthenticated(
        "missing_signature",
        "deliveries carry X-Hub-Signature-256: set a webhook secret in the GitHub App's settings",
    )
}

fn forged() -> Error {
    Error::unauthenticated(
        "invalid_signature",
        "X-Hub-Signature-256 does not fit the body: the App's webhook secret and github.webhook_secret must be the same",
    )
}

fn no_secret() -> Error {
    Error::unavailable(
        "github_not_configured",
        "this server has no webhook secret for its GitHub App: its operator sets github.webhook_secret, \
         as docs/operating.md describes",
        3_600,
    )
}
