//! Work folders: where hosted agents keep their files and run their commands
//! (Polpo 2.14, 4).
//!
//! Every environment has a folder of its own, made at its first use:
//!
//! ```text
//! <hosting.folder>/<environment>/files/        `/work`, which agents change
//! <hosting.folder>/<environment>/attachments/  `/attachments`, which they read
//! ```
//!
//! **Invariant:** no path leads out of these two. Every step of one is resolved
//! by `cap-std` below an open folder, so neither `..` nor an absolute path nor
//! a symbolic link that an agent makes at the wrong moment goes elsewhere.
//!
//! **Invariant:** a command sees the two folders and the system's programs, and
//! writes `/work` alone (`sandbox.rs`). Where there is no such sandbox, no
//! command runs.
//!
//! To add something that is done with files, write it into `folder.rs` or
//! `search.rs` in terms of a `Folder`, without a path of the host.

mod census;
mod folder;
mod path;
mod port;
mod sandbox;
mod search;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use app::App;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use domain::id::EnvironmentId;
use domain::{Error, Result, limits};
use quick_cache::sync::Cache;
use tokio::process::Child;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use census::Census;
pub(crate) use folder::{Entry, Folder, Sort};
pub(crate) use path::{Root, parse as parse_path, shown as shown_path};
pub(crate) use sandbox::Reach;
pub use sandbox::{Limits, Ran};
pub(crate) use search::{Found, Grep, Line, Scope};

use crate::outgoing::Outgoing;
use sandbox::Sandbox;

/// The work folders of every environment. Cheap to clone.
#[derive(Clone)]
pub struct Workspaces(Arc<House>);

struct House {
    root: PathBuf,
    may_reach_network: bool,
    may_start: bool,
    /// The way out of tools that call addresses, made at the first use.
    outgoing: OnceLock<Outgoing>,
    /// Probed at the first question.
    sandbox: tokio::sync::OnceCell<Result<Sandbox, String>>,
    running: Semaphore,
    /// Programs that speak for longer: MCP servers.
    started: Arc<Semaphore>,
    /// Those that were used last: each keeps two folders open.
    open: Cache<EnvironmentId, Arc<Place>>,
}

/// The work folder of one environment. Cheap to clone.
#[derive(Clone)]
pub struct Workspace {
    place: Arc<Place>,
    all: Workspaces,
}

struct Place {
    /// Where it is on the host, for the sandbox alone.
    path: PathBuf,
    files: Folder,
    attachments: Folder,
}

impl Workspaces {
    /// Work folders below `root`, which is made at the first use. Commands may
    /// reach the network where the operator allows it and their caller asks
    /// for it; programs may be started as MCP servers where that is allowed.
    pub fn new(root: impl Into<PathBuf>, may_reach_network: bool, may_start: bool) -> Self {
        Self(Arc::new(House {
            root: root.into(),
            may_reach_network,
            may_start,
            outgoing: OnceLock::new(),
            sandbox: tokio::sync::OnceCell::new(),
            running: Semaphore::new(limits::COMMANDS_AT_ONCE),
            started: Arc::new(Semaphore::new(limits::PROGRAMS_AT_ONCE)),
            open: Cache::new(limits::WORK_FOLDERS_OPEN),
        }))
    }

    /// The work folder of an environment.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be made.
    pub fn of(&self, environment: EnvironmentId) -> Result<Workspace> {
        let open = || Place::open(self.0.root.join(environment.to_string())).map(Arc::new);
        let place = self.0.open.get_or_insert_with(&environment, open);
        Ok(Workspace {
            place: place.map_err(|cause| not_made(&self.0.root, &cause))?,
            all: self.clone(),
        })
    }

    /// Why no command can be run, where none can.
    pub async fn refusal(&self) -> Option<&str> {
        self.sandbox().await.err()
    }

    async fn sandbox(&self) -> Result<&Sandbox, &str> {
        let probed = self.0.sandbox.get_or_init(Sandbox::probe).await;
        probed.as_ref().map_err(String::as_str)
    }
}

impl Workspace {
    /// The work folder of an environment of this application.
    ///
    /// # Errors
    /// `Unavailable` where there are none, or it cannot be made.
    pub fn of(app: &App, environment: EnvironmentId) -> Result<Self> {
        let files: &dyn std::any::Any = app.files()?;
        // There is one implementation of the port, and it is ours.
        let all = files.downcast_ref::<Workspaces>();
        all.ok_or_else(Error::internal)?.of(environment)
    }

    /// Whether there is something at a path, such as `report.md` or
    /// `/work/report.md`.
    pub fn exists(&self, path: &str) -> bool {
        let Ok((folder, path)) = self.at(path) else {
            return false;
        };
        folder.stat(&path).is_ok()
    }

