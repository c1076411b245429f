//! The server under test: the release binary on a free loopback port.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::http::{Connection, request};
use crate::postgres::free_port;
use crate::process::{self, Guarded, Signal};

/// The operator's key of every server that a benchmark starts.
pub const OPERATOR_KEY: &str = "bench-operator-key-0123456789abcdef0123456789abcdef";

const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(1);
/// How much of the log an error shows.
const LOG_TAIL: usize = 2_000;

/// A running server, ended when dropped.
pub struct Server {
    process: Guarded,
    log: PathBuf,
    pub address: SocketAddr,
    /// From the start of the process to its first 200 of `/readyz`.
    pub ready_after: Duration,
}

impl Server {
    /// Starts one in `folder` on the database and waits until it is ready.
    pub fn start(binary: &Path, database: &str, folder: &Path) -> Result<Self> {
        Self::start_with(binary, database, folder, &[])
    }

    /// The same with further settings, as environment variables.
    pub fn start_with(
        binary: &Path,
        database: &str,
        folder: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let log = folder.join("server.log");
        let mut command = serve(binary, database, folder, address, &log)?;
        command.envs(settings.iter().copied());
        let started = Instant::now();
        let process = Guarded::start(command, Signal::Term)?;
        let mut server = Self {
            process,
            log,
            address,
            ready_after: Duration::ZERO,
        };
        server.wait_until_ready(started)?;
        server.ready_after = started.elapsed();
        Ok(server)
    }

    /// The status of one request that carries no key.
    pub fn status_of(&self, path: &str) -> Result<u16> {
        let mut connection = Connection::open(self.address)?;
        Ok(connection.call(&request("GET", path, None, None))?.status)
    }

    /// Memory that the process holds now, in bytes.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.trim().strip_suffix(" kB"));
        let kib: u64 = kib.context("no VmRSS in /proc")?.trim().parse()?;
        Ok(kib * 1024)
    }

    /// Adds the end of the server's log to an error.
    pub fn explain<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            let tail = self.log_tail();
            anyhow!("{error:#}\nthe server's log ends with:\n{tail}")
        })
    }

    pub fn stop(mut self) {
        self.process.stop();
    }

    fn wait_until_ready(&mut self, started: Instant) -> Result<()> {
        while started.elapsed() < READY_WITHIN {
            if let Ok(200) = self.status_of("/readyz") {
                return Ok(());
            }
            if let Some(status) = self.process.ended() {
                bail!("the server ended ({status}):\n{}", self.log_tail());
            }
            thread::sleep(POLL_EVERY);
        }
        bail!("the server did not get ready:\n{}", self.log_tail());
    }

    fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let tail = &text[text.len().saturating_sub(LOG_TAIL)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

fn serve(
    binary: &Path,
    database: &str,
    folder: &Path,
    address: SocketAddr,
    log: &Path,
) -> Result<Command> {
    ensure!(binary.is_file(), "no binary at {}", binary.display());
    let mut command = process::command(binary, None);
    // Settings of the person who runs the benchmark must not change what is measured.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GUILDHALL_") {
            command.env_remove(name);
        }
    }
    let log = File::options().create(true).append(true).open(log)?;
    command
        .arg("serve")
        .args(["--listen", &address.to_string(), "--database", database])
        .env("GUILDHALL_OPERATOR_KEY", OPERATOR_KEY)
        .env("GUILDHALL_LIMITS__ENABLED", "false")
        .current_dir(folder)
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}
