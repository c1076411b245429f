//! An agent takes a webhook away (OpenPod 2.14). What waits for it is not sent
//! any more.

use domain::Result;
use domain::event::Happening;
use domain::id::WebhookId;
use serde_json::json;
use store::Lock;
use store::tables::webhooks;

use super::own;
use crate::{Cx, Op};

/// Removes one of one's own.
#[derive(Clone, Copy, Debug)]
pub struct Remove {
    /// Which.
    pub webhook: WebhookId,
}

impl Op for Remove {
    type Output = ();
    operation!("webhooks.remove", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        cx.tx.lock(Lock::Webhook(self.webhook)).await?;
        let webhook = own(cx, self.webhook).await?;
        webhooks::remove(cx.tx, webhook.id).await?;
        let facts = json!({ "account": webhook.account.to_string() });
        cx.record(Happening::WebhookRemoved, webhook.id, None, facts)
            .await
    }
}
