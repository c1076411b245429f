//! Commands of the shell, in a sandbox made by `bwrap` (bubblewrap): namespaces
//! of its own for processes, users, mounts and the network, the system's
//! programs read-only, nothing of the host's files and no variables of its
//! environment.
//!
//! **Invariant:** everything that a command starts ends with it: the sandbox's
//! first process is killed with ours, and all others with that.
//!
//! **Invariant:** a command of an agent that is confined sees the parts of the
//! work folder that are its own, and no other. What was mounted is compared,
//! inside and before the command, with what was meant: a link that somebody
//! puts in the way at the wrong moment ends it.
//!
//! How many processes a command may have is bounded by the kernel for servers
//! that do not run as root; for those that do, time is the bound.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use domain::{Error, Result, limits};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Root;

/// What a command may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds until it is killed.
    pub seconds: u64,
    /// Bytes that are kept of each of its two streams.
    pub output_bytes: usize,
    /// Whether it may reach the network.
    pub network: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seconds: limits::COMMAND_SECONDS,
            output_bytes: limits::COMMAND_OUTPUT_BYTES,
            network: false,
        }
    }
}

/// What of the work folder a command sees and changes.
#[derive(Clone, Debug, Default)]
pub(crate) enum Reach {
    /// All of it.
    #[default]
    All,
    /// These parts; the rest is not there.
    Parts(Vec<Pinned>),
}

/// A file or folder of the work folder, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pinned {
    /// Its path below the work folder.
    pub(crate) path: PathBuf,
    /// By which the system knows it: of which device, and its number there.
    pub(crate) id: (u64, u64),
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; that of a command that was killed is 128 and the signal.
    pub exit_code: i32,
    /// What it printed, or the beginning and the end of that.
    pub stdout: String,
    /// What it complained about, in the same way.
    pub stderr: String,
    /// Whether it was killed because it ran too long.
    pub timed_out: bool,
}

/// How commands are shut in on this machine.
pub(super) struct Sandbox {
    /// Options that not every version has.
    extra: &'static [&'static str],
}

const PROGRAM: &str = "bwrap";
/// Where programs are, that one too.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Options of newer versions, tried first.
const EXTRAS: [&[&str]; 2] = [&["--disable-userns"], &[]];
const SHUT_IN: &[&str] = &[
    "--unshare-all",
    "--unshare-user",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--cap-drop",
    "ALL",
    "--uid",
    "65534",
    "--gid",
    "65534",
    "--hostname",
    "guildhall",
    "--ro-bind",
    "/usr",
    "/usr",
    "--ro-bind-try",
    "/bin",
    "/bin",
    "--ro-bind-try",
    "/sbin",
    "/sbin",
    "--ro-bind-try",
    "/lib",
    "/lib",
    "--ro-bind-try",
    "/lib32",
    "/lib32",
    "--ro-bind-try",
    "/lib64",
    "/lib64",
    "--ro-bind-try",
    "/etc/alternatives",
    "/etc/alternatives",
    "--ro-bind-try",
    "/etc/ld.so.cache",
    "/etc/ld.so.cache",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--size",
    "67108864",
    "--tmpfs",
    "/dev/shm",
    "--remount-ro",
    "/dev",
    "--size",
    "268435456",
    "--tmpfs",
    "/tmp",
    "--setenv",
    "PATH",
    PATH,
    "--setenv",
    "HOME",
    "/work",
    "--setenv",
    "LANG",
    "C.UTF-8",
    "--setenv",
    "TERM",
    "dumb",
];
/// What names and certificates need, where there is a network.
const NETWORK: &[&str] = &[
    "--share-net",
    "--ro-bind-try",
    "/etc/resolv.conf",
    "/etc/resolv.conf",
    "--ro-bind-try",
    "/etc/ssl",
    "/etc/ssl",
    "--ro-bind-try",
    "/etc/nsswitch.conf",
    "/etc/nsswitch.conf",
];
/// Looks whether the parts of the work folder are those that were meant: their
/// number, and for each its path and its id. Goes before [`PREAMBLE`].
const COMPARE: &str = "n=$1; shift; while [ \"$n\" -gt 0 ]; do \
    [ \"$(stat -c %d:%i -- \"$1\")\" = \"$2\" ] || { echo 'the work folder changed meanwhile: try again' >&2; exit 126; }; \
    shift 2; n=$((n-1)); done; ";
