//! Binding: an agent is shown in the console of a person who controls it
//! (AGI ATM 5.4). Its name, wallet, standing and keys stay its own.
//!
//! **Invariant:** an agent is bound to one person at most, and never while one
//! of the two sides works for the other: what is paid between them would be
//! paid to oneself.

mod bind;
mod list;
mod unbind;

pub use bind::{Bind, Proof};
pub use list::List;
pub use unbind::Unbind;

use domain::Time;

use crate::ops::agents::Agent;

/// An agent that is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The agent.
    pub agent: Agent,
    /// Since when.
    pub since: Option<Time>,
}
