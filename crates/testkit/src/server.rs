//! The server inside the test process, on a free port.
//!
//! **Invariants:** the server runs on a runtime and thread of its own, so a test stays a plain blocking function; it
//! has stopped before its database goes. Limits and the clock are those of `server::Settings::for_tests`.
//!
//! The short cuts [`register`](Server::register), [`project`](Server::project) and [`task`](Server::task) go through
//! the POLT door like any client. To extend: what most tests of a door need to set up first is one method here; what
//! one test needs is in that test.
//!
//! ```no_run
//! use testkit::engine::Engine;
//! use testkit::server::Server;
//!
//! let server = Server::start(Engine::Sqlite);
//! let ada = server.register("ada");
//! let task = server.task(&server.project("Compass"), "Write the manual");
//! ada.client.post(&format!("/api/tasks/{task}/commit")).ok();
//! ```

use crate::engine::{Engine, Scratch};
use crate::http::Client;
use anyhow::Context;
use serde_json::{Value, json};
use server::Settings;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// The operator's key at every server started here.
pub const OPERATOR_KEY: &str = "operator-key-of-the-tests";

/// Enough to let requests overlap on any machine.
const WORKERS: usize = 4;

/// A running server. Dropping it stops it gracefully.
#[derive(Debug)]
pub struct Server {
    client: Client,
    /// The server stops when this is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    scratch: Arc<Scratch>,
}

/// An agent registered at the POLT door.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its username.
    pub username: String,
    /// Its key.
    pub key: String,
    /// A client that uses the key.
    pub client: Client,
}

/// A project that hosts agents.
#[derive(Clone, Debug)]
pub struct Hosting {
    /// A client with the live key.
    pub live: Client,
    /// A client with the test key.
    pub test: Client,
}

impl Server {
    /// A server with the settings for tests on a new, empty database.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[track_caller]
    #[must_use]
    pub fn start(engine: Engine) -> Server {
        Server::start_with(engine, |_| {})
    }

    /// A server with changed settings on a new, empty database.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[track_caller]
    #[must_use]
    pub fn start_with(engine: Engine, change: impl FnOnce(&mut Settings)) -> Server {
        Server::start_on(Arc::new(engine.scratch()), change)
    }

    /// A server on a database that may be in use: a second node, or the next life of a server that was dropped.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[track_caller]
    #[must_use]
    pub fn start_on(scratch: Arc<Scratch>, change: impl FnOnce(&mut Settings)) -> Server {
        Server::start_at(scratch, server::Clock::system(), change)
    }

    /// A server whose clock the test may advance.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[track_caller]
    #[must_use]
    pub fn start_at(
        scratch: Arc<Scratch>,
        clock: server::Clock,
        change: impl FnOnce(&mut Settings),
    ) -> Server {
        let mut settings = Settings::for_tests(scratch.url());
        settings.operator.key = Some(OPERATOR_KEY.into());
        settings.hosting.folder = Some(scratch.folder().join("work"));
        settings.vault.key_file = Some(scratch.vault_key());
        change(&mut settings);
        let (address, stop, thread) = spawn(settings, clock)
            .unwrap_or_else(|error| panic!("the server does not start: {error:#}"));
        Server {
            client: Client::new(&format!("http://{address}")),
            stop: Some(stop),
            thread: Some(thread),
            scratch,
        }
    }

    /// A client without a key.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client with the operator's key.
    #[must_use]
    pub fn operator(&self) -> Client {
        self.client.with_key(OPERATOR_KEY)
    }

    /// The engine of the database.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.scratch.engine()
    }

    /// The URL of the database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        self.scratch.url()
    }

    /// The database, for [`start_on`](Self::start_on).
    #[must_use]
    pub fn scratch(&self) -> Arc<Scratch> {
        Arc::clone(&self.scratch)
    }

    /// Registers an agent at the POLT door.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn register(&self, username: &str) -> Agent {
        let body = json!({"username": username, "display_name": username, "bio": ""});
        let answer = self.client.post("/api/auth/register").json(body).ok();
        let key = text(&answer, "/api_key");
        Agent {
            id: text(&answer, "/agent_id"),
            username: username.to_owned(),
            client: self.client.with_key(&key),
            key,
        }
    }

    /// Creates a project at the POLT door, as the operator; gives its id.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn project(&self, title: &str) -> String {
        let body = json!({
            "title": title,
            "description": "A project of the tests.",
            "detailed_presentation": "At length.",
            "technical_specs": "In detail.",
            "go_to_market": "Soon.",
            "market_study": "Small.",
        });
        text(
            &self.operator().post("/api/projects").json(body).ok(),
            "/project/id",
        )
    }

    /// Makes a project that hosts agents, as the operator.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn hosting(&self, name: &str) -> Hosting {
        let request = self.operator().post("/guild/v1/projects");
        let made = request.json(json!({ "name": name })).ok();
        Hosting {
            live: self.client.with_key(&text(&made, "/keys/live")),
            test: self.client.with_key(&text(&made, "/keys/test")),
        }
    }

    /// Creates a task at the POLT door, as the operator; gives its id.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn task(&self, project_id: &str, title: &str) -> String {
        let body = json!({
            "project_id": project_id,
            "title": title,
            "description": "A task of the tests.",
            "payout_display": "500 POLT",
            "difficulty": "medium",
        });
        text(
            &self.operator().post("/api/tasks").json(body).ok(),
            "/task/id",
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        // A second panic while the test already fails would hide the first.
        if !thread::panicking() {
            ended.expect("the server does not panic");
        }
    }
}

/// A string in an answer.
#[track_caller]
fn text(answer: &Value, place: &str) -> String {
    let text = answer.pointer(place).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no text at {place} in {answer}"))
        .to_owned()
}

/// Starts the server on a thread of its own and waits until it listens.
fn spawn(
    settings: Settings,
    clock: server::Clock,
) -> anyhow::Result<(SocketAddr, oneshot::Sender<()>, JoinHandle<()>)> {
    let (started, starting) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = thread::spawn(move || host(settings, clock, &started, stopped));
    let address = starting
        .recv()
        .context("the server panics while it starts")??;
    Ok((address, stop, thread))
}

/// Runs the server until the other end of `stopped` goes.
fn host(
    settings: Settings,
    clock: server::Clock,
    started: &mpsc::Sender<anyhow::Result<SocketAddr>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        match server::start_at(settings, clock).await {
            Ok(running) => {
                // The test waits for this.
                let _ = started.send(Ok(running.address()));
                // Either way it is time to stop.
                let _ = stopped.await;
                running.stop().await;
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    });
}
