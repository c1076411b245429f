//! The PostgreSQL programs of this machine, and how to run them.
//!
//! **Invariant:** a program started here sees no `PG*` variable of the environment, so that only its arguments decide
//! which server it talks to. The server refuses to run as root; as root its programs run as the user `postgres`.

use anyhow::{Context, bail, ensure};
use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where Debian and its relatives keep one folder per installed version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The account that runs the server when the tests run as root.
const SERVER_ACCOUNT: &str = "postgres";

/// A user and group of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The programs, and who runs them.
#[derive(Debug)]
pub(super) struct Tools {
    folder: PathBuf,
    psql: PathBuf,
    /// Who we are.
    pub(super) uid: u32,
    /// Who runs the server, when that is not us.
    pub(super) server_account: Option<Account>,
}

impl Tools {
    /// Looks for the programs on the search path, then among the installed versions, newest first.
    pub(super) fn find() -> anyhow::Result<Tools> {
        let folder = server_folder().context(
            "initdb, pg_ctl and postgres were found neither on PATH nor below /usr/lib/postgresql: \
             install the PostgreSQL server (Debian: postgresql)",
        )?;
        let psql = [folder.clone()]
            .into_iter()
            .chain(search_path())
            .chain(installed_versions())
            .map(|folder| folder.join("psql"))
            .find(|psql| psql.is_file())
            .context(
                "psql was not found: install the PostgreSQL client (Debian: postgresql-client)",
            )?;
        let uid = own_uid()?;
        let server_account = if uid == 0 {
            Some(account(SERVER_ACCOUNT)?)
        } else {
            None
        };
        Ok(Tools {
            folder,
            psql,
            uid,
            server_account,
        })
    }

    /// A program of the server, to be run by the account that owns the cluster.
    pub(super) fn server_program(&self, name: &str) -> Command {
        let mut command = quiet(&self.folder.join(name));
        if let Some(Account { uid, gid }) = self.server_account {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// `psql`, without start-up files, printing bare values and stopping at the first error.
    pub(super) fn psql(&self) -> Command {
        let mut command = quiet(&self.psql);
        command.args(["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1"]);
        command
    }
}

/// Runs the command; gives its standard output without the last newline, or an error with its standard error.
pub(super) fn output(mut command: Command) -> anyhow::Result<String> {
    let name = command.get_program().display().to_string();
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .with_context(|| format!("{name} cannot be run"))?;
    let stdout = String::from_utf8_lossy(&stdout);
    ensure!(
        status.success(),
        "{name}: {status}\n{}{stdout}",
        String::from_utf8_lossy(&stderr)
    );
    Ok(stdout.trim_end_matches('\n').to_owned())
}

fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| is_client_setting(name)) {
        command.env_remove(name);
    }
    // The folder of the caller may be closed to the server's account; a fixed zone spares initdb its search.
    command
        .current_dir("/")
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

fn is_client_setting(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"PG")
}

fn server_folder() -> Option<PathBuf> {
    let has_all = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    let on_path = search_path().into_iter().find(has_all).map(real_folder);
    on_path.or_else(|| installed_versions().into_iter().find(has_all))
}

/// The folder that `initdb` really lives in: a link on the search path has no neighbours.
fn real_folder(folder: PathBuf) -> PathBuf {
    let initdb = folder.join("initdb").canonicalize().ok();
    initdb
        .and_then(|path| path.parent().map(Path::to_owned))
        .unwrap_or(folder)
}

fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The programs' folders of the installed versions, newest first.
fn installed_versions() -> Vec<PathBuf> {
    let version = |folder: PathBuf| -> Option<(u32, PathBuf)> {
        let number = folder.file_name()?.to_str()?.parse().ok()?;
        Some((number, folder.join("bin")))
    };
    let mut versions: Vec<_> = Path::new(VERSIONS)
        .read_dir()
        .map(|entries| {
            entries
                .flatten()
                .filter_map(|entry| version(entry.path()))
                .collect()
        })
        .unwrap_or_default();
    versions.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// Our own user id, read off a file that we make.
fn own_uid() -> anyhow::Result<u32> {
    let file = tempfile::tempfile().context("a temporary file")?;
    Ok(file.metadata()?.uid())
}

fn account(name: &str) -> anyhow::Result<Account> {
    let id = |option: &str| -> anyhow::Result<u32> {
        let mut command = quiet(Path::new("id"));
        command.args([option, name]);
        Ok(output(command)?.parse()?)
    };
    match (id("-u"), id("-g")) {
        (Ok(uid), Ok(gid)) => Ok(Account { uid, gid }),
        _ => bail!("PostgreSQL does not run as root, and there is no user `{name}` to run it"),
    }
}
