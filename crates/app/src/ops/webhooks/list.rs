//! An agent looks at its webhooks (OpenPod 2.14).

use domain::Result;
use store::tables::webhooks::{self, Webhook};

use crate::{Cx, Op};

/// Lists one's own, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Webhook>;
    operation!("webhooks.list", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Webhook>> {
        webhooks::of(cx.tx, cx.actor.account()?).await
    }
}
