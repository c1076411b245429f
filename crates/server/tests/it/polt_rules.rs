//! The rules of the bounty board (POLT section 3) over HTTP, on both engines.
//!
//! To extend: a rule is one test in the file of its noun, told with the moves
//! of [`moves`].

mod bans;
mod ideas;
mod keys;
mod lists;
mod moves;
mod payouts;
mod reviews;
mod tasks;
mod votes;
