//! A project in whose live environment the jobs of missions are moved by the
//! test: a gate keeps every job from being run, so that one that may begin
//! awaits approval, and one that may not stays pending.

use std::sync::Arc;

use domain::time::Span;
use serde_json::{Value, json};
use server::Clock;
use testkit::engine::Engine;
use testkit::http::{Client, Request};
use testkit::server::{Hosting, Server};

/// How often something is looked at before it is taken not to happen.
const LOOKS: usize = 4_000;

pub(super) struct Board {
    /// It runs as long as the board.
    _server: Server,
    pub(super) live: Client,
    pub(super) test: Client,
    clock: Clock,
}

/// A task of a plan.
pub(super) fn task(title: &str, needs: &[&str]) -> Value {
    json!({ "title": title, "description": "Do it.", "assignTo": "dev", "dependsOn": needs })
}

impl Board {
    #[track_caller]
    pub(super) fn start(engine: Engine) -> Self {
        let board = Self::without_gate(engine);
        board.gates(json!([{ "id": "hold", "handler": "human", "hook": "task:spawn" }]));
        board
    }

    #[track_caller]
    pub(super) fn without_gate(engine: Engine) -> Self {
        let clock = Clock::system();
        let scratch = Arc::new(engine.scratch());
        let server = Server::start_at(scratch, clock.clone(), |_| {});
        let Hosting { live, test } = server.hosting("compass");
        let agent = json!({ "name": "dev", "model": "mock/echo" });
        live.post("/api/v1/agents").json(agent).ok();
        Self {
            _server: server,
            live,
            test,
            clock,
        }
    }

    #[track_caller]
    pub(super) fn gates(&self, gates: Value) {
        let settings = json!({ "approvalGates": gates });
        self.live
            .patch("/api/v1/config/settings")
            .json(settings)
            .ok();
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.clock.advance(Span::seconds(seconds));
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().unix_seconds()
    }

    /// Stores a mission and answers its id.
    #[track_caller]
    pub(super) fn mission(&self, name: &str, document: &Value) -> String {
        let body = json!({ "name": name, "data": document.to_string() });
        let made = self.live.post("/api/v1/missions").json(body).ok();
        made["data"]["id"].as_str().expect("an id").to_owned()
    }

    pub(super) fn at(&self, mission: &str, what: &str) -> Request {
        self.live
            .post(&format!("/api/v1/missions/{mission}/{what}"))
    }

    /// Executes a mission and answers the name of the execution.
    #[track_caller]
    pub(super) fn execute(&self, mission: &str) -> String {
        let begun = self.at(mission, "execute").ok();
        begun["data"]["group"].as_str().expect("a group").to_owned()
    }

    #[track_caller]
    pub(super) fn status(&self, mission: &str) -> String {
        let path = format!("/v1/missions/{mission}");
        let status = self.live.get(&path).ok()["status"].clone();
        status.as_str().expect("a status").to_owned()
    }

    /// A job of an execution.
    #[track_caller]
    pub(super) fn job(&self, group: &str, title: &str) -> Value {
        let found = self.find(group, title);
        found.unwrap_or_else(|| panic!("no {title} in {group}"))
    }

    fn find(&self, group: &str, title: &str) -> Option<Value> {
        let group = group.replace('#', "%23").replace(' ', "%20");
        let jobs = self.live.get(&format!("/v1/tasks?group={group}")).ok();
        let mut jobs = jobs.as_array().expect("a list").iter();
        jobs.find(|job| job["title"] == title).cloned()
    }

    /// Waits until a job is there and in a status.
    #[track_caller]
    pub(super) fn wait(&self, group: &str, title: &str, status: &str) -> Value {
        let look = || {
            self.find(group, title)
                .filter(|job| job["status"] == status)
        };
        self.until(look)
            .unwrap_or_else(|| panic!("not {status}: {:?}", self.find(group, title)))
    }

    /// Looks until something is there.
    pub(super) fn until<T>(&self, look: impl Fn() -> Option<T>) -> Option<T> {
        (0..LOOKS).find_map(|_| look())
    }

    /// Waits until a mission is in a status.
    #[track_caller]
    pub(super) fn wait_mission(&self, mission: &str, status: &str) {
        let found = self.until(|| (self.status(mission) == status).then_some(()));
        assert!(
            found.is_some(),
            "{} instead of {status}",
            self.status(mission)
        );
    }

    /// Puts a job that may begin into a status.
    #[track_caller]
    pub(super) fn finish(&self, group: &str, title: &str, status: &str) {
        let job = self.wait(group, title, "awaiting_approval");
        let id = job["id"].as_str().expect("an id");
        let change = json!({ "status": status });
        self.live
            .patch(&format!("/api/v1/tasks/{id}"))
            .json(change)
            .ok();
    }

    /// The names of what happened, in order, with the facts.
    #[track_caller]
    pub(super) fn log(&self) -> Vec<(String, Value)> {
        let logs = self.live.get("/v1/logs").ok();
        let id = logs[0]["sessionId"].as_str().or(logs[0]["id"].as_str());
        let path = format!("/v1/logs/{}", id.expect("a log"));
        let entries = self.live.get(&path).ok();
        let entries = entries.as_array().expect("entries").iter();
        let name = |entry: &Value| entry["event"].as_str().unwrap_or_default().to_owned();
        entries
            .map(|entry| (name(entry), entry["data"].clone()))
            .collect()
    }

    /// How often something happened.
    #[track_caller]
    pub(super) fn count(&self, event: &str) -> usize {
        self.log().iter().filter(|(name, _)| name == event).count()
    }

    /// The facts of the last time that something happened.
    #[track_caller]
    pub(super) fn last(&self, event: &str) -> Value {
        let log = self.log();
        let found = log.iter().rev().find(|(name, _)| name == event);
        found
            .unwrap_or_else(|| panic!("no {event} in {log:?}"))
            .1
            .clone()
    }
}
