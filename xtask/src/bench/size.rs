//! The size table: how fast the server answers after its start, what it holds in memory, how large the binary is.

use std::fs;

use anyhow::Result;

use super::lines::verdict;
use super::seed;
use super::server::Server;
use super::stage::ensure_ok;
use super::stats::median;
use super::table::Table;
use super::{Bench, progress, sqlite_url};

const STARTS: usize = 5;
const PROJECTS: usize = 20;
const TASKS: usize = 2_000;
const AGENTS: usize = 2_000;
const MEBIBYTE: f64 = 1024.0 * 1024.0;
const MOST_MILLISECONDS: f64 = 200.0;
const MOST_MEBIBYTES: f64 = 40.0;

/// One start: milliseconds to the first answer, and bytes held after one request.
struct Start {
    ready_ms: f64,
    resident: f64,
}

/// Measures and prints the table.
pub fn measure(bench: &Bench) -> Result<()> {
    progress("size: start, memory, binary");
    let starts = starts(bench)?;
    let ready = median(starts.iter().map(|it| it.ready_ms));
    let resident = median(starts.iter().map(|it| it.resident)) / MEBIBYTE;
    let binary = fs::metadata(&bench.binary)?.len() as f64 / MEBIBYTE;
    let mut table = Table::new(&["what", "value", "target", "result"]);
    let mut row = |what: &str, value: f64, most: f64, unit: &str| {
        table.row([
            what.into(),
            format!("{value:.1} {unit}"),
            format!("<= {most:.0} {unit}"),
            verdict(None, Some(value <= most)),
        ]);
    };
    row("start to first answer", ready, MOST_MILLISECONDS, "ms");
    row("idle memory", resident, MOST_MEBIBYTES, "MiB");
    row("binary", binary, MOST_MEBIBYTES, "MiB");
    table.print(&format!("SQLite, {STARTS} starts on an existing database"));
    Ok(())
}

fn starts(bench: &Bench) -> Result<Vec<Start>> {
    let folder = bench.subfolder("size")?;
    let database = sqlite_url(&folder);
    let server = Server::start(&bench.binary, &database, &folder)?;
    server.explain(fill(&server))?;
    server.stop();
    let start = |_| {
        let server = Server::start(&bench.binary, &database, &folder)?;
        ensure_ok(server.address, "/api/tasks?limit=20", None)?;
        let resident = server.resident_bytes()? as f64;
        let ready_ms = server.ready_after.as_secs_f64() * 1_000.0;
        server.stop();
        Ok(Start { ready_ms, resident })
    };
    (0..STARTS).map(start).collect()
}

fn fill(server: &Server) -> Result<()> {
    let projects = seed::projects(server.address, PROJECTS)?;
    seed::tasks(server.address, &projects, TASKS, |_| false)?;
    seed::agents(server.address, "agent", AGENTS)?;
    Ok(())
}