    /// Runs a command of the shell in the work folder.
    ///
    /// # Errors
    /// `Unavailable` (`no_sandbox`) where no command can be run,
    /// `Insufficient` when the folder is full. A command that fails or runs too
    /// long is none of these.
    pub async fn run(&self, command: &str, limits: Limits) -> Result<Ran> {
        self.run_within(&Reach::All, command, limits).await
    }

    /// As [`Workspace::run`], with parts of the work folder alone.
    pub(crate) async fn run_within(
        &self,
        reach: &Reach,
        command: &str,
        limits: Limits,
    ) -> Result<Ran> {
        let sandbox = self.all.sandbox().await.map_err(no_sandbox)?;
        self.on(|work| work.place.files.room(0)).await?;
        let limits = Limits {
            network: limits.network && self.all.0.may_reach_network,
            ..limits
        };
        // It is never closed.
        let _turn = self.all.0.running.acquire().await;
        let place = (self.place.path.as_path(), reach);
        let ran = sandbox.run(place, command, limits).await;
        self.place.files.forget_usage();
        ran
    }

    /// Starts a program in the work folder that speaks over its standard
    /// streams, and ends when it is dropped.
    pub(crate) async fn start(
        &self,
        reach: &Reach,
        words: &[String],
        variables: &[(String, String)],
        network: bool,
    ) -> Result<(Child, OwnedSemaphorePermit)> {
        let turn = Arc::clone(&self.all.0.started).try_acquire_owned();
        let turn = turn.map_err(|_| too_many())?;
        let sandbox = self.all.sandbox().await.map_err(no_sandbox)?;
        self.on(|work| work.place.files.room(0)).await?;
        let network = network && self.all.0.may_reach_network;
        let place = (self.place.path.as_path(), reach);
        let child = sandbox.start(place, words, variables, network)?;
        Ok((child, turn))
    }

    /// Does something with files, where waiting for a disk keeps nobody else
    /// waiting.
    pub(crate) async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&this)).await;
        done.unwrap_or_else(|cause| {
            tracing::error!(%cause, "work on files broke off");
            Err(Error::internal())
        })
    }

    /// The folder that a path names, and the path below it.
    pub(crate) fn at(&self, path: &str) -> Result<(&Folder, PathBuf)> {
        let (root, path) = path::parse(path)?;
        Ok((self.folder(root), path))
    }

    /// One of the two folders.
    pub(crate) fn folder(&self, root: Root) -> &Folder {
        match root {
            Root::Files => &self.place.files,
            Root::Attachments => &self.place.attachments,
        }
    }

    /// Whether the operator lets agents start programs as MCP servers.
    pub(crate) fn may_start(&self) -> bool {
        self.all.0.may_start
    }

    /// The way out of tools that call addresses.
    pub(crate) fn outgoing(&self, app: &App) -> &Outgoing {
        let allow_loopback = app.settings().allow_loopback;
        let made = || Outgoing::new(allow_loopback);
        self.all.0.outgoing.get_or_init(made)
    }

    /// Why no command can be run, where none can.
    pub(crate) async fn refusal(&self) -> Option<String> {
        self.all.refusal().await.map(str::to_owned)
    }
}

impl Place {
    fn open(path: PathBuf) -> std::io::Result<Self> {
        let folder = |root: Root| {
            let path = path.join(root.folder());
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700).create(&path)?;
            Dir::open_ambient_dir(&path, ambient_authority())
        };
        Ok(Self {
            files: Folder::new(folder(Root::Files)?),
            attachments: Folder::new(folder(Root::Attachments)?),
            path: std::path::absolute(path)?,
        })
    }
}

/// Seconds after which somebody may have installed the sandbox.
const NO_SANDBOX_FOR_S: u64 = 3_600;

fn no_sandbox(why: &str) -> Error {
    let message = format!("commands cannot be run on this server: {why}");
    Error::unavailable("no_sandbox", message, NO_SANDBOX_FOR_S)
}

fn too_many() -> Error {
    let message = "as many programs as may be are running already";
    Error::unavailable("too_many_programs", message, TOO_MANY_FOR_S)
}

/// Seconds after which one of them may have ended.
const TOO_MANY_FOR_S: u64 = 60;

fn not_made(root: &Path, cause: &std::io::Error) -> Error {
    tracing::error!(%cause, root = %root.display(), "a work folder cannot be made");
    Error::unavailable(
        "no_work_folder",
        "the work folder of this environment cannot be made: the operator looks at hosting.folder and the server's log",
        NO_SANDBOX_FOR_S,
    )
}

#[cfg(test)]
mod tests;
