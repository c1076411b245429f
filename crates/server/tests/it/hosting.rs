//! Hosted agents (contract: Polpo), over HTTP on both engines.
//!
//! To extend: a file in `hosting/` by the noun it is about, with tests that
//! run on both engines.

mod chat;
mod models;
mod agents;
mod config;
mod events;
mod projects;
mod runs;
mod sessions;
