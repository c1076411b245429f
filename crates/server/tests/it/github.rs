//! The GitHub App of the OpenPod door (OpenPod 2.14, 4.4), against the double
//! in `testkit::github`: linking with proof, narrowed tokens, pull requests,
//! deliverables, GitHub's failures, and what GitHub delivers.
//!
//! To extend: a question to GitHub is an arm of the double, a thing that most
//! of these tests set up first is a method of `world::World`.

mod deliveries;
mod failures;
mod linking;
mod reading;
mod tokens;
mod world;
