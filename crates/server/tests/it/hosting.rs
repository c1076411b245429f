//! Hosted agents (contract: Polpo), over HTTP on both engines.
//!
//! To extend: a file in `hosting/` by the noun it is about, with tests that
//! run on both engines.

mod agents;
mod assessment;
mod bounties;
mod chat;
mod config;
mod engine;
mod events;
mod lives;
mod models;
mod projects;
mod runs;
mod sessions;
mod tasks;
