//! `cargo xtask bench`: the numbers the project promises, measured on the machine it runs on.
//!
//! Several tables. **Lines** ([`lines`]): throughput of requests under load, as a share of what the same server does on
//! `GET /healthz`, because absolute numbers differ from machine to machine and the share does not. **Settlement** ([`settlement`]): paying for
//! work beside what PostgreSQL's own benchmark does. **Search** ([`search`]):
//! how long a search in many entries takes. **Webhooks** ([`webhooks`]): how fast events are told.
//! **Hosting** ([`hosting`]): what the server adds to a model, how soon jobs are done, what streams cost. **Scale** ([`scale`]):
//! what the same request costs on a small and on a large database. **Size** ([`size`]): start, memory, binary.
//!
//! The server is the release binary on a loopback port with limits off; the load comes from `wrk` ([`wrk`]) with the
//! scripts in `bench/`, the data from requests to the server itself ([`seed`], [`office`]). A request that is refused, or a line that
//! has nothing left to send, makes the run fail; a missed target is reported, but is not a failure.

mod arrivals;
mod desk;
mod hosting;
mod http;
mod lines;
mod office;
mod receiver;
mod scale;
mod search;
mod seed;
mod server;
mod settlement;
mod size;
mod stage;
mod stall;
mod stats;
mod supply;
mod table;
pub mod upstream;
mod webhooks;
mod words;
mod wrk;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use tempfile::TempDir;

use self::lines::Line;
use crate::install::{self, POSTGRES, WRK};
use crate::postgres::{self, Cluster};
use crate::workspace;

const RUN_PREFIX: &str = "run-";

/// What `cargo xtask bench` can be told.
#[derive(clap::Args)]
pub struct Args {
    /// Which databases to measure on [default: both when PostgreSQL is installed, else sqlite]
    #[arg(long)]
    engine: Option<Engines>,
    /// Length of one measurement
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often everything is measured; the tables show medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Connections that wrk keeps open
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Threads of wrk, which shares the cores with the server
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
    /// Only this line (repeatable); leaves out the size table
    #[arg(long, value_name = "NAME")]
    only: Vec<Line>,
    /// Numbers of tasks to compare
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000])]
    scale: Vec<usize>,
    /// Leave out the scale table
    #[arg(long)]
    skip_scale: bool,
    /// Leave out the size table
    #[arg(long)]
    skip_size: bool,
    /// Measure this binary instead of building the release one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

/// One database engine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Args {
    fn engines(&self) -> Vec<Engine> {
        match self.engine {
            Some(Engines::Sqlite) => vec![Engine::Sqlite],
            Some(Engines::Postgres) => vec![Engine::Postgres],
            Some(Engines::Both) => vec![Engine::Sqlite, Engine::Postgres],
            None if postgres::programs().is_some() => vec![Engine::Sqlite, Engine::Postgres],
            None => vec![Engine::Sqlite],
        }
    }

    /// The lines of the main table; the first is always the ceiling. None when only lines with tables of their own are
    /// wanted.
    fn lines(&self) -> Vec<Line> {
        let all = Line::value_variants().iter().copied();
        let shares = all.filter(|line| !line.has_own_table());
        let wanted: Vec<_> = shares.filter(|line| self.wants(*line)).collect();
        match wanted.first() {
            None | Some(Line::Healthz) => wanted,
            Some(_) => [vec![Line::Healthz], wanted].concat(),
        }
    }

    fn wants(&self, line: Line) -> bool {
        self.only.is_empty() || self.only.contains(&line)
    }
}

/// What the parts of a benchmark share.
struct Bench<'a> {
    args: &'a Args,
    binary: PathBuf,
    folder: TempDir,
}

impl Bench<'_> {
    /// A new empty folder for one part.
    fn subfolder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }
}

