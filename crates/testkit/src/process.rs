//! The `guildhall` binary as a child process, for what only a real process can show: start-up, signals, crashes.
//!
//! **Invariants:** a server started here is dead once its [`Guildhall`] is dropped; settings in the environment
//! (`GUILDHALL_...`) reach a child only if the test passes them on; both output streams are always drained, so no
//! child ever waits for its reader.
//!
//! ```no_run
//! # let binary = "guildhall";
//! use testkit::process::Guildhall;
//!
//! let server = Guildhall::command(binary).arg("--dev").database("sqlite:/tmp/x.db").start();
//! server.client().get("/healthz").ok();
//! ```
//!
//! In a test of the crate that owns the binary, its path is `env!("CARGO_BIN_EXE_guildhall")`.

mod transcript;

use crate::http::Client;
use anyhow::{Context, bail};
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use transcript::Transcript;

/// What the server prints on standard error, followed by its address, when it is ready.
const READY: &str = "listening on http://";

const START_PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);

/// How to start a server; can be started again and again.
#[derive(Clone, Debug)]
#[must_use = "nothing runs until `start`"]
pub struct Command {
    binary: PathBuf,
    listen: String,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl Command {
    /// Adds an argument of `serve`.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Command {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments of `serve`.
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Command {
        arguments.into_iter().fold(self, Command::arg)
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Command {
        self.environment
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Uses this database.
    pub fn database(self, url: &str) -> Command {
        self.args(["--database", url])
    }

    /// Listens on this address instead of a free port of 127.0.0.1.
    pub fn listen(mut self, address: &str) -> Command {
        address.clone_into(&mut self.listen);
        self
    }

    /// Runs in this folder.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Command {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it ends or is not ready within 20 seconds, with what it printed.
    #[track_caller]
    #[must_use]
    pub fn start(&self) -> Guildhall {
        self.try_start().unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// Starts the server and waits until it is ready, for tests in which it should refuse to start.
    ///
    /// # Errors
    ///
    /// When it ends or is not ready within 20 seconds; the message has what it printed on standard error.
    pub fn try_start(&self) -> anyhow::Result<Guildhall> {
        let mut server = self.spawn()?;
        let ready = server.stderr.wait_for(START_PATIENCE, address);
        match ready {
            Some(address) => server.address = address,
            None => bail!("{}", server.failure()),
        }
        Ok(server)
    }

    fn spawn(&self) -> anyhow::Result<Guildhall> {
        let mut command = tame(&self.binary);
        command
            .args(["serve", "--listen", &self.listen])
            .args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be run", self.binary.display()))?;
        let stdout = Transcript::of(child.stdout.take().expect("a pipe"));
        let stderr = Transcript::of(child.stderr.take().expect("a pipe"));
        Ok(Guildhall {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            stdout,
            stderr,
        })
    }
}

/// A running server. Killed when dropped.
#[derive(Debug)]
pub struct Guildhall {
    child: Child,
    address: SocketAddr,
    stdout: Transcript,
    stderr: Transcript,
}

impl Guildhall {
    /// A server to be started from this binary, as `serve --listen 127.0.0.1:0`.
    pub fn command(binary: impl AsRef<Path>) -> Command {
        Command {
            binary: binary.as_ref().to_owned(),
            listen: "127.0.0.1:0".to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
        }
    }

    /// The address the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's URL, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client without a key.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.base_url())
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the server printed on standard error so far; all of it once it has ended.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// What the server printed on standard output so far; all of it once it has ended.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Kills the server at once (SIGKILL), as a crash would, and waits until it is gone.
    ///
    /// # Panics
    ///
    /// When the system refuses.
    pub fn kill9(&mut self) {
        self.child.kill().expect("the child can be killed");
        self.child.wait().expect("the child can be waited for");
        self.drain();
    }

    /// Asks the server to stop (SIGTERM). See [`wait`](Self::wait).
    ///
    /// # Panics
    ///
    /// When the server has ended already.
    pub fn terminate(&self) {
        let status = std::process::Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status()
            .expect("a shell");
        assert!(
            status.success(),
            "the server has ended already:\n{}",
            self.stderr()
        );
    }

    /// Waits until the server ends by itself or by [`terminate`](Self::terminate).
    ///
    /// # Panics
    ///
    /// When it still runs after this time, with what it printed on standard error.
    #[track_caller]
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                self.drain();
                return status;
            }
            assert!(
                begin.elapsed() < patience,
                "the server does not stop:\n{}",
                self.stderr()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Reads what an ended server has still to say.
    fn drain(&self) {
        self.stdout.wait_for_end();
        self.stderr.wait_for_end();
    }

    fn failure(&mut self) -> String {
        let ended = self
            .stderr
            .wait_for_end()
            .then(|| self.child.wait().ok())
            .flatten();
        let what = ended.map_or_else(
            || format!("the server was not ready within {START_PATIENCE:?}"),
            |status| format!("the server did not start: {status}"),
        );
        format!("{what}; it printed:\n{}", self.stderr())
    }
}

impl Drop for Guildhall {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command that ran to its end left.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl Output {
    /// Expects success and gives the standard output.
    ///
    /// # Panics
    ///
    /// When the command failed, with both outputs.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(
            self.status.success(),
            "{}\n{}\n{}",
            self.status,
            self.stderr,
            self.stdout
        );
        self.stdout
    }
}

/// Runs a command to its end, without input.
///
/// # Panics
///
/// When it cannot be run.
#[track_caller]
pub fn run(binary: impl AsRef<Path>, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let binary = binary.as_ref();
    let output = tame(binary)
        .args(arguments)
        .envs(environment.iter().copied())
        .output();
    let output =
        output.unwrap_or_else(|error| panic!("{} cannot be run: {error}", binary.display()));
    Output {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A command without input and without the settings of the environment.
fn tame(binary: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"GUILDHALL_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// The address in the line that says that the server is ready. The line may be a log line in JSON or in colour.
fn address(printed: &str) -> Option<SocketAddr> {
    let (_, rest) = printed.split_once(READY)?;
    let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c)))?;
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Command, Guildhall, address, run};
    use std::fs;
    use std::os::unix::process::ExitStatusExt;
    use std::time::Duration;
    use tempfile::TempDir;

    /// A shell that takes the arguments of the server: `sh serve ...` runs the file `serve` of its folder.
    fn fake(script: &str) -> (Command, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("serve"), script).expect("a script");
        (
            Guildhall::command("/bin/sh").current_dir(folder.path()),
            folder,
        )
    }

    const READY: &str =
        "echo out; echo '{\"message\":\"listening on http://127.0.0.1:4321\"}' >&2\n";

    /// Says goodbye when it is asked to stop. The trap comes first: a server that is ready may be asked at once.
    fn polite() -> (Command, TempDir) {
        fake(&format!(
            "trap 'echo bye >&2; exit 0' TERM\n{READY} while :; do sleep 0.05; done"
        ))
    }

    #[test]
    fn the_address_is_read_from_the_start_up_line() {
        let (command, _folder) = fake(&format!("echo before >&2; {READY} exec sleep 60"));
        let server = command.start();
        assert_eq!(server.base_url(), "http://127.0.0.1:4321");
        assert!(server.stderr().starts_with("before\n"));
    }

    #[test]
    fn arguments_and_environment_reach_the_server() {
        let (command, _folder) = fake(&format!(
            "echo \"$* $GUILDHALL_X\" >&2; {READY} exec sleep 60"
        ));
        let server = command
            .arg("--dev")
            .database("sqlite:x")
            .env("GUILDHALL_X", "y")
            .start();
        assert!(
            server
                .stderr()
                .starts_with("--listen 127.0.0.1:0 --dev --database sqlite:x y\n"),
            "{}",
            server.stderr()
        );
    }

    #[test]
    fn a_server_that_ends_is_reported_with_its_last_words() {
        let (command, _folder) = fake("echo 'no database' >&2; exit 3");
        let error = command.try_start().expect_err("a failure").to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("no database"),
            "{error}"
        );
    }

