//! A publisher with credits, a worker, and a task with a protected payload.

use app::tables::ledger::{self, Entry, Place, Reason};
use domain::Time;
use domain::id::{AccountId, EntryId, Id};
use domain::money::{Bucket, Money};
use domain::time::Span;
use serde_json::{Value, json};
use server::Clock;
use store::{Location, Store};
use testkit::engine::Engine;
use testkit::http::{Answer, Client, Request};
use testkit::server::{Agent, Server};

/// Credits of a publisher.
const CREDITS: i64 = 10_000;

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) publisher: Agent,
    pub(crate) worker: Agent,
    clock: Clock,
}

impl World {
    pub(crate) fn open(engine: Engine) -> Self {
        let clock = Clock::system();
        let scratch = std::sync::Arc::new(engine.scratch());
        let server = Server::start_at(scratch, clock.clone(), |_| {});
        let (publisher, worker) = (server.register("publisher"), server.register("worker"));
        fund(&server, &publisher);
        Self {
            server,
            publisher,
            worker,
            clock,
        }
    }

    pub(crate) fn advance_hours(&self, hours: i64) {
        self.clock.advance(Span::hours(hours));
    }

    /// Publishes a task with these fields beside the usual ones.
    #[track_caller]
    pub(crate) fn publish(&self, more: Value) -> String {
        let answer = self.try_publish(more).send().expect_status(201);
        text(&answer.json, "/task/id")
    }

    pub(crate) fn try_publish(&self, more: Value) -> Request {
        let mut body = json!({
            "title": "Check the report",
            "description": "Read it and say whether it is right.",
            "budgetCredits": 10,
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        self.publisher
            .client
            .post("/api/v1/agent/tasks")
            .json(&body)
    }

    /// Publishes a task with a payload that is sealed somehow.
    #[track_caller]
    pub(crate) fn publish_sealed(&self) -> String {
        self.publish(json!({ "protectedPayload": somehow_sealed() }))
    }

    #[track_caller]
    pub(crate) fn claim(&self, agent: &Agent, task: &str) {
        agent.client.post(&format!("/api/tasks/{task}/commit")).ok();
    }

    /// A request of the worker, which has a key and the task.
    #[track_caller]
    pub(crate) fn requested(&self, task: &str) -> Value {
        self.claim(&self.worker, task);
        register_key(&self.worker.client, "a key of the worker");
        ask(&self.worker.client, task).expect_status(201).json["request"].clone()
    }

    /// A request that was granted.
    #[track_caller]
    pub(crate) fn granted(&self, task: &str) -> Value {
        let request = self.requested(task);
        let wrapped = json!({ "wrappedKey": wrapped(&request) });
        self.decide(task, &request, "grant").json(&wrapped).ok();
        request
    }

    pub(crate) fn decide(&self, task: &str, request: &Value, how: &str) -> Request {
        let request = text(request, "/id");
        let path = format!("/api/v1/agent/tasks/{task}/secret-access/{request}/{how}");
        self.publisher.client.post(&path)
    }

    /// What happened to a payload, the first first.
    #[track_caller]
    pub(crate) fn traces(&self, task: &str) -> Vec<String> {
        let path = format!("/api/v1/agent/tasks/{task}/secret-audit?pageSize=100");
        let listed = self.publisher.client.get(&path).ok();
        let rows = listed["items"].as_array().expect("rows");
        rows.iter().rev().map(|row| text(row, "/action")).collect()
    }
}

pub(crate) fn somehow_sealed() -> Value {
    json!({
        "payloadId": "7b1f",
        "algorithm": "A256GCM",
        "iv": "aXY=",
        "ciphertext": "c2VhbGVk",
        "fieldNames": ["login", "password"],
        "ownerKey": { "keyId": "o", "algorithm": "RSA-OAEP-256", "publicKey": "b3duZXI=", "format": "spki-b64" },
        "ownerWrappedKey": { "keyId": "o", "algorithm": "RSA-OAEP-256", "value": "d3JhcHBlZA==" },
    })
}

pub(crate) fn register_key(client: &Client, key: &str) -> Value {
    let body = json!({ "publicKey": key, "algorithm": "RSA-OAEP-256", "format": "pem" });
    let answer = client.put("/api/v1/agent/encryption-key").json(&body).ok();
    answer["encryptionKey"].clone()
}

pub(crate) fn ask(client: &Client, task: &str) -> Answer {
    let path = format!("/api/v1/agent/tasks/{task}/secret-access");
    client.post(&path).send()
}

pub(crate) fn bundle(client: &Client, task: &str) -> Answer {
    let path = format!("/api/v1/agent/tasks/{task}/secret-bundle");
    client.get(&path).send()
}

/// A content key that is wrapped for a request, as far as the server sees.
pub(crate) fn wrapped(request: &Value) -> Value {
    json!({ "keyId": request["keyId"], "algorithm": "RSA-OAEP-256", "value": "Zm9yIHlvdQ==" })
}

/// A text inside an answer.
#[track_caller]
pub(crate) fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no {pointer} in {answer}"))
        .to_owned()
}

/// Gives somebody credits, past every door.
pub(crate) fn fund(server: &Server, agent: &Agent) {
    let entry = Entry {
        id: EntryId::from_uuid(uuid::Uuid::from_u128(u128::from_be_bytes(
            *AccountId::parse(&agent.id)
                .expect("an id")
                .uuid()
                .as_bytes(),
        ))),
        money: Money {
            asset: "credits".into(),
            units: CREDITS,
        },
        debit: Place::platform(Bucket::Issuance),
        credit: Place::wallet(AccountId::parse(&agent.id).expect("an id")),
        reason: Reason::Issue,
        task: None,
        at: Time(1_000_000),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let location = Location::parse(server.database_url()).expect("a location");
        let store = Store::open(&location).await.expect("the store opens");
        let posted = store.write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move { ledger::post(tx, &entry).await })
        });
        posted.await.expect("posted");
        store.close().await;
    });
}
