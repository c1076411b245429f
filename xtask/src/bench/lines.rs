//! The main table: six requests under load, each as a share of `GET /healthz` on the same server.
//!
//! Rounds alternate over all lines, so that a slow minute of the machine hits all of them. The commit line needs an agent
//! and a task for every request; they are made before each run, as many as the rate measured so far asks for, and a run
//! that uses them all up is repeated with more and in the end reported as not valid. To add a line: a variant of [`Line`],
//! an arm in [`Stage::sample`], a script in `bench/`.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::ValueEnum;

use super::seed::{self, Pair};
use super::server::Server;
use super::stats::{grouped, median, milliseconds, ratio};
use super::table::Table;
use super::wrk::{Job, Sample, file};
use super::{Args, Bench, Engine, progress};

const PROJECTS: usize = 1_000;
const TASKS: usize = 10_000;
const VOTERS: usize = 20_000;
/// Pairs for the first, short commit run that finds out the rate.
const TRIAL_PAIRS: usize = 8_000;
/// How many more pairs than the rate so far would use are made for a run.
const PAIR_MARGIN: f64 = 1.6;
const SPARE_PAIRS: usize = 2_000;
const ATTEMPTS: u32 = 3;
/// Steps of the walk over agents and projects that one vote run leaves to the next.
const VOTES_APART: u64 = 5_000_000;
/// A pause after seeding, so that what it left to do is not measured.
const SETTLE: Duration = Duration::from_millis(500);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Line {
    Healthz,
    Task,
    List,
    Commit,
    Register,
    Vote,
}

impl Line {
    pub fn title(self) -> &'static str {
        match self {
            Self::Healthz => "GET /healthz",
            Self::Task => "GET /api/tasks/:id",
            Self::List => "GET /api/tasks?limit=20",
            Self::Commit => "commit",
            Self::Register => "register",
            Self::Vote => "vote",
        }
    }

    /// The share of `/healthz` that is promised, on SQLite.
    fn target(self, engine: Engine) -> Option<f64> {
        match (engine, self) {
            (Engine::Postgres, _) | (_, Self::Healthz) => None,
            (_, Self::Task) => Some(0.6),
            (_, Self::List | Self::Register) => Some(0.35),
            (_, Self::Commit | Self::Vote) => Some(0.4),
        }
    }
}

/// All samples of one line.
struct Series {
    line: Line,
    samples: Vec<Sample>,
}

impl Series {
    fn median(&self, value: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(value))
    }

    fn fault(&self) -> Option<String> {
        self.samples.iter().find_map(|sample| {
            let ran_out = sample.exhausted > 0;
            ran_out
                .then(|| "ran out of agents and tasks".to_owned())
                .or_else(|| sample.fault())
        })
    }
}

/// Measures all lines on one database, prints the table and returns what was not valid.
pub fn measure(
    bench: &Bench,
    engine: Engine,
    database: &str,
    folder: &Path,
    heading: &str,
) -> Result<Vec<String>> {
    let server = Server::start(&bench.binary, database, folder)?;
    let series = Stage::prepare(bench.args, server.address, folder);
    let series = series.and_then(|mut stage| stage.rounds());
    let series = server.explain(series)?;
    print(&series, engine, heading);
    let faults = series.iter().filter_map(|it| {
        let fault = it.fault()?;
        Some(format!("{}, {}: {fault}", engine.title(), it.line.title()))
    });
    Ok(faults.collect())
}

fn print(series: &[Series], engine: Engine, heading: &str) {
    let mut table = Table::new(&[
        "line",
        "req/s",
        "p50",
        "p99",
        "/ healthz",
        "target",
        "result",
    ]);
    let ceiling = series
        .first()
        .map_or(0.0, |it| it.median(Sample::per_second));
    for it in series {
        let rate = it.median(Sample::per_second);
        let share = ratio(rate, ceiling);
        let target = it.line.target(engine);
        table.row([
            it.line.title().into(),
            grouped(rate),
            milliseconds(it.median(|sample| sample.p50_us)),
            milliseconds(it.median(|sample| sample.p99_us)),
            format!("{share:.2}"),
            target.map_or("-".into(), |target| format!("{target:.2}")),
            verdict(it.fault(), target.map(|target| share >= target)),
        ]);
    }
    table.print(heading);
}

/// How a row ends: what went wrong, or whether the target was met.
pub fn verdict(fault: Option<String>, met: Option<bool>) -> String {
    match (fault, met) {
        (Some(fault), _) => format!("FAILED: {fault}"),
        (None, Some(true)) => "ok".into(),
        (None, Some(false)) => "MISSED".into(),
        (None, None) => "-".into(),
    }
}

/// A seeded server and what the runs on it have used so far.
struct Stage<'a> {
    args: &'a Args,
    address: SocketAddr,
    folder: &'a Path,
    projects: Vec<String>,
    runs: u64,
    commits_per_second: f64,
}

