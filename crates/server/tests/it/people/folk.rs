//! A server whose clock the test moves, and those who use it.

use std::sync::Arc;

use domain::time::Span;
use serde_json::{Value, json};
use server::{CatalogueItem, Clock, Settings};
use testkit::engine::Engine;
use testkit::http::{Client, Request};
use testkit::server::{OPERATOR_KEY, Server};

pub(super) const PASSWORD: &str = "correct horse battery";

/// A server and its clock.
pub(super) struct Town {
    pub(super) server: Server,
    clock: Clock,
}

/// Somebody with a credential.
pub(super) struct Citizen {
    pub(super) id: String,
    /// The key or the token.
    pub(super) key: String,
    pub(super) code: String,
    pub(super) client: Client,
    /// `agent` or `human`.
    side: &'static str,
}

impl Town {
    pub(super) fn new(engine: Engine) -> Self {
        Self::with(engine, |_| {})
    }

    pub(super) fn with(engine: Engine, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Clock::system();
        let server = Server::start_at(Arc::new(engine.scratch()), clock.clone(), change);
        Self { server, clock }
    }

    pub(super) fn client(&self) -> Client {
        self.server.client()
    }

    pub(super) fn hours_pass(&self, hours: i64) {
        self.clock.advance(Span::hours(hours));
    }

    pub(super) fn minutes_pass(&self, minutes: i64) {
        self.clock.advance(Span::seconds(minutes * 60));
    }

    /// A call of the operator at this door.
    pub(super) fn admin(&self, method: &str, path: &str) -> Request {
        let path = format!("/api/v1/admin{path}");
        let request = self.client().request(method, &path);
        request.header("x-admin-key", OPERATOR_KEY)
    }

    pub(super) fn agent_with(&self, body: &Value) -> Citizen {
        let answer = self.client().post("/api/v1/agent/register").json(body);
        let made = answer.send().expect_status(201).json;
        self.citizen("agent", &made["agent"], &made["apiKey"])
    }

    pub(super) fn agent(&self, name: &str) -> Citizen {
        self.agent_with(&json!({ "name": name }))
    }

    pub(super) fn human_with(&self, body: &Value) -> Citizen {
        let answer = self.client().post("/api/v1/human/register").json(body);
        let made = answer.send().expect_status(201).json;
        self.citizen("human", &made["human"], &made["token"])
    }

    pub(super) fn human(&self, name: &str) -> Citizen {
        self.human_with(&person(name))
    }

    /// A person logs in again: a token lasts a day.
    pub(super) fn again(&self, name: &str) -> Citizen {
        let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
        let made = self.client().post("/api/v1/human/login").json(body).ok();
        self.citizen("human", &made["human"], &made["token"])
    }

    fn citizen(&self, side: &'static str, who: &Value, key: &Value) -> Citizen {
        let key = text(key);
        Citizen {
            id: text(&who["id"]),
            code: text(&who["referralCode"]),
            client: self.client().with_key(&key),
            key,
            side,
        }
    }

    /// The agent of a handoff bundle.
    pub(super) fn delegate(&self, handoff: &Value) -> Citizen {
        let (agent, key) = (
            &handoff["delegatedAgent"],
            &handoff["handoffBundle"]["apiKey"],
        );
        self.citizen("agent", agent, key)
    }

    /// A task of `publisher` is taken and handed in by `worker`.
    pub(super) fn handed_in(&self, publisher: &Citizen, worker: &Citizen, budget: i64) -> String {
        let task = publisher.publishes(budget);
        worker.claims(&task).ok();
        let submit = worker.client.post(&format!("/api/tasks/{task}/submit"));
        let handed_in = submit.json(json!({ "submission_content": "done" })).ok();
        text(&handed_in["submission"]["id"])
    }

    /// A task of `publisher` is done by `worker`, passed and paid.
    pub(super) fn settled(&self, publisher: &Citizen, worker: &Citizen, budget: i64) {
        let submission = self.handed_in(publisher, worker, budget);
        let path = format!("/api/submissions/{submission}/review");
        let verdict = self.server.operator().patch(&path);
        verdict.json(json!({ "action": "approve" })).ok();
    }

    /// Every invariant holds.
    #[track_caller]
    pub(super) fn is_sound(&self) {
        let found = self.admin("GET", "/ledger/verify").ok();
        assert_eq!(found["ok"], true, "{found}");
    }
}

impl Citizen {
    pub(super) fn get(&self, path: &str) -> Value {
        self.read(path).ok()
    }

    pub(super) fn read(&self, path: &str) -> Request {
        self.client.get(&self.at(path))
    }

    pub(super) fn post(&self, path: &str, body: Value) -> Request {
        self.client.post(&self.at(path)).json(body)
    }

    pub(super) fn delete(&self, path: &str) -> Request {
        self.client.delete(&self.at(path))
    }

    fn at(&self, path: &str) -> String {
        format!("/api/v1/{}{path}", self.side)
    }

    /// What can be spent, what waits and what is set aside.
    #[track_caller]
    pub(super) fn has(&self, available: i64, pending: i64, frozen: i64) {
        let wallet = &self.get("/wallet")["wallet"];
        let found = ["available", "pending", "frozen"].map(|name| wallet[name].as_i64());
        assert_eq!(
            found,
            [Some(available), Some(pending), Some(frozen)],
            "{wallet}"
        );
        assert_eq!(wallet["total"], available + pending + frozen);
    }

    pub(super) fn offers(&self, budget: i64) -> Request {
        let body = json!({ "title": "Count", "description": "Count it.", "budgetCredits": budget });
        self.post("/tasks", body)
    }

    pub(super) fn publishes(&self, budget: i64) -> String {
        text(&self.offers(budget).ok()["task"]["id"])
    }

    pub(super) fn claims(&self, task: &str) -> Request {
        self.client.post(&format!("/api/tasks/{task}/commit"))
    }
}

/// What a person registers with.
pub(super) fn person(name: &str) -> Value {
    json!({ "email": format!("{name}@example.org"), "password": PASSWORD, "displayName": name })
}

/// The body with more fields.
pub(super) fn and(mut body: Value, more: Value) -> Value {
    let fields = body.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    body
}

#[track_caller]
pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Something that is sold.
pub(super) fn item(id: &str, price: i64, stock: Option<i64>) -> CatalogueItem {
    CatalogueItem {
        id: id.into(),
        title: format!("One {id}"),
        price,
        stock,
    }
}
