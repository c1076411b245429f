//! The binary: settings, wiring, commands.
//!
//! **Invariant:** this is the only crate that reads the environment, prints
//! and exits. [`start`] is what `serve` and the tests both call.

pub mod cli;
mod commands;
mod instruments;
mod listen;
mod serve;
mod settings;

pub use app::Clock;
pub use serve::{Running, start, start_at};
pub use settings::{CatalogueItem, Price, Provider, Settings};
