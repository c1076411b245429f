//! What the server does for itself: checking, tidying, following the log.

mod advance;
mod audit;
mod follow;
mod prune;
mod ready;

pub use advance::Advance;
pub use audit::{Audit, Verify};
pub use follow::{Follow, Followed};
pub use prune::Prune;
pub use ready::Ready;
