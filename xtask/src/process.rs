//! Child processes that never outlive this one.
//!
//! **Invariant:** whatever is started through [`Guarded`] is ended when the guard is dropped (also on an error or a
//! panic), and where `setpriv` exists also when this process is killed, because the kernel then signals the child.

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How long a child may take to end after it was asked to.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The signal that ends a child.
#[derive(Clone, Copy)]
pub enum Signal {
    /// Finish and go.
    Term,
    /// PostgreSQL's immediate shutdown.
    Quit,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Quit => "QUIT",
        }
    }
}

/// A running child process, ended with its guard.
pub struct Guarded {
    child: Child,
    signal: Signal,
}

impl Guarded {
    /// Starts `command`; `signal` is what ends it.
    pub fn start(mut command: Command, signal: Signal) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", describe(&command)))?;
        Ok(Self { child, signal })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status when it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end and waits; kills it when it does not.
    pub fn stop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        send(self.signal, self.id());
        let asked = Instant::now();
        while asked.elapsed() < STOP_WITHIN {
            if self.ended().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        // It may have ended in between; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A signal without unsafe code: the shell's own `kill`.
fn send(signal: Signal, id: u32) {
    let script = format!("kill -{} {id}", signal.name());
    // A failure means that the process is gone, which is what we want.
    let _ = Command::new("sh")
        .args(["-c", &script])
        .stderr(Stdio::null())
        .status();
}

/// `program`, as another user when one is given, signalled by the kernel when this process dies.
pub fn command(program: impl Into<PathBuf>, user: Option<&str>) -> Command {
    let program = program.into();
    if find("setpriv").is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// Runs a command to its end and returns its standard output; anything but success is an error that carries what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{} failed ({}):\n{said}{}",
        describe(command),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(said)
}

/// Whether a command starts and ends well.
pub fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// The first program of this name on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Whether this process runs as root (it owns its own entry below /proc).
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}
