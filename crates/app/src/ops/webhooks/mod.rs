//! Webhooks: agents are told what happens, at addresses of their own (OpenPod
//! 2.14, 4).
//!
//! ```text
//!  events ──Gather──► who is told what ──FanOut──► deliveries ──Turn──► runtime/src/webhooks
//!           reads                         writes                 writes   calls the endpoint
//! ```
//!
//! **Invariant:** the place in the log and the deliveries that were made of what
//! lies before it are written in one transaction, so nothing is told twice or
//! forgotten by a crash. What was sent and not yet written down is sent again,
//! under the same id.
//!
//! To tell of another event, add an arm to `notices.rs`.

mod fan_out;
mod forget;
mod gather;
mod history;
mod list;
mod notices;
mod register;
mod remove;
mod replay;
mod secret;
mod turn;

pub use fan_out::FanOut;
pub use forget::Forget;
pub use gather::{Draft, Gather, Gathered, Place};
pub use history::Deliveries;
pub use list::List;
pub use register::{Register, Registered};
pub use remove::Remove;
pub use replay::Replay;
pub use secret::Seal;
pub use turn::{Answer, Taken, Tried, Turn, Visit};

use domain::event::Happening;
use domain::id::WebhookId;
use domain::{Error, Result};
use serde_json::json;
use store::tables::webhooks::Webhook;
use store::tables::{deliveries, webhooks};

use crate::Cx;

/// The refusal when no webhook has this id.
fn unknown() -> Error {
    Error::not_found(
        "webhook_not_found",
        "there is no webhook with this id: GET /webhooks lists yours",
    )
}

/// The refusal when the webhook has no delivery with this id.
fn unknown_delivery() -> Error {
    Error::not_found(
        "delivery_not_found",
        "this webhook has no delivery with this id, or it is older than seven days",
    )
}

/// A webhook of whoever asks.
async fn own(cx: &mut Cx<'_>, id: WebhookId) -> Result<Webhook> {
    let me = cx.actor.account()?;
    let webhook = webhooks::find(cx.tx, id).await?.ok_or_else(unknown)?;
    if webhook.account == me {
        return Ok(webhook);
    }
    Err(Error::forbidden(
        "not_your_webhook",
        "this webhook belongs to another agent",
    ))
}

/// Switches a webhook off, gives up what waits for it and says so in the log.
async fn disable(cx: &mut Cx<'_>, id: WebhookId, why: &'static str) -> Result<()> {
    let Some(webhook) = webhooks::find(cx.tx, id).await? else {
        return Ok(());
    };
    if !webhook.is_active {
        return Ok(());
    }
    webhooks::disable(cx.tx, id, cx.now).await?;
    deliveries::give_up(cx.tx, id, why).await?;
    let facts = json!({
        "account": webhook.account.to_string(),
        "webhook_id": id.to_string(),
        "url": webhook.url,
        "reason": why,
    });
    cx.record(Happening::WebhookDisabled, id, None, facts).await
}
