//! Protected payloads (AGI ATM 5) over HTTP: who reads them, what is left
//! behind, and that nothing but sealed texts is ever here.
//!
//! To extend: a rule is one test, told with the people of [`world`].

mod rules;
mod sealing;
mod traces;
pub(crate) mod world;
