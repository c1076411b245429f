//! The rules of the workplace (OpenPod sections 2 and 3) over HTTP, on both
//! engines.
//!
//! To extend: a rule is one test in the file of its noun, told with the people
//! of [`office`].

mod agents;
mod crossing;
mod heartbeat;
mod money;
mod office;
mod projects;
mod races;
mod ratings;
mod spellings;
mod tickets;
