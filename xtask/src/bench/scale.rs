//! The scale table: what the same request costs on a small and on a large database (SQLite).
//!
//! One server per size, both up at the same time, measured in turns. A commit run has a fixed number of agents and tasks,
//! the same on every size and spread over the whole table; it ends when they are used up, and they are freed for the next.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::lines::{Line, verdict};
use super::seed::{self, Pair};
use super::server::Server;
use super::stage::ensure_ok;
use super::stats::{grouped, median, milliseconds, ratio};
use super::table::Table;
use super::wrk::{Job, Sample, file};
use super::{Args, Bench, progress, sqlite_url};

const LINES: [Line; 3] = [Line::ListAnew, Line::Commit, Line::Register];
const LIST: &str = "/api/tasks?limit=20";
const CONNECTIONS: u32 = 16;
const PROJECTS: usize = 100;
/// Upper bound of the pairs of a commit run; also at most half of the smallest number of tasks.
const MOST_PAIRS: usize = 5_000;
/// A commit run normally ends earlier, with its pairs.
const COMMIT_SECONDS: u32 = 2;
/// Commit runs per round, because each is short.
const COMMIT_RUNS: usize = 3;
/// How much more a request may cost on a larger database.
const MOST_GROWTH: f64 = 1.25;
const SETTLE: Duration = Duration::from_millis(500);

/// A server whose database holds a given number of tasks.
struct Station {
    server: Server,
    folder: PathBuf,
    tasks: usize,
    pairs: Vec<Pair>,
    /// By line, in the order of what is measured.
    samples: Vec<Vec<Sample>>,
}

/// Measures, prints the table and returns what was not valid.
pub fn measure(bench: &Bench) -> Result<Vec<String>> {
    let args = bench.args;
    let wanted = LINES.iter().copied().filter(|line| args.wants(*line));
    let lines: Vec<Line> = wanted.collect();
    let smallest = args.scale.iter().copied().min().unwrap_or(0);
    if lines.is_empty() || smallest < 2 {
        return Ok(Vec::new());
    }
    let pairs = MOST_PAIRS.min(smallest / 2);
    let stations = args.scale.iter().enumerate();
    let stations =
        stations.map(|(index, tasks)| Station::open(bench, index, *tasks, pairs, &lines));
    let mut stations = stations.collect::<Result<Vec<_>>>()?;
    for round in 1..=args.rounds {
        for station in &mut stations {
            progress(&format!("scale, round {round}: {} tasks", station.tasks));
            station.round(args, round, &lines)?;
        }
    }
    print(&lines, &stations);
    Ok(faults(&lines, &stations))
}

impl Station {
    fn open(
        bench: &Bench,
        index: usize,
        tasks: usize,
        pairs: usize,
        lines: &[Line],
    ) -> Result<Self> {
        progress(&format!("scale: seeding {tasks} tasks"));
        let folder = bench.subfolder(&format!("scale-{index}"))?;
        let server = Server::start(&bench.binary, &sqlite_url(&folder), &folder)?;
        let pairs = server.explain(fill(&server, tasks, pairs))?;
        seed::write_pairs(&folder.join("pairs"), &pairs)?;
        Ok(Self {
            server,
            folder,
            tasks,
            pairs,
            samples: vec![Vec::new(); lines.len()],
        })
    }

    fn round(&mut self, args: &Args, round: u32, lines: &[Line]) -> Result<()> {
        for (index, line) in lines.iter().enumerate() {
            let runs = if *line == Line::Commit {
                COMMIT_RUNS
            } else {
                1
            };
            for _ in 0..runs {
                thread::sleep(SETTLE);
                let sample = self.sample(args, round, *line);
                self.samples[index].push(self.server.explain(sample)?);
            }
        }
        Ok(())
    }

    fn sample(&self, args: &Args, round: u32, line: Line) -> Result<Sample> {
        match line {
            Line::Commit => {
                let pairs = file(&self.folder.join("pairs"));
                let sample = self.job("commit", vec![("PAIRS", pairs)], COMMIT_SECONDS);
                let sample = sample.run()?;
                seed::uncommit(self.server.address, &self.pairs)?;
                Ok(sample)
            }
            Line::Register => {
                let tag = vec![("TAG", format!("s{round}"))];
                self.job("register", tag, args.seconds).run()
            }
            _ => {
                ensure_ok(self.server.address, LIST, None)?;
                let tag = vec![("TAG", format!("s{round}"))];
                self.job("anew", tag, args.seconds).run()
            }
        }
    }

    fn job(
        &self,
        script: &'static str,
        settings: Vec<(&'static str, String)>,
        seconds: u32,
    ) -> Job<'static> {
        Job {
            address: self.server.address,
            path: LIST,
            script,
            settings,
            threads: 1,
            connections: CONNECTIONS,
            seconds,
        }
    }

    fn median(&self, line: usize, value: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples[line].iter().map(value))
    }

    fn fault(&self, line: usize) -> Option<String> {
        self.samples[line].iter().find_map(Sample::fault)
    }

    fn megabytes(&self) -> Result<f64> {
        Ok(size_of(&self.folder.join("bench.db"))? as f64 / 1e6)
    }
}

fn size_of(path: &Path) -> Result<u64> {
    let file = fs::metadata(path).with_context(|| format!("no {}", path.display()))?;
    Ok(file.len())
}

/// Creates exactly `count` tasks and returns pairs of agents with tasks from all over the table.
fn fill(server: &Server, count: usize, pairs: usize) -> Result<Vec<Pair>> {
    let address = server.address;
    let projects = seed::projects(address, PROJECTS)?;
    let every = count / pairs;
    let tasks = seed::tasks(address, &projects, count, |index| index % every == 0)?;
    let keys = seed::agents(address, "worker", pairs)?;
    Ok(seed::zip(tasks, keys))
}

fn print(lines: &[Line], stations: &[Station]) {
    let mut table = Table::new(&[
        "line", "tasks", "req/s", "p50", "growth", "target", "result",
    ]);
    for (index, line) in lines.iter().enumerate() {
        for station in stations {
            table.row(row(index, *line, station, &stations[0]));
        }
    }
    table.print(&format!(
        "SQLite, growth of the p50 latency with the number of tasks, {CONNECTIONS} connections"
    ));
    for station in stations {
        if let Ok(size) = station.megabytes() {
            println!("- {} tasks: {size:.0} MB of database", station.tasks);
        }
    }
}

fn row(index: usize, line: Line, station: &Station, first: &Station) -> [String; 7] {
    let latency = |it: &Station| it.median(index, |sample| sample.p50_us);
    let growth = ratio(latency(station), latency(first));
    let compared = (station.tasks != first.tasks).then_some(growth <= MOST_GROWTH);
    [
        line.title().into(),
        grouped(station.tasks as f64),
        grouped(station.median(index, Sample::per_second)),
        milliseconds(latency(station)),
        format!("{growth:.2}"),
        compared.map_or("-".into(), |_| format!("{MOST_GROWTH:.2}")),
        verdict(station.fault(index), compared),
    ]
}

fn faults(lines: &[Line], stations: &[Station]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for station in stations {
            if let Some(fault) = station.fault(index) {
                let (title, tasks) = (line.title(), station.tasks);
                faults.push(format!("{title} at {tasks} tasks: {fault}"));
            }
        }
    }
    faults
}
