//! The queue's heart: writes down how calls of endpoints ended and hands out
//! the next ones, in one transaction.
//!
//! **Invariant:** an endpoint is called by one node at a time, in order; a
//! delivery that failed is the first one again at the endpoint's next turn. A
//! node that takes longer than its lease loses the turn, and what it then
//! reports is passed over.

use std::sync::Arc;

use domain::id::{DeliveryId, WebhookId};
use domain::time::Span;
use domain::webhook::retry_after;
use domain::{Result, Time, limits};
use store::Lock;
use store::tables::deliveries::{self, Attempt, Status, Waiting};
use store::tables::webhooks;
use uuid::Uuid;

use super::disable;
use crate::{Cx, Op};

/// For how long a node has an endpoint to itself: longer than
/// [`Turn::VISIT`] and the call that may begin at its end.
const LEASE: Span = Span::seconds(30);
/// When an endpoint is looked at again that was handed back uncalled.
const HANDED_BACK: Span = Span(500_000);
const FAILED_TOO_OFTEN: &str = "switched off: its endpoint failed seven times in a row";

/// Ends visits and begins others.
#[derive(Clone, Debug)]
pub struct Turn {
    /// How calls ended.
    pub done: Arc<Vec<Visit>>,
    /// How many endpoints to hand out at most.
    pub take: u32,
}

impl Turn {
    /// For how long one visit begins further calls.
    pub const VISIT: Span = Span::seconds(15);
}

/// What was tried at one endpoint; empty when it was handed back uncalled.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Whose it is.
    pub webhook: WebhookId,
    /// The mark it was taken with.
    pub lease: Uuid,
    /// In order; only the last one may have failed.
    pub tried: Vec<Tried>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Of what.
    pub delivery: DeliveryId,
    /// Attempts before this one.
    pub before: i64,
    /// How the endpoint answered.
    pub answer: Answer,
    /// When.
    pub at: Time,
}

/// How an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status, if it answered at all.
    pub code: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub excerpt: String,
}

impl Answer {
    /// Whether it took the delivery: any 2xx (OpenPod 4.2).
    pub fn is_taken(&self) -> bool {
        self.code.is_some_and(|code| (200..300).contains(&code))
    }
}

/// An endpoint to be called.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Whose it is.
    pub webhook: WebhookId,
    /// The mark it was taken with.
    pub lease: Uuid,
    /// What to tell, in order; never empty.
    pub deliveries: Vec<Waiting>,
}

impl Op for Turn {
    type Output = Vec<Taken>;
    operation!("webhooks.turn", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Taken>> {
        // In one order, so that two nodes never wait for each other.
        let mut done: Vec<_> = self.done.iter().collect();
        done.sort_by_key(|visit| visit.webhook);
        for visit in done {
            end(cx, visit).await?;
        }
        if self.take == 0 {
            return Ok(Vec::new());
        }
        let due = webhooks::due(cx.tx, cx.now, self.take.min(limits::WEBHOOKS_AT_ONCE)).await?;
        let mut taken = Vec::with_capacity(due.len());
        for webhook in due {
            taken.extend(take(cx, webhook).await?);
        }
        Ok(taken)
    }
}

async fn take(cx: &mut Cx<'_>, webhook: WebhookId) -> Result<Option<Taken>> {
    let lease = Uuid::from_bytes(cx.random());
    webhooks::lease(cx.tx, webhook, lease, cx.now.plus(LEASE)).await?;
    let deliveries = deliveries::waiting(cx.tx, webhook, limits::DELIVERIES_AT_ONCE).await?;
    if deliveries.is_empty() {
        webhooks::empty(cx.tx, webhook, lease).await?;
        return Ok(None);
    }
    Ok(Some(Taken {
        webhook,
        lease,
        deliveries,
    }))
}

/// Writes down a visit.
async fn end(cx: &mut Cx<'_>, visit: &Visit) -> Result<()> {
    let Visit {
        webhook,
        lease,
        ref tried,
    } = *visit;
    cx.tx.lock(Lock::Webhook(webhook)).await?;
    let mut turn = webhooks::Turn {
        lease,
        done: 0,
        failures: 0,
        next_at: cx.now,
    };
    if tried.is_empty() {
        turn.next_at = cx.now.plus(HANDED_BACK);
    }
    for tried in tried {
        let verdict = verdict(cx, tried);
        let Tried {
            delivery,
            before,
            answer: Answer { code, ref excerpt },
            at,
        } = *tried;
        let attempt = Attempt {
            status: match verdict {
                Verdict::Delivered => Status::Delivered,
                Verdict::Again(_) => Status::Pending,
                Verdict::GivenUp => Status::Failed,
            },
            code: code.map(i64::from),
            excerpt: excerpt.clone(),
            at,
        };
        deliveries::tried(cx.tx, delivery, attempt, lease).await?;
        match verdict {
            Verdict::Delivered => turn.done = turn.done.saturating_add(1),
            Verdict::Again(at) => {
                turn.failures = before.saturating_add(1);
                turn.next_at = at;
            }
            Verdict::GivenUp => return disable(cx, webhook, FAILED_TOO_OFTEN).await,
        }
    }
    webhooks::end_turn(cx.tx, webhook, turn).await
}

/// What becomes of a delivery.
enum Verdict {
    Delivered,
    Again(Time),
    GivenUp,
}

fn verdict(cx: &Cx<'_>, tried: &Tried) -> Verdict {
    if tried.answer.is_taken() {
        return Verdict::Delivered;
    }
    let random = u16::from_be_bytes(cx.random());
    match retry_after(tried.before.saturating_add(1), random) {
        Some(delay) => Verdict::Again(tried.at.plus(delay)),
        None => Verdict::GivenUp,
    }
}
