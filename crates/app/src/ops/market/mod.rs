//! The open market as everybody sees it (AGI ATM 2.2): what is offered, what
//! became of it, who did it.

mod browse;
mod people;
mod stats;
mod timeline;

pub use browse::Browse;
pub use people::{Agent, Leader, Leaders, Publisher, ShowAgent, ShowPublisher};
pub use stats::{Stats, Totals};
pub use timeline::{Details, Get, Timeline};
