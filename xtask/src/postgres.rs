//! PostgreSQL server programs and scratch clusters.
//!
//! A [`Cluster`] lives in a temporary folder, listens on a free loopback port, has no socket file, and is gone with its
//! value. Durability settings are PostgreSQL's defaults (fsync on): what runs on it is a measurement of durable writes.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process::{self, Guarded, Signal};

const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
const PROGRAMS: [&str; 6] = [
    "initdb",
    "pg_ctl",
    "postgres",
    "createdb",
    "pg_isready",
    "pgbench",
];
const START_WITHIN: Duration = Duration::from_secs(30);
/// The account that runs the server when we are root, which PostgreSQL refuses to run as.
const SYSTEM_USER: &str = "postgres";
/// More than a server's connection pool needs.
const SETTINGS: [&str; 3] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
];

/// The folder that holds `initdb`, `postgres` and the others: from PATH, else Debian's newest version.
pub fn programs() -> Option<PathBuf> {
    on_path().or_else(newest_version)
}

fn on_path() -> Option<PathBuf> {
    // Often a link into the folder that holds them all.
    let initdb = process::find("initdb")?.canonicalize().ok()?;
    let folder = initdb.parent()?.to_path_buf();
    is_complete(&folder).then_some(folder)
}

fn newest_version() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN_VERSIONS).ok()?.flatten();
    versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            is_complete(&folder).then_some((version, folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS
        .iter()
        .all(|program| folder.join(program).is_file())
}

/// A running scratch cluster. The field order matters: the server ends before its files go.
pub struct Cluster {
    server: Guarded,
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    /// Creates and starts one, below `preferred` when the server's account can reach that folder.
    pub fn start(preferred: &Path) -> Result<Self> {
        let programs = programs().context("no PostgreSQL server programs found")?;
        let folder = scratch_folder(preferred)?;
        let data = folder.path().join("data");
        let mut initdb = server_command(&programs.join("initdb"), folder.path());
        initdb.arg("-D").arg(&data).args([
            "-U",
            SYSTEM_USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        process::output(&mut initdb)?;
        let port = free_port()?;
        let server = launch(&programs, folder.path(), &data, port)?;
        let mut cluster = Self {
            server,
            folder,
            programs,
            port,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// Creates an empty database and returns its URL.
    pub fn create_database(&self, name: &str) -> Result<String> {
        let mut createdb = self.client("createdb");
        process::output(createdb.arg(name))?;
        let port = self.port;
        Ok(format!("postgres://{SYSTEM_USER}@127.0.0.1:{port}/{name}"))
    }

    /// Runs PostgreSQL's own benchmark and answers its report.
    pub fn pgbench(&self, arguments: &[&str]) -> Result<String> {
        let mut pgbench = self.client("pgbench");
        process::output(pgbench.args(arguments))
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(["-h", "127.0.0.1", "-U", SYSTEM_USER, "-p"])
            .arg(self.port.to_string());
        command
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_WITHIN {
            if let Some(status) = self.server.ended() {
                bail!("PostgreSQL ended at once ({status}):\n{}", self.log());
            }
            let mut probe = self.client("pg_isready");
            if process::succeeds(probe.stdout(Stdio::null())) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL did not get ready:\n{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// The server as a direct child, not through `pg_ctl start`: so that it ends with us whatever happens.
fn launch(programs: &Path, folder: &Path, data: &Path, port: u16) -> Result<Guarded> {
    let mut command = server_command(&programs.join("postgres"), folder);
    command.arg("-D").arg(data).arg("-p").arg(port.to_string());
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    let log = fs::File::create(folder.join("log"))?;
    command.stdout(log.try_clone()?).stderr(log);
    Guarded::start(command, Signal::Quit)
}

/// A server program in `folder`, as the account that may run it.
fn server_command(program: &Path, folder: &Path) -> Command {
    let mut command = process::command(program, system_user());
    command.current_dir(folder);
    command
}

fn system_user() -> Option<&'static str> {
    process::is_root().then_some(SYSTEM_USER)
}

/// A folder that the server's account owns and can reach: below `preferred`, else where temporary files live on disk.
fn scratch_folder(preferred: &Path) -> Result<TempDir> {
    let reachable = |folder: &&Path| {
        let mut test = process::command("test", system_user());
        process::succeeds(test.arg("-x").arg(folder))
    };
    let candidates = [preferred, Path::new("/var/tmp"), Path::new("/tmp")];
    let parent = candidates.into_iter().find(reachable);
    let parent = parent.context("no folder for PostgreSQL's files (as root, setpriv is needed)")?;
    let folder = tempfile::Builder::new().prefix("pg-").tempdir_in(parent)?;
    if let Some(user) = system_user() {
        process::output(Command::new("chown").arg(user).arg(folder.path()))?;
    }
    Ok(folder)
}

/// A loopback port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
