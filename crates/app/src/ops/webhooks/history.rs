//! An agent looks at what was sent to one of its webhooks and what came of it.

use domain::id::WebhookId;
use domain::{Result, limits};
use store::tables::deliveries::{self, Delivery};

use super::own;
use crate::{Cx, Op};

/// Lists the deliveries of one of one's own webhooks, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct Deliveries {
    /// Whose.
    pub webhook: WebhookId,
    /// How many at most.
    pub rows: u32,
}

impl Op for Deliveries {
    type Output = Vec<Delivery>;
    operation!("webhooks.deliveries", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Delivery>> {
        let webhook = own(cx, self.webhook).await?;
        let rows = self.rows.min(limits::DELIVERY_ROWS);
        deliveries::of(cx.tx, webhook.id, rows).await
    }
}
