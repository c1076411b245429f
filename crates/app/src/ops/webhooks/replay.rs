//! An agent wants something sent again that was delivered or given up. A
//! webhook that was switched off is on again by it: whoever asks says that the
//! endpoint is back.

use domain::Result;
use domain::id::{DeliveryId, WebhookId};
use store::Lock;
use store::tables::deliveries::{self, Delivery};
use store::tables::webhooks;

use super::{own, unknown_delivery};
use crate::{Cx, Op};

/// Sends a delivery again, under the same id.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// To whom.
    pub webhook: WebhookId,
    /// Which.
    pub delivery: DeliveryId,
}

impl Op for Replay {
    /// As it is now.
    type Output = Delivery;
    operation!("webhooks.replay", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Delivery> {
        cx.tx.lock(Lock::Webhook(self.webhook)).await?;
        let webhook = own(cx, self.webhook).await?;
        let found = deliveries::find(cx.tx, self.delivery).await?;
        found
            .filter(|delivery| delivery.webhook == webhook.id)
            .ok_or_else(unknown_delivery)?;
        deliveries::reopen(cx.tx, self.delivery).await?;
        webhooks::revive(cx.tx, webhook.id, cx.now).await?;
        let now = deliveries::find(cx.tx, self.delivery).await?;
        now.ok_or_else(unknown_delivery)
    }
}
