//! Puts deliveries into the queue and moves the place in the log, in one
//! transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::{Id, WebhookId};
use domain::time::Span;
use domain::{Result, Time};
use store::Lock;
use store::tables::deliveries::{self, Delivery, Status};
use store::tables::{events, webhooks};

use super::gather::{FOLLOWER, Gathered};
use super::{Draft, disable};
use crate::entropy::time_of;
use crate::{Cx, Op};

const TOO_MUCH_WAITS: &str = "switched off: more than 10000 deliveries were waiting";

/// Writes what a look at the log found.
#[derive(Clone, Debug)]
pub struct FanOut {
    /// What was found.
    pub gathered: Arc<Gathered>,
}

impl Op for FanOut {
    type Output = ();
    operation!("webhooks.fan_out", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let (from, to) = (self.gathered.from, self.gathered.to());
        // First: of two nodes that found the same, one writes it.
        events::go_on(cx.tx, FOLLOWER, from, to).await?;
        let mut next = first_id_at(cx).await?;
        expect(cx, &self.gathered.drafts).await?;
        for draft in &self.gathered.drafts {
            insert(cx, draft, next).await?;
            next = next.plus(Span(1));
        }
        for webhook in &self.gathered.full {
            disable(cx, *webhook, TOO_MUCH_WAITS).await?;
        }
        Ok(())
    }
}

/// Counts what will wait for each webhook and locks them all, in one order, so
/// that none is switched off or on meanwhile.
async fn expect(cx: &mut Cx<'_>, drafts: &[Draft]) -> Result<()> {
    let mut counts: BTreeMap<WebhookId, i64> = BTreeMap::new();
    for draft in drafts {
        let count = counts.entry(draft.webhook).or_insert(0);
        *count = count.saturating_add(1);
    }
    for (webhook, count) in counts {
        cx.tx.lock(Lock::Webhook(webhook)).await?;
        webhooks::expect(cx.tx, webhook, count, cx.now).await?;
    }
    Ok(())
}

/// When the first id is said to be made: behind every other, whatever this
/// node's clock says, so that ids sort as the log does.
async fn first_id_at(cx: &mut Cx<'_>) -> Result<Time> {
    let last = deliveries::last(cx.tx).await?;
    let behind = last.map(|id| time_of(id.uuid()).plus(Span(1)));
    Ok(behind.map_or(cx.now, |behind| behind.max(cx.now)))
}

async fn insert(cx: &mut Cx<'_>, draft: &Draft, id_at: Time) -> Result<()> {
    let Draft {
        webhook,
        name,
        event,
        ref data,
        at,
    } = *draft;
    let delivery = Delivery {
        id: cx.id_at(id_at),
        webhook,
        event,
        name,
        data: data.clone(),
        status: Status::Pending,
        attempts: 0,
        code: None,
        excerpt: String::new(),
        happened_at: at,
        created_at: cx.now,
        tried_at: None,
    };
    deliveries::insert(cx.tx, &delivery).await
}
