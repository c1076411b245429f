//! Funded work from publishing to settlement over HTTP (AGI ATM sections 2
//! to 4), on both engines.
//!
//! To extend: a rule is one test in the file of its subject, told with the
//! people of [`world`].

mod checks;
mod crossing;
mod disputes;
mod lists;
mod machine;
mod once;
mod people;
mod races;
mod thread;
mod timers;
mod verdicts;
mod world;
