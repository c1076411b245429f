//! Deliveries of GitHub's that came before do nothing.
//!
//! A delivery's id is not signed and the body is, so the body's hash is what
//! is remembered, for a day and where kept answers are.

use domain::Result;
use store::tables::idempotency::{self, Kept};

use crate::Cx;
use crate::answer::KEPT;

/// The hash of a delivery.
pub(super) type Fingerprint = [u8; 32];

/// Whether this delivery is new; remembers it.
pub(super) async fn is_new(cx: &mut Cx<'_>, delivery: Fingerprint) -> Result<bool> {
    let after = cx.now.minus(KEPT);
    if idempotency::find(cx.tx, delivery, after).await?.is_some() {
        return Ok(false);
    }
    let nothing = Kept {
        request: Vec::new(),
        answer: Vec::new(),
    };
    idempotency::insert(cx.tx, delivery, nothing, cx.now, after).await?;
    Ok(true)
}
