//! Forgets kept answers after their day.

use domain::{Result, limits};
use store::tables::idempotency;

use crate::answer::KEPT;
use crate::{Cx, Op};

/// Forgets a bounded number of them.
#[derive(Clone, Debug)]
pub struct Prune;

impl Op for Prune {
    /// How many were forgotten; ask again while it is not 0.
    type Output = i64;
    operation!("server.prune", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<i64> {
        idempotency::prune(cx.tx, cx.now.minus(KEPT), limits::SWEEP_ROWS).await
    }
}
