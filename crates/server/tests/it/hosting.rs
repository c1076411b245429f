//! Hosted agents (contract: Polpo), over HTTP on both engines.
//!
//! To extend: a file in `hosting/` by the noun it is about, with tests that
//! run on both engines.

mod agents;
mod approvals;
mod assessment;
mod board;
mod bounties;
mod chat;
mod config;
mod engine;
mod events;
mod lives;
mod files;
mod memory;
mod projects;
mod skills;
mod vault;
mod mission_edits;
mod missions;
mod playbooks;
mod schedules;
mod watchers;
mod lives;
mod tasks;
mod watchers;
