//! One scratch cluster: its folder, its locks, its server.
//!
//! ```text
//! /tmp/guildhall-pg-<hash of the workspace>-<uid>/    short, since the path of a socket is limited to 107 bytes
//!     lock        held exclusively while the cluster is started or stopped
//!     users       held shared by every process that uses the cluster
//!     watchdog    held exclusively by the watchdog on duty, which runs watchdog.sh
//!     pg/         owned by the account that runs the server: data/, log, the socket
//! ```
//!
//! **Invariant:** a process looks at `pg/` only while it holds `lock`, until it holds `users`; from then on the
//! cluster stays.

use super::Certificate;
use super::folder::{self, found, open};
use super::processes::{children, has_ended, wait_until};
use super::tools::{Account, Tools, output};
use anyhow::{Context, ensure};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// The database that is always there, for statements about other databases.
pub(super) const MAINTENANCE: &str = "postgres";

const SUPERUSER: &str = "postgres";
const PORT: u16 = 5432;
const WATCHDOG: &str = include_str!("watchdog.sh");
/// The outer shell ends at once, so that the watchdog is nobody's child.
const LAUNCH: &str = r#"command -v flock || exit 1; sh "$@" &"#;
const UNUSED_SECONDS: u32 = 20;
const START_SECONDS: u32 = 60;

/// What a crash of the server may cost.
#[derive(Clone, Copy, Debug)]
enum Durability {
    /// The last transactions. Fast.
    Volatile,
    /// Nothing, as long as the machine stays up.
    CrashSafe,
}

/// A cluster that runs, and that stays while this value lives.
#[derive(Debug)]
pub(super) struct Cluster {
    tools: Tools,
    folder: PathBuf,
    /// Stopped and removed with the value.
    exclusive: bool,
    /// Part of the socket's name, and of the address where it listens on one.
    port: AtomicU16,
    /// The shared lock that keeps the watchdog away; released by the system when the process ends, however it ends.
    _users: File,
}

impl Cluster {
    /// The cluster of this workspace and user, started if need be.
    pub(super) fn shared() -> anyhow::Result<Cluster> {
        let tools = Tools::find()?;
        let folder = folder::of_workspace(tools.uid);
        let _lock = folder::lock(&folder, tools.uid)?;
        let cluster = Cluster::enter(tools, folder, false)?;
        if !cluster.answers() {
            cluster.build(Durability::Volatile)?;
        }
        cluster.ensure_watchdog()?;
        Ok(cluster)
    }

    /// A new cluster in a folder of its own.
    pub(super) fn exclusive() -> anyhow::Result<Cluster> {
        let tools = Tools::find()?;
        let folder = tempfile::Builder::new()
            .prefix("guildhall-pg-x")
            .tempdir_in(folder::TEMPORARY)?
            .keep();
        // Nobody but the watchdog looks for this lock, and it stays away while we hold `users`.
        open(&folder.join("lock"))?;
        let cluster = Cluster::enter(tools, folder, true)?;
        cluster.ensure_watchdog()?;
        cluster.build(Durability::CrashSafe)?;
        Ok(cluster)
    }

    /// Keeps the watchdog away from now on. Of a shared folder the caller holds `lock`.
    fn enter(tools: Tools, folder: PathBuf, exclusive: bool) -> anyhow::Result<Cluster> {
        let users = open(&folder.join("users"))?;
        users.lock_shared()?;
        Ok(Cluster {
            tools,
            folder,
            exclusive,
            port: AtomicU16::new(PORT),
            _users: users,
        })
    }

    #[cfg(test)]
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of a database in this cluster. Names and folder need no escaping but the slashes.
    pub(super) fn url(&self, database: &str) -> String {
        let host = self
            .socket_folder()
            .display()
            .to_string()
            .replace('/', "%2F");
        format!("postgres://{SUPERUSER}@{host}:{}/{database}", self.port())
    }

    /// Runs SQL in a database, given by name or URL.
    pub(super) fn query(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let mut psql = self.tools.psql();
        psql.arg("-h").arg(self.socket_folder());
        psql.args([
            "-p",
            &self.port().to_string(),
            "-U",
            SUPERUSER,
            "-c",
            sql,
            "-d",
            database,
        ]);
        output(psql)
    }

    /// Starts the server and waits until it accepts connections.
    pub(super) fn start(&self) -> anyhow::Result<()> {
        let log = self.log();
        let start = || {
            let mut pg_ctl = self.pg_ctl("start");
            pg_ctl
                .arg("-l")
                .arg(&log)
                .args(["-t", &START_SECONDS.to_string()]);
            output(pg_ctl)
        };
        let outcome = start().with_context(|| {
            let log = fs::read_to_string(&log).unwrap_or_default();
            format!("the scratch cluster does not start; its log:\n{log}")
        });
        outcome.map(drop)
    }

