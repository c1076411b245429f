//! The one integration binary: every test that goes over HTTP or starts the
//! program.

mod authorization;
mod backup;
mod bad_input;
mod commands;
mod contracts;
mod crash;
mod faults;
mod github;
mod idempotency;
mod lifecycle;
mod limits;
mod openpod;
mod openpod_chat;
mod openpod_knowledge;
mod polt_rules;
mod polt_transcripts;
mod program;
mod properties;
mod races;
mod readme;
mod webhooks;
mod wire_bodies;
mod wire_routes;
mod wire_talk;
mod workplace;
