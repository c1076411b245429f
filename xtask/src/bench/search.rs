//! The search table: how long looking for two words takes in what a project knows (SQLite).
//!
//! All entries are of one project. A search is for two words of one entry, so that it finds something; how many others
//! have both depends on how frequent the two are ([`words`](super::words)).

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::http::{Connection, in_parallel};
use super::lines::{Line, verdict};
use super::office::{self, Office};
use super::seed;
use super::server::Server;
use super::stage::settle;
use super::stats::{grouped, median, milliseconds};
use super::table::Table;
use super::words::Words;
use super::wrk::{Job, Sample, file};
use super::{Args, Bench, progress, sqlite_url};

const ENTRIES: usize = 50_000;
const SEARCHES: usize = 2_000;
const TITLE_WORDS: usize = 5;
const CONTENT_WORDS: usize = 60;
/// Which words of an entry are looked for.
const SOUGHT: [usize; 2] = [10, 40];
const CONNECTIONS: u32 = 16;
const MOST_P99_MILLISECONDS: f64 = 5.0;

/// Measures, prints the table and returns what was not valid.
pub fn measure(bench: &Bench) -> Result<Vec<String>> {
    progress(&format!("search: seeding {ENTRIES} entries"));
    let folder = bench.subfolder("search")?;
    let server = Server::start(&bench.binary, &sqlite_url(&folder), &folder)?;
    let samples = server.explain(rounds(&server, bench.args, &folder))?;
    let fault = samples.iter().find_map(Sample::fault);
    print(&samples, fault.clone());
    let title = Line::Search.title();
    Ok(fault
        .map(|fault| format!("{title}: {fault}"))
        .into_iter()
        .collect())
}

fn rounds(server: &Server, args: &Args, folder: &Path) -> Result<Vec<Sample>> {
    let office = fill(server)?;
    let queries = folder.join("queries");
    seed::write_lines(&queries, (0..SEARCHES).map(sought))?;
    ensure_found(server, &office)?;
    let job = Job {
        address: server.address,
        path: "/",
        script: "search",
        settings: vec![
            ("QUERIES", file(&queries)),
            ("PROJECT", office.project),
            ("KEY", office.owner.key),
        ],
        threads: args.threads,
        connections: CONNECTIONS,
        seconds: args.seconds,
    };
    let round = |round| {
        settle();
        let sample = job.run()?;
        let rate = grouped(sample.per_second());
        progress(&format!(
            "round {round}: {} {rate} req/s",
            Line::Search.title()
        ));
        Ok(sample)
    };
    (1..=args.rounds).map(round).collect()
}

fn print(samples: &[Sample], fault: Option<String>) {
    let middle = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
    let p99 = middle(|sample| sample.p99_us);
    let mut table = Table::new(&["line", "entries", "req/s", "p50", "p99", "target", "result"]);
    table.row([
        Line::Search.title().into(),
        grouped(ENTRIES as f64),
        grouped(middle(Sample::per_second)),
        milliseconds(middle(|sample| sample.p50_us)),
        milliseconds(p99),
        format!("p99 <= {MOST_P99_MILLISECONDS:.0} ms"),
        verdict(fault, Some(p99 / 1_000.0 <= MOST_P99_MILLISECONDS)),
    ]);
    table.print(&format!(
        "SQLite, searches for two words, {CONNECTIONS} connections"
    ));
}

fn fill(server: &Server) -> Result<Office> {
    let offices = office::offices(server.address, "reader", 1, 0)?;
    let office = offices.into_iter().next().context("no project")?;
    in_parallel(server.address, "entries", ENTRIES, |connection, index| {
        let (title, content) = entry(index);
        let body = json!({
            "project_id": office.project,
            "title": title.join(" "),
            "content": content.join(" "),
        });
        office::send(
            connection,
            "POST",
            "/knowledge",
            Some(&office.owner.key),
            &body,
        )?;
        Ok(None::<()>)
    })?;
    Ok(office)
}

/// The words of an entry's title and content.
fn entry(index: usize) -> (Vec<String>, Vec<String>) {
    let mut words = Words::seeded(index as u64);
    (words.take(TITLE_WORDS), words.take(CONTENT_WORDS))
}

/// A search; the entries it is for are spread over all.
fn sought(search: usize) -> String {
    let (_, content) = entry(search * (ENTRIES / SEARCHES));
    SOUGHT.map(|place| content[place].as_str()).join(" ")
}

/// Fails unless the first search answers something.
fn ensure_found(server: &Server, office: &Office) -> Result<()> {
    let words = sought(0).replace(' ', "+");
    let path = format!("/knowledge?project_id={}&q={words}", office.project);
    let mut connection = Connection::open(server.address)?;
    let found = office::read(&mut connection, &path, &office.owner.key)?;
    let count = found.as_array().map_or(0, Vec::len);
    ensure!(count > 0, "a search for words of an entry found nothing");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_for_words_of_its_entry() {
        let (_, content) = entry(ENTRIES / SEARCHES);
        for word in sought(1).split(' ') {
            assert!(content.iter().any(|known| known == word));
        }
    }
}
