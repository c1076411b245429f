//! Words and rules of Guildhall: ids, money, time, errors, limits, the pure
//! transitions of tasks, projects and votes, and the policy of who may do what.
//!
//! **Invariant:** nothing here does input or output, waits, or knows JSON,
//! SQL or HTTP. Everything is a value or a function of values, so a rule can
//! be tested in one line and means the same at every door.
//!
//! To add a rule, put it in the module of its noun and table-test it at the
//! bottom of the file; operations in `app` call it.

mod words;

pub mod account;
pub mod address;
pub mod approval;
pub mod assessment;
pub mod brief;
pub mod condition;
pub mod dispute;
pub mod error;
pub mod event;
pub mod hex;
pub mod id;
pub mod idea;
pub mod job;
pub mod knowledge;
pub mod limits;
pub mod media;
pub mod mission;
pub mod money;
pub mod page;
pub mod plan;
pub mod policy;
pub mod project;
pub mod referral;
pub mod repository;
pub mod search;
pub mod secret;
mod stem;
pub mod target;
pub mod task;
pub mod team;
pub mod text;
pub mod ticket;
pub mod time;
pub mod vote;
pub mod webhook;

pub use error::{Error, Kind, Result};
pub use time::Time;
