//! The store: one SQL text, two engines.
//!
//! `sqlite:PATH` is embedded: one writer thread that commits in groups and a
//! pool of reader threads. `postgres://...` is for scale-out: pooled
//! connections with pipelined statements.
//!
//! **Invariant:** [`Store::write`] answers only after the commit that holds
//! the operation; a refused operation leaves nothing behind and harms nobody.
//! Operations read no clock and do no other input or output, so one can be run
//! again after a deadlock.
//!
//! To add data: a migration in `migrations/`, the statements and row types in
//! a module of [`tables`], its `ALL` in [`tables::statements`]. What must
//! differ between the engines goes into `dialect.rs` with its reason.

mod backup;
mod dialect;
mod engine;
pub mod exclusive;
mod lists;
mod migrations;
pub mod tables;
mod tx;
mod value;

pub use backup::{backup, restore};
pub use dialect::Sql;
pub use engine::Store;
pub use engine::location::Location;
pub use migrations::SCHEMA_VERSION;
pub use tx::{Lock, Tx};
pub use value::{Row, Val};

/// A boxed future that borrows the transaction.
pub type TxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = domain::Result<T>> + Send + 'a>>;