    /// Starts the server anew, on a port of loopback too, where it takes encrypted connections alone.
    pub(super) fn serve_tls(&self, certificate: &Certificate) -> anyhow::Result<u16> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        self.stop()?;
        self.give("server.crt", &certificate.chain)?;
        self.give("server.key", &certificate.key)?;
        self.give(
            "pg_hba.conf",
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
        )?;
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))?;
        write!(
            file,
            "\nssl = on\nlisten_addresses = '127.0.0.1'\nport = {port}\n"
        )?;
        self.port.store(port, Ordering::Relaxed);
        self.start()?;
        Ok(port)
    }

    /// Puts a file among the server's data, for the server alone.
    fn give(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.data().join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        if let Some(Account { uid, gid }) = self.tools.server_account {
            chown(&path, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    fn port(&self) -> u16 {
        self.port.load(Ordering::Relaxed)
    }

    /// Stops the server; open connections are ended.
    pub(super) fn stop(&self) -> anyhow::Result<()> {
        let mut pg_ctl = self.pg_ctl("stop");
        pg_ctl.args(["-m", "fast"]);
        output(pg_ctl).map(drop)
    }

    /// Kills the server and its children, and waits until they are gone.
    pub(super) fn kill(&self) -> anyhow::Result<()> {
        let server = self.server_process().context("the server is not running")?;
        let mut all = children(server);
        all.push(server);
        let numbers = all.iter().map(u32::to_string);
        // Those that ended by themselves meanwhile make `kill` fail.
        let _ = Command::new("sh")
            .args(["-c", "kill -KILL \"$@\"", "kill"])
            .args(numbers)
            .stderr(Stdio::null())
            .status()?;
        wait_until("the killed server is gone", || {
            all.iter().all(|process| has_ended(*process))
        })?;
        self.forget_server()
    }

    /// Removes the files that name the killed server. Where nobody collects dead processes, the next server would take
    /// the number in them for a living one.
    fn forget_server(&self) -> anyhow::Result<()> {
        found(fs::remove_file(self.data().join("postmaster.pid")))?;
        let mut socket_lock = self.socket().into_os_string();
        socket_lock.push(".lock");
        found(fs::remove_file(socket_lock))?;
        Ok(())
    }

    fn pg_ctl(&self, action: &str) -> Command {
        let mut command = self.tools.server_program("pg_ctl");
        command
            .arg(action)
            .arg("-D")
            .arg(self.data())
            .args(["-s", "-w"]);
        command
    }

    fn socket_folder(&self) -> PathBuf {
        self.folder.join("pg")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("pg/data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("pg/log")
    }

    fn socket(&self) -> PathBuf {
        self.socket_folder()
            .join(format!(".s.PGSQL.{}", self.port()))
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket()).is_ok()
    }

    /// Makes the cluster anew, whatever stands there, and starts it.
    fn build(&self, durability: Durability) -> anyhow::Result<()> {
        self.clear()?;
        self.make_server_folder()?;
        let mut initdb = self.tools.server_program("initdb");
        initdb.arg("-D").arg(self.data());
        initdb.args([
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        output(initdb)?;
        self.configure(durability)?;
        self.start()
    }

    /// Removes what an earlier server left, and the server itself should it hang.
    fn clear(&self) -> anyhow::Result<()> {
        if self.server_process().is_some() {
            self.kill()?;
        }
        found(fs::remove_dir_all(self.socket_folder()))?;
        Ok(())
    }

    fn make_server_folder(&self) -> anyhow::Result<()> {
        // Whatever the umask: the server's account passes through our folder, and nobody else gets into its own.
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755))?;
        let folder = self.socket_folder();
        DirBuilder::new().mode(0o700).create(&folder)?;
        if let Some(Account { uid, gid }) = self.tools.server_account {
            chown(&folder, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    fn configure(&self, durability: Durability) -> anyhow::Result<()> {
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))?;
        let socket_folder = self.socket_folder();
        let safe = match durability {
            Durability::Volatile => "off",
            Durability::CrashSafe => "on",
        };
        write!(
            file,
            "
            listen_addresses = ''
            unix_socket_directories = '{}'
            unix_socket_permissions = 0700
            port = {PORT}
            max_connections = 300
            fsync = off
            synchronous_commit = {safe}
            full_page_writes = {safe}
            jit = off
            ",
            socket_folder.display()
        )?;
        Ok(())
    }

    /// The number of the server's first process, if it is alive and really the server of this folder.
    fn server_process(&self) -> Option<u32> {
        let recorded = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let process: u32 = recorded.lines().next()?.trim().parse().ok()?;
        let command = fs::read(format!("/proc/{process}/cmdline")).ok()?;
        let data = self.data().display().to_string();
        String::from_utf8_lossy(&command)
            .contains(&data)
            .then_some(process)
    }

    /// Starts a watchdog unless one is on duty. It runs on its own, in its own process group.
    fn ensure_watchdog(&self) -> anyhow::Result<()> {
        if open(&self.folder.join("watchdog"))?.try_lock().is_err() {
            return Ok(());
        }
        let script = self.folder.join("watchdog.sh");
        // A new file: a shell may still be reading the old one.
        found(fs::remove_file(&script))?;
        fs::write(&script, WATCHDOG)?;
        let status = Command::new("sh")
            .args(["-c", LAUNCH, "launch"])
            .args([&script, &self.folder])
            .arg(UNUSED_SECONDS.to_string())
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        ensure!(
            status.success(),
            "the watchdog of the scratch cluster needs `flock` (util-linux)"
        );
        Ok(())
    }

    /// Stops without care and removes everything. The watchdog sees its file gone and ends; the move comes first so
    /// that it cannot make a file in a folder that is being emptied.
    fn remove(&self) -> anyhow::Result<()> {
        self.clear()?;
        let gone = self.folder.with_extension("gone");
        fs::rename(&self.folder, &gone)?;
        fs::remove_dir_all(gone)?;
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.exclusive {
            // Should it fail, the watchdog tries again.
            let _ = self.remove();
        }
    }
}
