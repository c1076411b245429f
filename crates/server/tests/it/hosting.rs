//! Hosted agents (contract: Polpo), over HTTP on both engines.
//!
//! To extend: a file in `hosting/` by the noun it is about, with tests that
//! run on both engines.

mod agents;
mod approvals;
mod assessment;
mod attached;
mod board;
mod bounties;
mod chat;
mod config;
mod engine;
mod events;
mod files;
mod lives;
mod memory;
mod mission_edits;
mod missions;
mod models;
mod notices;
mod parts;
mod playbooks;
mod projects;
mod repeats;
mod runs;
mod schedules;
mod sessions;
mod skills;
mod tasks;
mod tools;
mod vault;
mod watchers;
mod weaknesses;
