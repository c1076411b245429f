//! An agent names an address where it wants to be told (OpenPod 2.14).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::event::Happening;
use domain::policy::Actor;
use domain::target::Target;
use domain::webhook::{SigningSecret, Wanted};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::webhooks::{self, Kept, Webhook};

use super::secret::Keeper;
use crate::{App, Cx, Op};

/// How generated secrets begin, in the words of the Standard Webhooks.
const SECRET_PREFIX: &str = "whsec_";
/// Random bytes in a generated secret; a multiple of three, so that its text
/// needs no padding.
const SECRET_BYTES: usize = 24;

/// Registers a webhook.
#[derive(Clone, Debug)]
pub struct Register {
    /// Where.
    pub url: String,
    /// The names of what is told there.
    pub events: Vec<String>,
    /// What signs; made up where none is given.
    pub secret: Option<SigningSecret>,
    /// What seals it, put in before the transaction.
    keeper: Option<Keeper>,
}

impl Register {
    /// For an address and the names of what is told there. Where no secret is
    /// given one is made up.
    pub fn new(url: String, events: Vec<String>, secret: Option<SigningSecret>) -> Self {
        Self {
            url,
            events,
            secret,
            keeper: None,
        }
    }
}

/// A webhook with its secret, which is told this once.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The webhook.
    pub webhook: Webhook,
    /// What signs its deliveries.
    pub secret: SigningSecret,
}

impl Op for Register {
    type Output = Registered;
    operation!("webhooks.register", Participate, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        self.keeper = Some(Keeper::of(app)?);
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Registered> {
        let account = cx.actor.account()?;
        Target::parse("url", &self.url, cx.settings.allow_loopback)?;
        let wanted = Wanted::parse(&self.events)?;
        let secret = secret(cx, self.secret)?;
        // Whoever counts an account's webhooks locks the account.
        cx.tx.lock(Lock::Account(account)).await?;
        if webhooks::count(cx.tx, account).await? >= limits::WEBHOOKS {
            return Err(Error::invalid(
                "too_many_webhooks",
                "an agent has at most 20 webhooks: remove one first",
            ));
        }
        let id = cx.id();
        let keeper = self.keeper.ok_or_else(Error::internal)?;
        let webhook = Webhook {
            id,
            account,
            url: self.url,
            wanted,
            secret: Kept::Sealed(keeper.seal(cx, id, &secret)?),
            is_active: true,
            failures: 0,
            pending: 0,
            disabled_at: None,
            created_at: cx.now,
        };
        webhooks::insert(cx.tx, &webhook).await?;
        let facts = json!({ "account": account.to_string(), "events": webhook.wanted.words() });
        cx.record(Happening::WebhookRegistered, webhook.id, None, facts)
            .await?;
        Ok(Registered { webhook, secret })
    }
}

fn secret(cx: &Cx<'_>, given: Option<SigningSecret>) -> Result<SigningSecret> {
    let Some(given) = given else {
        let random: [u8; SECRET_BYTES] = cx.random();
        let made = format!("{SECRET_PREFIX}{}", STANDARD.encode(random));
        return Ok(SigningSecret(made));
    };
    text::required("secret", &given.0, limits::SECRET_CHARS)?;
    Ok(given)
}
