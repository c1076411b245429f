//! Runs `wrk` with one of the scripts in `bench/` and reads the result line that `bench/common.lua` prints.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{process, workspace};

/// An answer that takes longer counts as broken.
const ANSWER_WITHIN: &str = "10s";

/// One measurement to make.
pub struct Job<'a> {
    pub address: SocketAddr,
    /// The path in the URL; scripts that build their own requests ignore it.
    pub path: &'a str,
    /// A file in `bench/`, without its ending.
    pub script: &'a str,
    /// What the script reads as `BENCH_NAME`.
    pub settings: Vec<(&'static str, String)>,
    pub threads: u32,
    pub connections: u32,
    pub seconds: u32,
}

/// What one measurement gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub requests: f64,
    /// How long requests were sent.
    pub active_us: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// Answers with a status above 399.
    pub refused: u64,
    /// Connections that failed, and answers that came too late.
    pub broken: u64,
    /// Threads that had nothing left to send.
    pub exhausted: u64,
}

impl Sample {
    pub fn per_second(&self) -> f64 {
        super::stats::ratio(self.requests, self.active_us / 1_000_000.0)
    }

    /// Why the numbers must not be believed, if so. Running out of work is judged by the caller.
    pub fn fault(&self) -> Option<String> {
        if self.refused > 0 {
            return Some(format!("{} answers were not 2xx", self.refused));
        }
        if self.broken > 0 {
            return Some(format!("{} requests got no answer", self.broken));
        }
        (self.requests < 1.0).then(|| "no request was answered".into())
    }
}

impl Job<'_> {
    pub fn run(&self) -> Result<Sample> {
        let scripts = workspace::root().join("bench");
        let mut command = process::command("wrk", None);
        command
            .args(["--timeout", ANSWER_WITHIN])
            .arg(format!("-t{}", self.threads))
            .arg(format!("-c{}", self.connections.max(self.threads)))
            .arg(format!("-d{}s", self.seconds))
            .arg("-s")
            .arg(scripts.join(self.script).with_extension("lua"))
            .arg(format!("http://{}{}", self.address, self.path))
            .env("BENCH_SCRIPTS", &scripts)
            .env("BENCH_THREADS", self.threads.to_string());
        for (name, value) in &self.settings {
            command.env(format!("BENCH_{name}"), value);
        }
        parse(&process::output(&mut command)?)
    }
}

/// A file's path as a script's setting.
pub fn file(path: &Path) -> String {
    path.display().to_string()
}

fn parse(said: &str) -> Result<Sample> {
    let line = said.lines().find_map(|line| line.strip_prefix("BENCH "));
    let line = line.with_context(|| format!("wrk printed no result:\n{said}"))?;
    let values: Value = serde_json::from_str(line)?;
    let number = |name: &str| values[name].as_u64().with_context(|| format!("no {name}"));
    Ok(Sample {
        requests: number("requests")? as f64,
        active_us: number("active_us")? as f64,
        p50_us: number("p50_us")? as f64,
        p99_us: number("p99_us")? as f64,
        refused: number("refused")?,
        broken: number("broken")?,
        exhausted: number("exhausted")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = r#"Running 1s test
BENCH {"requests":100,"active_us":500000,"p50_us":9,"p99_us":20,"refused":0,"broken":0,"exhausted":1}"#;

    #[test]
    fn the_result_line_is_found_and_read() {
        let sample = parse(RESULT).unwrap();
        assert_eq!(sample.exhausted, 1);
        assert!(sample.per_second().total_cmp(&200.0).is_eq());
        assert_eq!(sample.fault(), None);
    }

    #[test]
    fn a_refused_request_is_a_fault() {
        let sample = parse(&RESULT.replace(r#""refused":0"#, r#""refused":3"#)).unwrap();
        assert_eq!(sample.fault().as_deref(), Some("3 answers were not 2xx"));
    }

    #[test]
    fn silence_is_an_error() {
        assert!(parse("Running 1s test").is_err());
    }
}
