//! Calls an endpoint with what waits for it, one delivery after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::App;
use app::ops::webhooks::{Answer, Seal, Taken, Tried, Turn, Visit};
use app::tables::deliveries::Waiting;
use app::tables::webhooks::Kept;
use domain::id::WebhookId;
use domain::policy::Actor;
use domain::target::{Host, Target};
use domain::webhook::SigningSecret;
use domain::{limits, text};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::message;
use crate::outgoing::{Bounds, Failure, Outgoing, Reply};

/// What one delivery may cost (OpenPod 4.2). A longer answer costs the
/// endpoint its connection.
const BOUNDS: Bounds = Bounds {
    timeout: Duration::from_secs(10),
    body_bytes: 16 << 10,
};
/// How long a visit waits for other calls to the same host; then its place is
/// given to endpoints elsewhere, so that one slow host holds up nobody else.
const HOST_PATIENCE: Duration = Duration::from_millis(500);
/// Hosts after which unused ones are forgotten.
const HOSTS: usize = 1_024;

/// Makes the calls.
pub(super) struct Courier {
    app: App,
    outgoing: Outgoing,
    stopping: watch::Receiver<bool>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Courier {
    pub(super) fn new(app: App, stopping: watch::Receiver<bool>) -> Self {
        let outgoing = Outgoing::new(app.settings().allow_loopback);
        Self {
            app,
            outgoing,
            stopping,
            hosts: Mutex::default(),
        }
    }

    /// Calls an endpoint until all is told, something fails, its time is up or
    /// the server stops. `None` where its secret cannot be opened here: nothing
    /// is written down, and when the lease has run out somebody may who has the
    /// key.
    pub(super) async fn visit(self: Arc<Self>, taken: Taken) -> Option<Visit> {
        let Taken {
            webhook,
            lease,
            deliveries,
        } = taken;
        let first = deliveries.first()?;
        let secret = self.secret(webhook, &first.secret).await?;
        let host = self.host(&first.url);
        let mut visit = Visit {
            webhook,
            lease,
            tried: Vec::with_capacity(deliveries.len()),
        };
        let Ok(Ok(_permit)) = timeout(HOST_PATIENCE, host.acquire()).await else {
            return Some(visit);
        };
        let end = self.app.now().plus(Turn::VISIT);
        for waiting in deliveries {
            let tried = self.call(waiting, &secret).await;
            let has_time = self.app.now() < end && !*self.stopping.borrow();
            let goes_on = tried.answer.is_taken() && has_time;
            visit.tried.push(tried);
            if !goes_on {
                break;
            }
        }
        Some(visit)
    }

    /// What signs the deliveries of a webhook. One that is kept in clear, from
    /// before, is sealed.
    async fn secret(&self, webhook: WebhookId, kept: &Kept) -> Option<SigningSecret> {
        let opened = self.app.signing_secret(webhook, kept);
        let opened = opened.inspect_err(|error| {
            tracing::error!(%webhook, %error, "webhooks: a secret cannot be opened, and nothing is sent")
        });
        if matches!(kept, Kept::Clear(_)) {
            let sealed = self.app.call(&Actor::System, Seal::new(webhook)).await;
            if let Err(error) = sealed {
                tracing::warn!(%webhook, %error, "webhooks: a secret could not be sealed; it is tried again");
            }
        }
        opened.ok()
    }

    async fn call(&self, waiting: Waiting, secret: &SigningSecret) -> Tried {
        let at = self.app.now();
        let told = match message::request(&waiting, secret, at) {
            Ok(request) => self.outgoing.send(request, BOUNDS).await,
            Err(cause) => Err(Failure::Refused(cause.to_string())),
        };
        let answer = answer(told);
        if !answer.is_taken() {
            tracing::info!(delivery = %waiting.id, code = answer.code, "a webhook did not take a delivery");
        }
        Tried {
            delivery: waiting.id,
            before: waiting.attempts,
            answer,
            at,
        }
    }

    /// How many more calls a host may have.
    fn host(&self, url: &str) -> Arc<Semaphore> {
        // What cannot be called any more shares one place: it is refused at once.
        let host = match Target::parse("url", url, true).map(|target| target.host) {
            Ok(Host::Name(name)) => name,
            Ok(Host::Address(address)) => address.to_string(),
            Err(_) => String::new(),
        };
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS {
            hosts.retain(|_, calls| Arc::strong_count(calls) > 1);
        }
        let calls = hosts
            .entry(host)
            .or_insert_with(|| Arc::new(Semaphore::new(limits::CALLS_PER_HOST)));
        Arc::clone(calls)
    }
}

fn answer(told: Result<Reply, Failure>) -> Answer {
    match told {
        Ok(reply) => Answer {
            code: Some(reply.status.as_u16()),
            excerpt: excerpt(&String::from_utf8_lossy(&reply.body)),
        },
        Err(failure) => Answer {
            code: None,
            excerpt: excerpt(&failure.to_string()),
        },
    }
}

/// The beginning of a text, without the one character that no text may have.
fn excerpt(said: &str) -> String {
    text::cut(said.replace('\0', " "), limits::EXCERPT_CHARS)
}
