//! Webhooks: who may register what, and what is delivered to whom, in which
//! order, how often, signed how (OpenPod 2.14, 4).
//!
//! To extend: [`world::World`] has a server, an endpoint and a clock; an event
//! is made by [`world::World::happens`].

mod addresses;
mod delivery;
mod recipients;
mod registration;
mod retries;
mod secrets;
mod survival;
mod world;
