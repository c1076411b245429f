//! A server with an endpoint beside it and a clock that the tests advance.

use std::sync::Arc;

use domain::event::Happening;
use domain::id::ProjectId;
use domain::time::Span;
use serde_json::{Value, json};
use server::{Clock, Settings};
use store::tables::events::{self, Event};
use store::{Location, Store};
use testkit::engine::{Engine, Scratch};
use testkit::http::Client;
use testkit::receiver::Receiver;
use testkit::server::Server;
use uuid::Uuid;

use crate::program::{command, eventually, text};

/// Where webhooks are.
pub const WEBHOOKS: &str = "/api/agent/v1/webhooks";

pub struct World {
    pub server: Server,
    pub receiver: Receiver,
    pub clock: Clock,
}

/// A registered webhook.
#[derive(Clone, Debug)]
pub struct Hook {
    pub id: String,
    pub secret: String,
    owner: Client,
}

pub fn allowed(settings: &mut Settings) {
    settings.webhooks.allow_loopback = true;
}

impl World {
    pub fn new(engine: Engine) -> Self {
        let clock = Clock::system();
        let scratch = Arc::new(engine.scratch());
        Self {
            server: Server::start_at(scratch, clock.clone(), allowed),
            receiver: Receiver::start(),
            clock,
        }
    }

    /// A webhook of this agent at a path of the endpoint.
    pub fn hook(&self, owner: &Client, path: &str, names: &[&str]) -> Hook {
        hook(owner, &self.receiver.url(path), names)
    }

    /// Webhooks know how much waits for them. (Other invariants do not hold:
    /// the events of these tests are made up.)
    #[track_caller]
    pub fn audit(&self) {
        let audit = command(self.server.database_url(), &["audit"]);
        let holds = "ok       webhooks know how much waits for them";
        assert!(audit.stdout.contains(holds), "{}", audit.stdout);
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(Span::seconds(seconds));
    }

    /// Writes an event as an operation would.
    pub fn happens(&self, what: Happening, project: Option<&str>, facts: &Value) {
        self.happen(&[(what, project, facts.clone())]);
    }

    /// Writes events, all at once.
    pub fn happen(&self, all: &[(Happening, Option<&str>, Value)]) {
        write(&self.server.scratch(), &self.clock, all);
    }
}

/// The work of this agent was accepted: the simplest event.
pub fn approved(agent: &str, number: usize) -> (Happening, Option<&'static str>, Value) {
    let facts = json!({ "title": format!("work {number}"), "worker": agent });
    (Happening::TaskAccepted, None, facts)
}

pub fn hook(owner: &Client, url: &str, names: &[&str]) -> Hook {
    let body = json!({ "url": url, "events": names });
    let answer = owner.post(WEBHOOKS).json(body).send().expect_status(201);
    Hook {
        id: text(&answer.json, "/data/id"),
        secret: text(&answer.json, "/data/secret"),
        owner: owner.clone(),
    }
}

impl Hook {
    pub fn path(&self) -> String {
        format!("{WEBHOOKS}/{}", self.id)
    }

    /// Its deliveries, the newest first.
    pub fn log(&self) -> Vec<Value> {
        let log = self.owner.get(&format!("{}/deliveries", self.path())).ok();
        log["data"].as_array().expect("a list").clone()
    }

    /// As its owner sees it.
    pub fn shown(&self) -> Value {
        let all = self.owner.get(WEBHOOKS).ok();
        let all = all["data"].as_array().expect("a list");
        let found = all.iter().find(|hook| hook["id"] == self.id.as_str());
        found.expect("it is there").clone()
    }

    /// Waits until its newest delivery has been tried so often.
    pub fn wait_for_attempts(&self, count: i64) {
        eventually("it was tried", || {
            self.log()
                .first()
                .is_some_and(|newest| newest["attempts"] == count)
        });
    }

    pub fn replay(&self, delivery: &str) -> Value {
        let path = format!("{}/deliveries/{delivery}/replay", self.path());
        self.owner.post(&path).ok()
    }
}

pub fn write(scratch: &Scratch, clock: &Clock, all: &[(Happening, Option<&str>, Value)]) {
    let events: Vec<_> = all
        .iter()
        .map(|(what, project, facts)| Event {
            what: *what,
            actor: None,
            key: None,
            subject: Uuid::from_u128(7),
            project: project.and_then(ProjectId::parse),
            environment: None,
            public: false,
            body: facts.to_string(),
            at: clock.now(),
        })
        .collect();
    let location = Location::parse(scratch.url()).expect("a location");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&location).await.expect("the store opens");
        let written = store.write(move |tx| {
            let events = events.clone();
            Box::pin(async move {
                for event in events {
                    events::append(tx, event).await?;
                }
                Ok(())
            })
        });
        written.await.expect("written");
        store.close().await;
    });
}
