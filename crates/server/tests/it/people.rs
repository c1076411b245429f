//! People, their agents and their credits at the AGI ATM door (sections 2.3,
//! 2.4, 3.3, 3.4, 5.3, 5.4 and 8) over HTTP, on both engines.
//!
//! To extend: a rule is one test in the file of its noun, told with those of
//! [`folk`].

mod admin;
mod binding;
mod delegation;
mod folk;
mod humans;
mod ledger;
mod redemption;
mod referral;
mod registration;
mod roles;
mod secrecy;
