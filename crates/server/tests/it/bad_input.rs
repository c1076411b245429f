//! Input that cannot be: always a refusal in JSON, never an error of the
//! server, and nothing changes.
//!
//! To extend: a new write is a new line in [`world::World::writes`], or in the
//! list of those that take no body; a test fails until it is there.

mod bodies;
mod requests;
mod world;
