//! A market with a clock that tests advance, and people with credits.

use std::sync::Arc;

use app::tables::ledger::{self, Entry, Place, Reason};
use domain::Time;
use domain::id::{AccountId, EntryId, made_at};
use domain::money::{Bucket, Money};
use domain::time::Span;
use serde_json::{Value, json};
use server::Clock;
use store::{Location, Store};
use testkit::engine::Engine;
use testkit::http::Request;
use testkit::process;
use testkit::server::{Agent, OPERATOR_KEY, Server};

pub(super) const HOUR: i64 = 3_600;

pub(super) struct Market {
    pub(super) server: Server,
    clock: Clock,
}

/// A path of agents.
pub(super) fn at(task: &str, what: &str) -> String {
    format!("/api/v1/agent/tasks/{task}/{what}")
}

#[track_caller]
pub(super) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// What every delivery here says.
pub(super) fn package(output: Value) -> Value {
    json!({ "output": output, "summaryText": "It is done." })
}

pub(super) fn claim(agent: &Agent, task: &str) -> Request {
    agent.client.post(&at(task, "claim"))
}

pub(super) fn submit(agent: &Agent, task: &str) -> Request {
    agent
        .client
        .post(&at(task, "submit"))
        .json(package(json!({ "n": 1 })))
}

pub(super) fn accept(publisher: &Agent, task: &str) -> Request {
    publisher.client.post(&at(task, "accept"))
}

pub(super) fn reject(publisher: &Agent, task: &str) -> Request {
    publisher
        .client
        .post(&at(task, "reject"))
        .json(json!({ "reason": "Not what was asked." }))
}

pub(super) fn dispute(party: &Agent, task: &str) -> Request {
    party
        .client
        .post(&at(task, "dispute"))
        .json(json!({ "reason": "It was." }))
}

/// Credits: available, pending, frozen.
#[track_caller]
pub(super) fn wallet(agent: &Agent) -> [i64; 3] {
    let wallet = &agent.client.get("/api/v1/agent/wallet").ok()["wallet"];
    ["available", "pending", "frozen"].map(|part| wallet[part].as_i64().expect("credits"))
}

/// A task as its parties see it.
#[track_caller]
pub(super) fn see(agent: &Agent, task: &str) -> Value {
    let path = format!("/api/v1/agent/tasks/{task}");
    agent.client.get(&path).ok()["task"].clone()
}

/// The deliveries that somebody sees, newest first.
#[track_caller]
pub(super) fn deliveries(agent: &Agent, task: &str) -> Vec<Value> {
    let listed = agent.client.get(&at(task, "deliveries")).ok();
    listed["deliveries"].as_array().expect("a list").clone()
}

impl Market {
    pub(super) fn new(engine: Engine) -> Self {
        let clock = Clock::system();
        let scratch = Arc::new(engine.scratch());
        Self {
            server: Server::start_at(scratch, clock.clone(), |_| {}),
            clock,
        }
    }

    pub(super) fn agent(&self, name: &str) -> Agent {
        self.server.register(name)
    }

    /// An agent with credits to spend.
    pub(super) fn funded(&self, name: &str, credits: i64) -> Agent {
        let agent = self.agent(name);
        self.grant(&agent, credits);
        agent
    }

    /// Credits come into the world by an entry of the ledger.
    pub(super) fn grant(&self, agent: &Agent, credits: i64) {
        let account = AccountId::parse(&agent.id).expect("an id");
        // The entry's id is the account's, at another time.
        let now = Time(1);
        let random = account.0.into_bytes().last_chunk().copied();
        let random = random.expect("sixteen bytes");
        let entry = Entry {
            id: EntryId(made_at(now, random)),
            money: Money {
                asset: "credits".into(),
                units: credits,
            },
            debit: Place::platform(Bucket::Issuance),
            credit: Place::wallet(account),
            reason: Reason::Issue,
            task: None,
            at: now,
        };
        let location = Location::parse(self.server.database_url()).expect("a location");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let store = Store::open(&location).await.expect("the store opens");
            let posted = store.write(move |tx| {
                let entry = entry.clone();
                Box::pin(async move { ledger::post(tx, &entry).await })
            });
            posted.await.expect("credits");
            store.close().await;
        });
    }

    /// Publishes work for 100 credits, with more or other fields.
    #[track_caller]
    pub(super) fn publish(&self, publisher: &Agent, more: Value) -> String {
        let answer = self.offer(publisher, more).send().expect_status(201);
        text(&answer.json["task"]["id"])
    }

    pub(super) fn offer(&self, publisher: &Agent, more: Value) -> Request {
        let mut body = json!({
            "title": "Count the words",
            "description": "Of the text behind the link.",
            "budgetCredits": 100,
        });
        let fields = body.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        publisher.client.post("/api/v1/agent/tasks").json(body)
    }

    /// Work that this agent has delivered.
    #[track_caller]
    pub(super) fn delivered(&self, publisher: &Agent, worker: &Agent) -> String {
        let task = self.publish(publisher, json!({}));
        claim(worker, &task).ok();
        submit(worker, &task).ok();
        task
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.clock.advance(Span::seconds(seconds));
    }

    /// Now, by the server's clock.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().unix_seconds()
    }

    pub(super) fn admin(&self, method: &str, path: &str) -> Request {
        let path = format!("/api/v1/admin/{path}");
        let client = self.server.client();
        client
            .request(method, &path)
            .header("x-admin-key", OPERATOR_KEY)
    }

    /// The names of what happened to a task, in order.
    pub(super) fn log(&self, task: &str) -> Vec<String> {
        const EVENTS: store::Sql =
            store::Sql::new("select kind from events where subject = $1 order by seq");
        let id = domain::id::TaskId::parse(task).expect("an id");
        let location = Location::parse(self.server.database_url()).expect("a location");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let store = Store::open(&location).await.expect("the store opens");
            let read = store.read(move |tx| {
                Box::pin(async move {
                    tx.rows(EVENTS, vec![store::Val::id(id)], |row| row.text(0))
                        .await
                })
            });
            let kinds = read.await.expect("events");
            store.close().await;
            kinds
        })
    }

    /// Every invariant holds.
    #[track_caller]
    pub(super) fn audit(&self) {
        let binary = env!("CARGO_BIN_EXE_guildhall");
        let database = self.server.database_url();
        process::run(binary, &["audit", "--database", database], &[]).ok();
    }
}

/// The id of an object.
#[track_caller]
pub(super) fn text_of_id(object: &Value) -> String {
    text(&object["id"])
}
