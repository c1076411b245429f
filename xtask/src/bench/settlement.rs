//! Settlements beside what PostgreSQL's own benchmark of payments (`pgbench`, like TPC-B) does on the same machine in the
//! same run.

use anyhow::{Context, Result};

use super::lines::verdict;
use super::stats::{grouped, median, ratio};
use super::table::Table;
use super::{Bench, progress};
use crate::postgres::Cluster;

const CLIENTS: u32 = 8;
/// Settlements per transaction of `pgbench` that are promised.
const TARGET: f64 = 5.0;

/// Measures `pgbench` and prints it beside the settlements per second that the main table found.
pub fn compare(bench: &Bench, settlements: f64) -> Result<()> {
    progress("pgbench on a scratch PostgreSQL cluster");
    let folder = bench.subfolder("pgbench")?;
    let cluster = Cluster::start(&folder)?;
    cluster.create_database("payments")?;
    cluster.pgbench(&["-i", "-q", "-s", "10", "payments"])?;
    let seconds = bench.args.seconds.to_string();
    let clients = CLIENTS.to_string();
    let options = ["-c", &clients, "-j", "2", "-T", &seconds, "payments"];
    let round = |_| transactions(&cluster.pgbench(&options)?);
    let found = (0..bench.args.rounds)
        .map(round)
        .collect::<Result<Vec<_>>>()?;
    let transactions = median(found);
    let times = ratio(settlements, transactions);
    let mut table = Table::new(&["line", "per second", "times", "target", "result"]);
    table.row([
        format!("pgbench TPC-B, {CLIENTS} clients"),
        grouped(transactions),
        "1.0".into(),
        "-".into(),
        "-".into(),
    ]);
    table.row([
        "accept with settlement, SQLite".into(),
        grouped(settlements),
        format!("{times:.1}"),
        format!("{TARGET:.1}"),
        verdict(None, Some(times >= TARGET)),
    ]);
    table.print("Settlement beside pgbench");
    Ok(())
}

/// Reads the transactions per second out of what `pgbench` says.
fn transactions(report: &str) -> Result<f64> {
    let line = report.lines().find_map(|line| line.strip_prefix("tps = "));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("pgbench did not say how many transactions:\n{report}"))
}

#[cfg(test)]
mod tests {
    use super::transactions;

    #[test]
    fn a_report_is_read() {
        let report = "scaling factor: 10\ntps = 1234.500000 (without initial connection time)\n";
        assert_eq!(transactions(report).ok(), Some(1234.5));
        assert!(transactions("it failed").is_err());
    }
}
