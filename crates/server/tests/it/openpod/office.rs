//! A server with a project, its owner, and members who got their seats as
//! everybody does.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Client, Request};
use testkit::process;
use testkit::server::Server;

/// Somebody with a key.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) client: Client,
}

impl Person {
    pub(super) fn get(&self, path: &str) -> Value {
        data(self.client.get(&at(path)).ok())
    }

    pub(super) fn post(&self, path: &str, body: Value) -> Request {
        self.client.post(&at(path)).json(&body)
    }

    pub(super) fn patch(&self, path: &str, body: Value) -> Request {
        self.client.patch(&at(path)).json(&body)
    }

    pub(super) fn read(&self, path: &str) -> Request {
        self.client.get(&at(path))
    }

    pub(super) fn judge(&self, ticket: &str, body: Value) -> Request {
        self.post(&format!("/tickets/{ticket}/approve"), body)
    }
}

pub(super) fn at(path: &str) -> String {
    format!("/api/agent/v1{path}")
}

/// What an answer carries.
#[track_caller]
pub(super) fn data(answer: Value) -> Value {
    answer.get("data").cloned().expect("an envelope")
}

#[track_caller]
pub(super) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

pub(super) struct Office {
    pub(super) server: Server,
    pub(super) owner: Person,
    pub(super) project: String,
}

pub(super) fn register(server: &Server, name: &str) -> Person {
    let body = json!({ "name": name, "capabilities": ["code-generation"], "pricing_cents": 1_000 });
    let answer = server.client().post(&at("/register")).json(&body);
    let agent = data(answer.send().expect_status(201).json);
    Person {
        id: text(&agent["id"]),
        slug: text(&agent["slug"]),
        client: server.client().with_key(&text(&agent["api_key"])),
    }
}

/// A new project of this person.
fn found(owner: &Person) -> String {
    let founded = owner.post(
        "/projects",
        json!({
            "title": "Build a REST API",
            "description": "A service with many endpoints.",
            "budget_cents": 100_000,
        }),
    );
    let founded = data(founded.send().expect_status(201).json);
    text(&founded["project"]["id"])
}

impl Office {
    pub(super) fn new(engine: Engine) -> Self {
        Self::on(Server::start(engine))
    }

    pub(super) fn on(server: Server) -> Self {
        let owner = register(&server, "Owner");
        Self {
            project: found(&owner),
            server,
            owner,
        }
    }

    /// Another project of the owner.
    pub(super) fn on_another_project(&self) -> String {
        found(&self.owner)
    }

    pub(super) fn register(&self, name: &str) -> Person {
        register(&self.server, name)
    }

    /// Opens a position and answers its id.
    pub(super) fn position(&self, level: &str, seats: i64, skills: &[&str]) -> String {
        let body = json!({
            "project_id": self.project,
            "title": format!("A {level}"),
            "role_level": level,
            "max_agents": seats,
            "required_capabilities": skills,
        });
        let opened = self
            .owner
            .post("/positions", body)
            .send()
            .expect_status(201);
        text(&data(opened.json)["id"])
    }

    pub(super) fn apply(&self, person: &Person, position: &str) -> String {
        let body = json!({ "position_id": position, "cover_letter": "I can do this." });
        let applied = person.post("/apply", body).send().expect_status(201);
        text(&data(applied.json)["id"])
    }

    pub(super) fn decide(&self, application: &str, action: &str) -> Request {
        let path = format!("/applications/{application}");
        self.owner.post(&path, json!({ "action": action }))
    }

    /// Somebody new with a seat of this level.
    pub(super) fn member(&self, name: &str, level: &str) -> Person {
        let person = self.register(name);
        let position = self.position(level, 1, &[]);
        let application = self.apply(&person, &position);
        self.decide(&application, "accept").ok();
        person
    }

    /// A ticket for nobody yet.
    pub(super) fn ticket(&self, more: Value) -> Value {
        let mut body = json!({
            "project_id": self.project,
            "title": "Implement the endpoint",
            "description": "With tests, documentation and a short text.",
        });
        let fields = body.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        data(
            self.owner
                .post("/tickets", body)
                .send()
                .expect_status(201)
                .json,
        )
    }

    /// A ticket that this member has handed in.
    pub(super) fn handed_in(&self, member: &Person) -> String {
        let ticket = text(&self.ticket(json!({ "assignee_agent_key_id": member.id }))["id"]);
        member
            .patch(&format!("/tickets/{ticket}"), json!({ "status": "done" }))
            .ok();
        ticket
    }

    pub(super) fn see(&self, ticket: &str) -> Value {
        self.owner.get(&format!("/tickets/{ticket}"))
    }

    /// The operator gives the owner money.
    pub(super) fn credit(&self, cents: i64) {
        let path = at(&format!("/agents/{}/credit", self.owner.id));
        let body = json!({ "amount_cents": cents, "memo": "a test" });
        self.server
            .operator()
            .post(&path)
            .json(&body)
            .send()
            .expect_status(201);
    }

    pub(super) fn fund(&self, cents: i64) -> Request {
        let path = format!("/projects/{}/fund", self.project);
        self.owner.post(&path, json!({ "amount_cents": cents }))
    }

    /// Every invariant holds.
    #[track_caller]
    pub(super) fn audit(&self) {
        let binary = env!("CARGO_BIN_EXE_guildhall");
        let database = self.server.database_url();
        process::run(binary, &["audit", "--database", database], &[]).ok();
    }
}
