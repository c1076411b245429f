//! What the server does for itself: checking, tidying, following the log.

mod audit;
mod follow;
mod prune;
mod ready;

pub use audit::Audit;
pub use follow::{Follow, Followed};
pub use prune::Prune;
pub use ready::Ready;