    #[test]
    fn terminate_lets_the_server_say_goodbye() {
        let (command, _folder) = polite();
        let mut server = command.start();
        server.terminate();
        assert!(server.wait(Duration::from_secs(10)).success());
        assert!(server.stderr().ends_with("bye\n"));
        assert_eq!(server.stdout(), "out\n");
    }

    #[test]
    fn kill9_does_not() {
        let (command, _folder) = polite();
        let mut server = command.start();
        server.kill9();
        assert_eq!(server.wait(Duration::ZERO).signal(), Some(9));
        assert!(!server.stderr().contains("bye"));
    }

    #[test]
    #[should_panic(expected = "the server does not stop")]
    fn waiting_in_vain_is_a_failure() {
        let (command, _folder) = fake(&format!("{READY}exec sleep 60"));
        command.start().wait(Duration::from_millis(20));
    }

    #[test]
    fn a_dropped_server_is_dead() {
        let (command, _folder) = fake(&format!("{READY}exec sleep 60"));
        let server = command.start();
        let alive = format!("kill -0 {}", server.id());
        run("/bin/sh", &["-c", &alive], &[]).ok();
        drop(server);
        assert!(!run("/bin/sh", &["-c", &alive], &[]).status.success());
    }

    #[test]
    fn a_command_gives_status_and_both_outputs() {
        let output = run(
            "/bin/sh",
            &["-c", "echo $A; echo err >&2; exit 4"],
            &[("A", "b")],
        );
        assert_eq!(output.status.code(), Some(4));
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("b\n", "err\n")
        );
    }

    #[test]
    fn addresses_are_found_in_all_kinds_of_lines() {
        let ipv4 = "127.0.0.1:80".parse().ok();
        assert_eq!(address("INFO listening on http://127.0.0.1:80\n"), ipv4);
        assert_eq!(
            address("{\"message\":\"listening on http://127.0.0.1:80\"}\n"),
            ipv4
        );
        assert_eq!(
            address("\u{1b}[1mlistening on http://127.0.0.1:80\u{1b}[0m\n"),
            ipv4
        );
        assert_eq!(
            address("listening on http://[::1]:80/\n"),
            "[::1]:80".parse().ok()
        );
        assert_eq!(address("starting\n"), None);
    }
}