/// Sets the limits and becomes the command. The number of processes has
/// another letter in each shell.
const PREAMBLE: &str = "ulimit -c 0; ulimit -v \"$1\" && ulimit -t \"$2\" && ulimit -f \"$3\" || exit 126; \
    ulimit -u \"$4\" 2>/dev/null || ulimit -p \"$4\" 2>/dev/null; \
    sh=/bin/sh; [ -x /bin/bash ] && sh=/bin/bash; text=$5; shift 5; exec \"$sh\" -c \"$text\" \"$sh\" \"$@\"";

/// How long the probe and the last bytes of a killed command may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The exit code that shells give to a command that was killed.
const KILLED: i32 = 137;
/// What stands where a text was cut.
const GAP: &str = "\n[... cut ...]\n";

impl Sandbox {
    /// Tries whether there is one. The refusal says what is missing.
    pub(super) async fn probe() -> std::result::Result<Self, String> {
        let mut refusal = String::new();
        for extra in EXTRAS {
            let mut command = shut_in(extra);
            let command = command.arg("/bin/true").stdin(Stdio::null());
            match timeout(PATIENCE, command.output()).await {
                Ok(Ok(output)) if output.status.success() => return Ok(Self { extra }),
                Ok(Ok(output)) => {
                    let said = String::from_utf8_lossy(&output.stderr);
                    refusal = format!("bwrap does not work here ({})", said.trim());
                }
                Ok(Err(_)) => return Err("bubblewrap (bwrap) is not installed".into()),
                Err(_) => refusal = "bwrap does not answer".into(),
            }
        }
        tracing::warn!(%refusal, "hosted agents have no shell");
        Err(refusal)
    }

    /// What the command sees, and how it is begun there.
    fn settle(&self, command: &mut Command, place: &Path, reach: &Reach, network: bool) {
        if network {
            command.args(NETWORK);
        }
        let (files, attachments) = (Root::Files, Root::Attachments);
        let here = place.join(files.folder());
        match reach {
            Reach::All => {
                command.arg("--bind").arg(&here).arg(files.as_str());
            }
            Reach::Parts(parts) => {
                command.args(["--dir", files.as_str()]);
                for Pinned { path, .. } in parts {
                    let there = Path::new(files.as_str()).join(path);
                    command.arg("--bind").arg(here.join(path)).arg(there);
                }
            }
        }
        let here = place.join(attachments.folder());
        command.arg("--ro-bind").arg(here).arg(attachments.as_str());
        command.args(["--remount-ro", "/", "--chdir", files.as_str(), "--"]);
        command.args(["/bin/sh", "-c"]);
        command.arg(format!("{COMPARE}{PREAMBLE}")).arg("sh");
        let parts: &[Pinned] = match reach {
            Reach::All => &[],
            Reach::Parts(parts) => parts,
        };
        command.arg(parts.len().to_string());
        for Pinned { path, id } in parts {
            command.arg(Path::new(files.as_str()).join(path));
            command.arg(format!("{}:{}", id.0, id.1));
        }
    }

    /// Starts a program that speaks over its standard streams. It is bounded
    /// like a command, but for its time.
    pub(super) fn start(
        &self,
        (place, reach): (&Path, &Reach),
        words: &[String],
        variables: &[(String, String)],
        network: bool,
    ) -> Result<Child> {
        let size: usize = words.iter().map(String::len).sum();
        let pairs = variables
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let is_whole = |text: &String| !text.contains('\0');
        let is_fine = |(name, value): &(String, String)| {
            is_whole(value) && is_whole(name) && !name.is_empty() && !name.contains('=')
        };
        if size + pairs.sum::<usize>() > limits::COMMAND_BYTES
            || !words.iter().all(is_whole)
            || !variables.iter().all(is_fine)
        {
            return Err(Error::field(
                "command",
                "must be texts that a program can be given",
            ));
        }
        // Variables of our own command would be those of `bwrap` itself, on
        // which some of them work outside of the sandbox.
        let mut command = shut_in(self.extra);
        for (name, value) in variables {
            command.args(["--setenv", name, value]);
        }
        self.settle(&mut command, place, reach, network);
        command.args(bounds("unlimited".into()));
        command.arg("exec \"$@\"").args(words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.spawn().map_err(|cause| broken(&cause))
    }

    pub(super) async fn run(
        &self,
        (place, reach): (&Path, &Reach),
        text: &str,
        limits: Limits,
    ) -> Result<Ran> {
        if text.len() > limits::COMMAND_BYTES || text.contains('\0') {
            return Err(Error::field(
                "command",
                format!("must be a text of at most {} bytes", limits::COMMAND_BYTES),
            ));
        }
        let seconds = limits.seconds.clamp(1, limits::COMMAND_SECONDS_MAX);
        let mut command = shut_in(self.extra);
        self.settle(&mut command, place, reach, limits.network);
        command.args(bounds(seconds.to_string())).arg(text);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|cause| broken(&cause))?;
        wait(child, Duration::from_secs(seconds), limits.output_bytes).await
    }
}

