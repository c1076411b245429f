//! `cargo xtask ci`: everything that must hold before a change is merged, on a machine with nothing but a Rust toolchain.
//!
//! Every step runs even when an earlier one failed, so that one run shows all there is to fix; only without the programs
//! the tests need there is no point in going on. Nothing is built in release mode: lints, tests and documentation share
//! the dev profile's dependencies. To add a step: a function, and a line in [`STEPS`].

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{install, process, workspace};

enum Outcome {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

struct Step {
    name: &'static str,
    run: fn() -> Outcome,
}

struct Report {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

const PREPARE: Step = Step {
    name: "programs",
    run: programs,
};

const STEPS: [Step; 6] = [
    Step {
        name: "format",
        run: format,
    },
    Step {
        name: "lints",
        run: lints,
    },
    Step {
        name: "tests",
        run: tests,
    },
    Step {
        name: "doc tests",
        run: doc_tests,
    },
    Step {
        name: "documentation",
        run: documentation,
    },
    Step {
        name: "dependencies",
        run: dependencies,
    },
];

/// Runs all steps; the last line it prints says how it went.
pub fn run() -> Result<ExitCode> {
    let started = Instant::now();
    let mut reports = vec![perform(&PREPARE)];
    if !reports[0].has_failed() {
        reports.extend(STEPS.iter().map(perform));
    }
    summarise(&reports);
    Ok(conclude(&reports, started.elapsed()))
}

fn perform(step: &Step) -> Report {
    println!("\n==> {}", step.name);
    let started = Instant::now();
    let outcome = (step.run)();
    let report = Report {
        name: step.name,
        outcome,
        took: started.elapsed(),
    };
    println!("<== {}", report.line());
    report
}

impl Report {
    fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    fn line(&self) -> String {
        let (name, took) = (self.name, seconds(self.took));
        match &self.outcome {
            Outcome::Passed => format!("{name:<14} {took:>8}  ok"),
            Outcome::Failed(why) => format!("{name:<14} {took:>8}  FAILED: {why}"),
            Outcome::Skipped(why) => format!("{name:<14} {took:>8}  skipped: {why}"),
        }
    }
}

fn summarise(reports: &[Report]) {
    println!("\nsummary");
    for report in reports {
        println!("  {}", report.line());
    }
}

fn conclude(reports: &[Report], took: Duration) -> ExitCode {
    let failed = reports.iter().filter(|it| it.has_failed());
    let failed: Vec<_> = failed.map(|it| it.name).collect();
    let took = seconds(took);
    if failed.is_empty() {
        println!("ci: ok in {took}");
        return ExitCode::SUCCESS;
    }
    println!("ci: FAILED in {took}: {}", failed.join(", "));
    ExitCode::FAILURE
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn programs() -> Outcome {
    let needed = [
        install::C_COMPILER,
        install::POSTGRES,
        install::FLOCK,
        install::CURL,
        install::BUBBLEWRAP,
    ];
    match install::ensure_present(&needed) {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

fn format() -> Outcome {
    if !workspace::has_subcommand("fmt") {
        return Outcome::Failed("no rustfmt here: `rustup component add rustfmt`".into());
    }
    cargo(&["fmt", "--all", "--check"])
}

fn lints() -> Outcome {
    if !workspace::has_subcommand("clippy") {
        return Outcome::Failed("no clippy here: `rustup component add clippy`".into());
    }
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
}

fn tests() -> Outcome {
    let mut command = workspace::cargo();
    if workspace::has_subcommand("nextest") {
        command.args(["nextest", "run", "--workspace", "--locked"]);
        command.args(["--profile", "ci", "--no-fail-fast"]);
    } else {
        println!("cargo-nextest is not installed: using cargo test");
        command.args(["test", "--workspace", "--all-targets", "--locked"]);
        command.arg("--no-fail-fast");
    }
    // A transcript that differs is a failure, never a new transcript.
    execute(command.env("INSTA_UPDATE", "no"))
}

fn doc_tests() -> Outcome {
    cargo(&["test", "--doc", "--workspace", "--locked"])
}

fn documentation() -> Outcome {
    let mut command = workspace::cargo();
    command
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings");
    execute(&mut command)
}

fn dependencies() -> Outcome {
    if !workspace::has_subcommand("deny") {
        return Outcome::Skipped("cargo-deny is not installed");
    }
    cargo(&["deny", "check"])
}

fn cargo(arguments: &[&str]) -> Outcome {
    let mut command = workspace::cargo();
    command.args(arguments);
    execute(&mut command)
}

fn execute(command: &mut Command) -> Outcome {
    println!("$ {}", process::describe(command));
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(status.to_string()),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}