impl<'a> Stage<'a> {
    fn prepare(args: &'a Args, address: SocketAddr, folder: &'a Path) -> Result<Self> {
        progress("seeding projects, tasks and agents");
        let projects = seed::projects(address, PROJECTS)?;
        let tasks = seed::tasks(address, &projects, TASKS, |_| true)?;
        seed::write_lines(&folder.join("projects"), &projects)?;
        seed::write_lines(&folder.join("tasks"), tasks)?;
        if args.wants(Line::Vote) {
            let voters = seed::agents(address, "voter", VOTERS)?;
            seed::write_lines(&folder.join("voters"), voters)?;
        }
        Ok(Self {
            args,
            address,
            folder,
            projects,
            runs: 0,
            commits_per_second: 0.0,
        })
    }

    fn rounds(&mut self) -> Result<Vec<Series>> {
        let lines = self.args.lines();
        let empty = |line| Series {
            line,
            samples: Vec::new(),
        };
        let mut series: Vec<_> = lines.into_iter().map(empty).collect();
        self.warm_up()?;
        for round in 1..=self.args.rounds {
            for it in &mut series {
                let sample = self.sample(it.line)?;
                let rate = grouped(sample.per_second());
                progress(&format!("round {round}: {} {rate} req/s", it.line.title()));
                it.samples.push(sample);
            }
        }
        Ok(series)
    }

    fn warm_up(&self) -> Result<()> {
        self.fixed("/healthz")?;
        let job = self.job("fixed", Vec::new());
        Job { seconds: 1, ..job }.run()?;
        Ok(())
    }

    fn sample(&mut self, line: Line) -> Result<Sample> {
        self.runs += 1;
        settle();
        match line {
            Line::Healthz => self.fixed("/healthz")?.run(),
            Line::List => self.fixed("/api/tasks?limit=20")?.run(),
            Line::Task => {
                let tasks = file(&self.folder.join("tasks"));
                self.job("task", vec![("TASKS", tasks)]).run()
            }
            Line::Commit => self.commit(),
            Line::Register => {
                let tag = format!("r{}", self.runs);
                self.job("register", vec![("TAG", tag)]).run()
            }
            Line::Vote => self.vote().run(),
        }
    }

    fn job(&self, script: &'a str, settings: Vec<(&'static str, String)>) -> Job<'a> {
        Job {
            address: self.address,
            path: "/",
            script,
            settings,
            threads: self.args.threads,
            connections: self.args.connections,
            seconds: self.args.seconds,
        }
    }

    /// A GET of one path. wrk counts only statuses above 399 as refused, so the rest is checked here once.
    fn fixed(&self, path: &'a str) -> Result<Job<'a>> {
        ensure_ok(self.address, path)?;
        let job = self.job("fixed", Vec::new());
        Ok(Job { path, ..job })
    }

    fn vote(&self) -> Job<'a> {
        let settings = vec![
            ("AGENTS", file(&self.folder.join("voters"))),
            ("PROJECTS", file(&self.folder.join("projects"))),
            ("START", (self.runs * VOTES_APART).to_string()),
        ];
        self.job("vote", settings)
    }

    fn commit(&mut self) -> Result<Sample> {
        if self.commits_per_second <= 0.0 {
            self.commit_once(TRIAL_PAIRS, 1)?;
        }
        let mut attempt = 1;
        loop {
            let expected = self.commits_per_second * f64::from(self.args.seconds);
            let needed = (expected * PAIR_MARGIN) as usize + SPARE_PAIRS;
            let sample = self.commit_once(needed, self.args.seconds)?;
            if sample.exhausted == 0 || attempt == ATTEMPTS {
                return Ok(sample);
            }
            progress("ran out of agents and tasks; again with more");
            attempt += 1;
        }
    }

    fn commit_once(&mut self, count: usize, seconds: u32) -> Result<Sample> {
        self.runs += 1;
        let pairs = self.new_pairs(count)?;
        let path = self.folder.join("pairs");
        seed::write_pairs(&path, &pairs)?;
        settle();
        let job = self.job("commit", vec![("PAIRS", file(&path))]);
        let sample = Job { seconds, ..job }.run()?;
        self.commits_per_second = self.commits_per_second.max(sample.per_second());
        Ok(sample)
    }

    fn new_pairs(&self, count: usize) -> Result<Vec<Pair>> {
        progress(&format!("seeding {count} agents and tasks"));
        let tag = format!("c{}x", self.runs);
        seed::pairs(self.address, &self.projects, &tag, count)
    }
}

/// Waits until what was written before is on the disk: the system goes on writing for seconds after a seeding, and what is
/// measured then would wait for that.
fn settle() {
    // Best effort: without the command the pause alone must do.
    let _ = std::process::Command::new("sync").status();
    thread::sleep(SETTLE);
}

/// Fails unless a GET of the path answers 200.
pub fn ensure_ok(address: SocketAddr, path: &str) -> Result<()> {
    let mut connection = super::http::Connection::open(address)?;
    let request = super::http::request("GET", path, None, None);
    let status = connection.call(&request)?.status;
    ensure!(status == 200, "GET {path} answered {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_outweighs_the_target() {
        assert_eq!(verdict(Some("x".into()), Some(true)), "FAILED: x");
        assert_eq!(verdict(None, Some(false)), "MISSED");
        assert_eq!(verdict(None, None), "-");
    }
}
