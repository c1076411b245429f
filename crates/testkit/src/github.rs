//! A double of GitHub's REST API on a loopback port, as an App uses it.
//!
//! It behaves as the real one does where that has bitten somebody: the list of pull requests has no statistics; check
//! runs come in pages of 30 unless asked for more; a token reaches the repositories and permissions it was minted
//! with and nothing else; what a token does not reach is not found; the App's assertion is checked against its key.
//!
//! **Invariant:** what is not modelled is answered with 404, so a test notices a question that the double does not
//! know.
//!
//! To extend: what GitHub knows is a field of `World` with a method here, a question is an arm in `answers.rs`.
//!
//! ```no_run
//! use testkit::engine::Engine;
//! use testkit::github::GitHub;
//! use testkit::server::Server;
//!
//! let github = GitHub::start();
//! github.repository("acme/web", Some(1));
//! let server = Server::start_with(Engine::Sqlite, |settings| github.configure(settings));
//! ```

mod answers;
mod key;

use crate::http::Client;
use ::server::Settings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// What the App's deliveries are signed with.
pub const WEBHOOK_SECRET: &str = "webhook-secret-of-the-tests";
/// The App's number.
pub const APP_ID: u64 = 4_711;
/// The App's name in links.
pub const APP_SLUG: &str = "guildhall-tests";
/// How long the server waits for one answer here.
const TIMEOUT_MS: u64 = 2_000;

/// How the double fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// With this status.
    Status(u16),
    /// With a 403 that says that the App has asked too often, and for how many seconds to wait.
    UsedUp(u64),
    /// By not answering in time.
    Slow,
    /// With something that is no JSON.
    Nonsense,
}

/// One question that was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path with its query.
    pub line: String,
    /// The body, `Null` without one.
    pub body: Value,
}

/// The double. Dropping it stops it.
#[derive(Debug)]
pub struct GitHub {
    world: Shared,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Shared = Arc<Mutex<World>>;

/// What the double knows.
#[derive(Debug, Default)]
struct World {
    repositories: BTreeMap<String, Repository>,
    tokens: BTreeMap<String, Grant>,
    failure: Option<(String, Failure)>,
    asked: Vec<Asked>,
    now_asked: usize,
    most_asked: usize,
}

#[derive(Debug, Default)]
struct Repository {
    installation: Option<i64>,
    files: BTreeMap<String, String>,
    /// In the long form, by number.
    pulls: BTreeMap<u64, Value>,
    runs: Vec<Value>,
    statuses: Vec<Value>,
}

#[derive(Clone, Debug)]
struct Grant {
    repositories: Vec<String>,
    permissions: BTreeMap<String, String>,
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl GitHub {
    /// Starts it on a free port, with nothing in it.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    pub fn start() -> GitHub {
        let world = Shared::default();
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&world);
        let thread = thread::spawn(move || answers::host(shared, &started, stopped));
        let address = starting.recv().expect("the double listens");
        GitHub {
            world,
            client: Client::new(&format!("http://{address}")),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Makes a server use this double.
    pub fn configure(&self, settings: &mut Settings) {
        settings.github.api_base = self.client.base_url();
        settings.github.app_id = Some(APP_ID);
        settings.github.app_slug = Some(APP_SLUG.into());
        settings.github.private_key_file = Some(key_file());
        settings.github.webhook_secret = Some(WEBHOOK_SECRET.into());
        settings.github.timeout_ms = TIMEOUT_MS;
    }

    /// A client of the double with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Client {
        self.client.with_key(token)
    }

    /// Makes a repository, `owner/name`; the App reaches it by an installation, or not at all.
    pub fn repository(&self, name: &str, installation: Option<i64>) {
        lock(&self.world)
            .repositories
            .entry(name.to_lowercase())
            .or_default()
            .installation = installation;
    }

    /// Commits a file to the default branch.
    pub fn commit(&self, repository: &str, path: &str, text: &str) {
        let (path, text) = (path.to_owned(), text.to_owned());
        self.inside(repository, |it| it.files.insert(path, text));
    }

    /// Opens a pull request.
    pub fn pull(&self, repository: &str, number: u64, merged: bool) {
        let pull = pull(repository, number, merged);
        self.inside(repository, |it| it.pulls.insert(number, pull));
    }

    /// Sets the check runs of every commit, as (status, conclusion).
    pub fn runs(&self, repository: &str, runs: &[(&str, Option<&str>)]) {
        let run = |(n, (status, conclusion)): (usize, &(&str, Option<&str>))| {
            json!({
                "id": n, "name": format!("run {n}"), "status": status, "conclusion": conclusion,
                "html_url": format!("https://github.com/{repository}/runs/{n}"),
            })
        };
        let runs = runs.iter().enumerate().map(run).collect();
        self.inside(repository, |it| it.runs = runs);
    }

    /// Sets the commit statuses of every commit.
    pub fn statuses(&self, repository: &str, states: &[&str]) {
        let status = |(n, state): (usize, &&str)| json!({"context": format!("status {n}"), "state": state, "target_url": null});
        let statuses = states.iter().enumerate().map(status).collect();
        self.inside(repository, |it| it.statuses = statuses);
    }

    /// Fails wherever a path contains this text, until [`heal`](Self::heal).
    pub fn fail(&self, on: &str, failure: Failure) {
        lock(&self.world).failure = Some((on.to_owned(), failure));
    }

    /// Fails no more.
    pub fn heal(&self) {
        lock(&self.world).failure = None;
    }

    /// What was asked since the last time.
    #[must_use]
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.world).asked)
    }

    /// How many questions were in the air at once, at most.
    #[must_use]
    pub fn most_asked_at_once(&self) -> usize {
        lock(&self.world).most_asked
    }

    fn inside<T>(&self, repository: &str, change: impl FnOnce(&mut Repository) -> T) {
        let mut world = lock(&self.world);
        let found = world.repositories.get_mut(&repository.to_lowercase());
        change(found.unwrap_or_else(|| panic!("no repository {repository}")));
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        if !thread::panicking() {
            ended.expect("the double does not panic");
        }
    }
}

/// The signature of a delivery.
#[must_use]
pub fn sign(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let digits = ring::hmac::sign(&key, body);
    let digits = digits.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("sha256={}", digits.collect::<String>())
}

/// The App's private key. It is nobody's: it opens this double and nothing else.
fn key_file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src", "github", "app-key.pem"]
        .iter()
        .collect()
}

/// A pull request in the long form.
fn pull(repository: &str, number: u64, merged: bool) -> Value {
    let merged_at = merged.then_some("2026-03-02T00:00:00Z");
    json!({
        "number": number,
        "title": format!("Change {number}"),
        "state": if merged { "closed" } else { "open" },
        "draft": false,
        "html_url": format!("https://github.com/{repository}/pull/{number}"),
        "user": { "login": "octocat" },
        "head": { "ref": format!("branch-{number}"), "sha": format!("{number:040x}") },
        "base": { "ref": "main", "sha": "0".repeat(40) },
        "created_at": "2026-03-01T00:00:00Z",
        "updated_at": "2026-03-02T00:00:00Z",
        "merged_at": merged_at,
        "merged": merged,
        "additions": number * 10,
        "deletions": number,
        "changed_files": 2,
        "commits": 1,
    })
}
