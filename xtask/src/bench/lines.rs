//! The main table: requests under load at both doors, each as a share of `GET /healthz` on the same server.
//!
//! Rounds alternate over all lines, so that a slow minute of the machine hits all of them. To add a line: a variant of
//! [`Line`], an arm in [`Stage::sample`], a script in `bench/`.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;

use super::server::Server;
use super::stage::Stage;
use super::stats::{grouped, median, milliseconds, ratio};
use super::table::Table;
use super::wrk::Sample;
use super::{Args, Bench, Engine, progress};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Line {
    Healthz,
    Task,
    List,
    ListAnew,
    Commit,
    Register,
    Vote,
    Heartbeat,
    Ticket,
    Message,
    Approve,
    Publish,
    Claim,
    Submit,
    Accept,
    Search,
    Webhooks,
    Hosting,
}

impl Line {
    pub fn title(self) -> &'static str {
        match self {
            Self::Healthz => "GET /healthz",
            Self::Task => "GET /api/tasks/:id",
            Self::List => "GET /api/tasks?limit=20",
            Self::ListAnew => "the same, read anew",
            Self::Commit => "commit",
            Self::Register => "register",
            Self::Vote => "vote",
            Self::Heartbeat => "heartbeat",
            Self::Ticket => "ticket create",
            Self::Message => "message post",
            Self::Approve => "approve with payout",
            Self::Publish => "publish with escrow",
            Self::Claim => "claim",
            Self::Submit => "submit with a schema",
            Self::Accept => "accept with settlement",
            Self::Search => "knowledge search",
            Self::Webhooks => "webhook delivery",
            Self::Hosting => "hosting",
        }
    }

    /// Whether it is measured on a server of its own and against something else than `/healthz`.
    pub fn has_own_table(self) -> bool {
        matches!(self, Self::Search | Self::Webhooks | Self::Hosting)
    }

    /// Whether it needs a staffed workplace.
    pub fn is_at_work(self) -> bool {
        let at_work = [Self::Heartbeat, Self::Ticket, Self::Message, Self::Approve];
        at_work.contains(&self)
    }

    /// Whether it needs publishers with credits.
    pub fn is_at_market(self) -> bool {
        [Self::Publish, Self::Claim, Self::Submit, Self::Accept].contains(&self)
    }

    /// The share of `/healthz` that is promised, on SQLite.
    fn target(self, engine: Engine) -> Option<f64> {
        match (engine, self) {
            (Engine::Postgres, _)
            | (_, Self::Healthz | Self::Search | Self::Webhooks | Self::Hosting) => None,
            (_, Self::Task) => Some(0.6),
            (_, Self::Approve | Self::Publish | Self::Submit | Self::Accept) => Some(0.3),
            (_, Self::List | Self::ListAnew | Self::Register) => Some(0.35),
            (_, Self::Heartbeat | Self::Ticket | Self::Message) => Some(0.35),
            (_, Self::Commit | Self::Vote | Self::Claim) => Some(0.4),
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
                .then(|| "ran out of work to send".to_owned())
                .or_else(|| sample.fault())
        })
    }
}

/// What measuring came to.
pub struct Measured {
    /// What was not valid.
    pub faults: Vec<String>,
    /// Settlements per second, where they were measured.
    pub settlements: Option<f64>,
}

/// Measures all lines on one database and prints the table.
pub fn measure(
    bench: &Bench,
    engine: Engine,
    database: &str,
    folder: &Path,
    heading: &str,
) -> Result<Measured> {
    let server = Server::start(&bench.binary, database, folder)?;
    let stage = Stage::prepare(bench.args, server.address, folder);
    let series = stage.and_then(|stage| rounds(bench.args, &stage));
    let series = server.explain(series)?;
    print(&series, engine, heading);
    let faults = series.iter().filter_map(|it| {
        let fault = it.fault()?;
        Some(format!("{}, {}: {fault}", engine.title(), it.line.title()))
    });
    let settled = series.iter().find(|it| it.line == Line::Accept);
    Ok(Measured {
        faults: faults.collect(),
        settlements: settled.map(|it| it.median(Sample::per_second)),
    })
}

fn rounds(args: &Args, stage: &Stage) -> Result<Vec<Series>> {
    let empty = |line| Series {
        line,
        samples: Vec::new(),
    };
    let mut series: Vec<_> = args.lines().into_iter().map(empty).collect();
    stage.warm_up()?;
    for round in 1..=args.rounds {
        for it in &mut series {
            let sample = stage.sample(it.line)?;
            let rate = grouped(sample.per_second());
            progress(&format!("round {round}: {} {rate} req/s", it.line.title()));
            it.samples.push(sample);
        }
    }
    Ok(series)
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
