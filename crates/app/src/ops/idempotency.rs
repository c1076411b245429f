//! The place in which the answer of an errand is kept for a repeated
//! `Idempotency-Key`: claimed, renewed, settled or given back. `once.rs` says
//! when; these are the transactions.
//!
//! Nothing of it is in the log: like the kept answers of operations it says
//! nothing about the market.

use domain::Result;
use domain::time::Span;
use store::tables::idempotency;

use crate::answer::{self, CLAIM_BYTES, KEPT};
use crate::{Cx, Op, Repeat};

/// How long a claim stands without a further word.
const LEASE: Span = Span::seconds(60);

/// Claims the place of an answer; gives the answer that is there.
#[derive(Clone)]
pub(crate) struct Claim {
    /// Of which request.
    pub(crate) repeat: Repeat,
    /// What stands in the place meanwhile.
    pub(crate) mark: [u8; CLAIM_BYTES],
}

impl Op for Claim {
    type Output = Option<Vec<u8>>;
    operation!("idempotency.claim", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Option<Vec<u8>>> {
        let kept = answer::kept(cx, &self.repeat).await?;
        if kept.is_none() {
            let at = lapsing(cx);
            answer::put(cx, &self.repeat, self.mark.to_vec(), at).await?;
        }
        Ok(kept)
    }
}

/// The age at which a row is stale after one more lease.
fn lapsing(cx: &Cx<'_>) -> domain::Time {
    cx.now.minus(KEPT).plus(LEASE)
}

/// Renews a claim.
#[derive(Clone)]
pub(crate) struct Renew(pub(crate) Claim);

impl Op for Renew {
    type Output = ();
    operation!("idempotency.renew", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Claim { repeat, mark } = self.0;
        let at = lapsing(cx);
        idempotency::renew(cx.tx, repeat.scope(), mark.to_vec(), at).await
    }
}

/// Puts the answer into its place.
#[derive(Clone)]
pub(crate) struct Settle {
    /// It.
    pub(crate) claim: Claim,
    /// What is kept.
    pub(crate) written: Vec<u8>,
}

impl Op for Settle {
    type Output = ();
    operation!("idempotency.settle", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Claim { repeat, mark } = self.claim;
        let sealed = repeat.seal(&self.written, cx.random())?;
        idempotency::settle(cx.tx, repeat.scope(), mark.to_vec(), sealed, cx.now).await
    }
}

/// Gives a place back.
#[derive(Clone)]
pub(crate) struct Release(pub(crate) Claim);

impl Op for Release {
    type Output = ();
    operation!("idempotency.release", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Claim { repeat, mark } = self.0;
        idempotency::release(cx.tx, repeat.scope(), mark.to_vec()).await
    }
}