/// Memory, seconds of processor time, size of files and number of processes,
/// as [`PREAMBLE`] takes them.
fn bounds(seconds: String) -> [String; 4] {
    let kib = |bytes: u64| (bytes / 1_024).to_string();
    [
        kib(limits::COMMAND_MEMORY_BYTES),
        seconds,
        // Blocks of 512 bytes or of 1024, as the shell counts.
        kib(limits::COMMAND_FILE_BYTES),
        limits::COMMAND_PROCESSES.to_string(),
    ]
}

/// The program that makes the sandbox. Its own environment is seen inside, as
/// that of the first process, so it has none of ours.
fn shut_in(extra: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("PATH", PATH).kill_on_drop(true);
    command.args(SHUT_IN).args(extra);
    command
}

async fn wait(mut child: Child, time: Duration, most: usize) -> Result<Ran> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut out = tokio::spawn(keep(stdout, most));
    let mut err = tokio::spawn(keep(stderr, most));
    let waited = timeout(time, child.wait()).await;
    let timed_out = waited.is_err();
    if timed_out {
        // Everything inside ends with it, and with that the streams.
        let _ = child.kill().await;
    }
    let stdout = ending(&mut out).await;
    let stderr = ending(&mut err).await;
    let exit_code = match waited {
        Ok(status) => code(status.map_err(|cause| broken(&cause))?),
        Err(_) => KILLED,
    };
    Ok(Ran {
        exit_code,
        stdout,
        stderr,
        timed_out,
    })
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let killed = || status.signal().map(|signal| signal.saturating_add(128));
    status.code().or_else(killed).unwrap_or(KILLED)
}

async fn ending(reading: &mut tokio::task::JoinHandle<String>) -> String {
    match timeout(PATIENCE, &mut *reading).await {
        Ok(read) => read.unwrap_or_default(),
        Err(_) => {
            reading.abort();
            String::new()
        }
    }
}

/// Reads everything and keeps the beginning and the end.
async fn keep(stream: Option<impl AsyncRead + Unpin>, most: usize) -> String {
    let Some(mut stream) = stream else {
        return String::new();
    };
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    let (head_bytes, tail_bytes) = (most / 2, most - most / 2);
    let mut is_cut = false;
    let mut buffer = vec![0; 16 << 10];
    while let Ok(n) = stream.read(&mut buffer).await {
        let Some(read) = buffer.get(..n).filter(|read| !read.is_empty()) else {
            break;
        };
        let room = head_bytes.saturating_sub(head.len()).min(n);
        let (first, rest) = read.split_at(room);
        head.extend_from_slice(first);
        tail.extend_from_slice(rest);
        if tail.len() > tail_bytes.saturating_mul(2) {
            tail.drain(..tail.len() - tail_bytes);
            is_cut = true;
        }
    }
    if tail.len() > tail_bytes {
        tail.drain(..tail.len() - tail_bytes);
        is_cut = true;
    }
    let gap = if is_cut { GAP.as_bytes() } else { b"" };
    String::from_utf8_lossy(&[&head, gap, &tail].concat()).into_owned()
}

fn broken(cause: &std::io::Error) -> Error {
    tracing::error!(%cause, "a command cannot be run");
    Error::internal()
}
