//! Hosted agents (contract: Polpo), over HTTP on both engines.
//!
//! To extend: a file in `hosting/` by the noun it is about, with tests that
//! run on both engines.

mod agents;
mod chat;
mod config;
mod events;
mod files;
mod memory;
mod projects;
mod skills;
mod tools;
mod vault;
