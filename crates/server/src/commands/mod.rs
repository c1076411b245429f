//! What each command does. Results go to standard output, everything else to
//! standard error.

use std::io::Write;

mod audit;
mod backup;
mod demo;
mod key;
mod project;
mod redeem;
mod seal;
mod serve;
mod verify;

pub(crate) use audit::audit;
pub(crate) use backup::{backup, restore};
pub(crate) use demo::demo;
pub(crate) use key::key;
pub(crate) use project::project;
pub(crate) use redeem::load;
pub(crate) use seal::{open, seal};
pub(crate) use serve::serve;
pub(crate) use verify::verify;

/// Prints a result. Nobody may be listening any more, which is no failure.
pub(crate) fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Tells the person at the terminal something.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