/// Measures and prints the tables. The exit code says whether every measurement was valid.
pub fn run(args: &Args) -> Result<ExitCode> {
    let engines = args.engines();
    let (parent, _lock) = claim_parent()?;
    prepare(&engines)?;
    let bench = Bench {
        args,
        binary: binary(args)?,
        folder: work_folder(&parent)?,
    };
    let mut failures = Vec::new();
    if !args.lines().is_empty() {
        for engine in &engines {
            failures.extend(measure_lines(&bench, *engine)?);
        }
    }
    if engines.contains(&Engine::Sqlite) {
        failures.extend(measure_alone(&bench, Line::Search, search::measure));
        failures.extend(measure_alone(&bench, Line::Webhooks, webhooks::measure));
        failures.extend(measure_alone(&bench, Line::Hosting, hosting::measure));
        failures.extend(measure_growth_and_size(&bench)?);
    }
    Ok(conclude(&failures))
}

fn prepare(engines: &[Engine]) -> Result<()> {
    install::ensure_present(&[WRK])?;
    if engines.contains(&Engine::Postgres) {
        install::ensure_present(&[POSTGRES])?;
    }
    Ok(())
}

fn measure_lines(bench: &Bench, engine: Engine) -> Result<Vec<String>> {
    let folder = bench.subfolder(engine.title())?;
    let args = bench.args;
    let heading = format!(
        "{}, {} connections, {} wrk thread(s), {} x {} s, {} cores",
        engine.title(),
        args.connections,
        args.threads,
        args.rounds,
        args.seconds,
        cores()
    );
    match engine {
        Engine::Sqlite => {
            let url = sqlite_url(&folder);
            let measured = lines::measure(bench, engine, &url, &folder, &heading)?;
            if let Some(rate) = measured
                .settlements
                .filter(|_| postgres::programs().is_some())
            {
                settlement::compare(bench, rate)?;
            }
            Ok(measured.faults)
        }
        Engine::Postgres => {
            progress("starting a scratch PostgreSQL cluster");
            let cluster = Cluster::start(&folder)?;
            let url = cluster.create_database("guildhall")?;
            Ok(lines::measure(bench, engine, &url, &folder, &heading)?.faults)
        }
    }
}

/// A line with a table of its own. When it cannot be measured, that is said at the end, and the others are measured.
fn measure_alone(
    bench: &Bench,
    line: Line,
    measure: impl Fn(&Bench) -> Result<Vec<String>>,
) -> Vec<String> {
    if !bench.args.wants(line) {
        return Vec::new();
    }
    measure(bench).unwrap_or_else(|error| vec![format!("{}: {error:#}", line.title())])
}

fn measure_growth_and_size(bench: &Bench) -> Result<Vec<String>> {
    let mut failures = Vec::new();
    if !bench.args.skip_scale {
        failures.extend(scale::measure(bench)?);
    }
    if !bench.args.skip_size && bench.args.only.is_empty() {
        size::measure(bench)?;
    }
    Ok(failures)
}

fn conclude(failures: &[String]) -> ExitCode {
    if failures.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nNOT VALID: {}", failures.join("; "));
    ExitCode::FAILURE
}

/// The binary to measure. Absolute, because the server runs in a folder of its own.
fn binary(args: &Args) -> Result<PathBuf> {
    let binary = args.binary.clone().map_or_else(build, Ok)?;
    Ok(std::path::absolute(binary)?)
}

fn build() -> Result<PathBuf> {
    progress("building the release binary");
    let status = workspace::cargo()
        .args(["build", "--release", "--locked", "-p", "server"])
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the release build failed");
    Ok(workspace::target().join("release/guildhall"))
}

/// The folder that holds the folders of all runs, as this run's own: a second benchmark would only disturb the first, and
/// what an interrupted one left behind can go.
fn claim_parent() -> Result<(PathBuf, File)> {
    let parent = std::path::absolute(workspace::target().join("bench"))?;
    fs::create_dir_all(&parent)?;
    let lock = File::create(parent.join("lock"))?;
    lock.try_lock().context("another benchmark is running")?;
    for entry in fs::read_dir(&parent)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(RUN_PREFIX) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok((parent, lock))
}

fn work_folder(parent: &Path) -> Result<TempDir> {
    let mut name = tempfile::Builder::new();
    name.prefix(RUN_PREFIX).permissions(shared());
    Ok(name.tempdir_in(parent)?)
}

/// Others may pass through: PostgreSQL's account keeps its files below.
fn shared() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o755)
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("bench.db").display())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Says on standard error what is going on.
fn progress(message: &str) {
    eprintln!("bench: {message}");
}
