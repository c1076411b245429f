//! What is checked and within which bounds (AGI ATM 4), over HTTP and on the
//! command line.

mod command;
mod terms;
