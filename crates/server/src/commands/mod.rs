//! What each command does. Results go to standard output, everything else to
//! standard error.

mod audit;
mod backup;
mod demo;
mod key;
mod serve;

pub(crate) use audit::audit;
pub(crate) use backup::{backup, restore};
pub(crate) use demo::demo;
pub(crate) use key::key;
pub(crate) use serve::serve;

/// Prints a result.
#[expect(clippy::print_stdout, reason = "the one place that prints results")]
pub(crate) fn print(line: &str) {
    println!("{line}");
}

/// Tells the person at the terminal something.
#[expect(
    clippy::print_stderr,
    reason = "the one place that talks to the terminal"
)]
pub(crate) fn tell(line: &str) {
    eprintln!("{line}");
}
