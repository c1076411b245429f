//! Logs and metrics of the process.

use std::io::{self, BufWriter, IsTerminal, Stderr, Write};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use api::Probes;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use crate::Settings;

/// Seconds that separate the buckets of request durations.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5,
];

/// How long lines gather before they are written.
const GATHER: Duration = Duration::from_millis(5);
/// Bytes of them that are written at once.
const BATCH_BYTES: usize = 64 << 10;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the process' one metrics recorder, or finds it installed.
pub(crate) fn metrics() -> Result<PrometheusHandle> {
    if let Some(handle) = METRICS.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .context("metrics")?
        .build_recorder();
    let handle = METRICS.get_or_init(|| recorder.handle());
    // Another server of this process may have been faster.
    let _ = metrics::set_global_recorder(recorder);
    Ok(handle.clone())
}

/// What the doors show of it.
pub(crate) fn probes(handle: PrometheusHandle) -> Probes {
    Probes {
        metrics: Arc::new(move || handle.render()),
    }
}

/// Begins to log to standard error: people's lines in development, JSON else.
/// Writing happens on its own thread; when it cannot keep up, lines are
/// dropped rather than requests held up. The guard writes out the rest.
pub(crate) fn logs(settings: &Settings) -> Result<WorkerGuard> {
    let filter = filter(&settings.log.filter)?;
    let batches = Batches(BufWriter::with_capacity(BATCH_BYTES, io::stderr()));
    let (writer, guard) = tracing_appender::non_blocking(batches);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let begun = if settings.dev {
        lines.with_ansi(io::stderr().is_terminal()).try_init()
    } else {
        lines.json().flatten_event(true).try_init()
    };
    begun.map_err(|cause| anyhow::anyhow!("logs: {cause}"))?;
    Ok(guard)
}

/// Lines that are written together: the thread that writes flushes when no
/// line is left, and rests a little before it looks for the next. A system
/// call for every line, and a thread woken by every request, cost more than
/// the lines.
struct Batches(BufWriter<Stderr>);

impl Write for Batches {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.0.write(lines)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the thread of the log, which nothing else runs on, waits for lines"
    )]
    fn flush(&mut self) -> io::Result<()> {
        let written = self.0.flush();
        thread::sleep(GATHER);
        written
    }
}

/// What is logged. What agents' servers say (`rmcp` would log it as it comes)
/// stays out, unless the operator names it.
fn filter(wanted: &str) -> Result<EnvFilter> {
    let wanted = match wanted.trim() {
        "" => "error",
        wanted => wanted,
    };
    EnvFilter::try_new(format!("rmcp=off,{wanted}")).context("log.filter")
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn what_servers_of_agents_say_is_logged_by_name_only() {
        let shown = |wanted| filter(wanted).expect("a filter").to_string();
        for wanted in ["info", "trace", "", "guildhall::request=off,info"] {
            assert!(shown(wanted).contains("rmcp=off"), "{wanted}");
        }
        let named = shown("info,rmcp=debug");
        assert!(named.contains("rmcp=debug") && !named.contains("rmcp=off"));
    }
}
