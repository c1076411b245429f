//! Runs of hosted agents: what they may cost and did, how they are followed,
//! steered and ended (Polpo 2.15).
//!
//! **Invariant:** what a run used is added to its row and to what its
//! environment has spent in one transaction. A run ends once.

mod afford;
mod cancel;
mod charge;
mod follow;
mod keep;
mod letters;
mod reap;
mod steer;

use domain::id::RunId;
use domain::time::Span;
use domain::{Error, Result};
use store::tables::runs::{self, Run};

use crate::Cx;

pub use afford::Afford;
pub use cancel::{Abort, Cancel, Cancelled};
pub use charge::Charge;
pub use follow::{Follow, Followed, Heard};
pub use letters::{gather, last_words};
pub use reap::{Forget, Reap};
pub use steer::{Steer, Steered};

pub(crate) use afford::afford;
pub(crate) use charge::spend;
pub(crate) use keep::Keep;

/// How long a node has a run without a further word.
pub(crate) const LEASE: Span = Span::seconds(30);

/// A run of one's own environment.
async fn own(cx: &mut Cx<'_>, id: RunId) -> Result<Run> {
    let environment = cx.actor.environment()?;
    let found = runs::find(cx.tx, environment, id).await?;
    found.ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::not_found("run_not_found", "there is no run of this id")
}

fn not_active() -> Error {
    Error::not_found(
        "run_not_active",
        "no run of this id is under way: it has ended, or never was",
    )
}
