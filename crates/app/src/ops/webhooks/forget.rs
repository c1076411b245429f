//! Forgets deliveries that nobody asks for any more.

use domain::time::Span;
use domain::{Result, limits};
use store::tables::deliveries;

use crate::{Cx, Op};

/// Forgets a bounded number of them.
#[derive(Clone, Copy, Debug)]
pub struct Forget;

impl Op for Forget {
    /// How many were forgotten; ask again while it is not 0.
    type Output = i64;
    operation!("webhooks.forget", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<i64> {
        let kept = Span::hours(limits::DELIVERY_DAYS.saturating_mul(24));
        // Ids begin with the time of their making.
        let before = cx.id_at(cx.now.minus(kept));
        deliveries::forget(cx.tx, before, limits::SWEEP_ROWS).await
    }
}
