//! `cargo xtask`: what developers and the build machine run, written in Rust so that a toolchain is all one needs.
//!
//! Commands: `ci` (everything that must hold before a change is merged, [`ci`]) and `bench` (the numbers the project
//! promises, [`mod@bench`]). To add one: a variant of [`Task`], a module, one line in [`main`].
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool: its results go to stdout, its progress to stderr"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "it measures and waits for real processes; nothing here is an operation that runs again"
)]

mod bench;
mod ci;
mod install;
mod postgres;
mod process;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Guildhall workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need, then format check, lints, tests, documentation and dependency rules.
    Ci,
    /// Measure throughput, latency, growth with the size of the database, start-up, memory and binary size.
    Bench(bench::Args),
    /// The model that answers at once, for `bench`.
    #[command(hide = true)]
    Upstream {
        /// Where it listens on the loopback address.
        port: u16,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Ci => ci::run(),
        Task::Bench(args) => bench::run(&args),
        Task::Upstream { port } => bench::upstream::serve(port).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
