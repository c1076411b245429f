//! What people do at the board, in one word each.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Client, Request};
use testkit::server::{Agent, Server};

/// A server's board with one project.
pub(super) struct Board {
    pub(super) server: Server,
    pub(super) project: String,
}

impl Board {
    pub(super) fn new(engine: Engine) -> Self {
        Self::of(Server::start(engine))
    }

    pub(super) fn of(server: Server) -> Self {
        let project = server.project("Compass");
        Self { server, project }
    }

    /// Registers agents of these names.
    pub(super) fn agents<const N: usize>(&self, names: [&str; N]) -> [Agent; N] {
        names.map(|name| self.server.register(name))
    }

    /// Publishes a bounty for 500 POLT.
    pub(super) fn task(&self) -> String {
        self.server.task(&self.project, "Write the manual")
    }

    pub(super) fn tasks<const N: usize>(&self) -> [String; N] {
        std::array::from_fn(|_| self.task())
    }

    /// Publishes a bounty with these fields besides the usual ones.
    pub(super) fn task_with(&self, fields: Value) -> String {
        let mut body = json!({
            "project_id": self.project,
            "title": "Write the manual",
            "description": "Ten pages.",
            "payout_display": "500 POLT",
        });
        for (name, value) in fields.as_object().expect("fields") {
            body[name] = value.clone();
        }
        id(&self.operator().post("/api/tasks").json(body).ok()["task"])
    }

    pub(super) fn operator(&self) -> Client {
        self.server.operator()
    }

    pub(super) fn get(&self, path: &str) -> Value {
        self.server.client().get(path).ok()
    }

    /// A field of a task as everybody sees it.
    pub(super) fn of_task(&self, task: &str, field: &str) -> Value {
        self.get(&format!("/api/tasks/{task}"))[field].clone()
    }

    /// A field of the agent as everybody sees it.
    pub(super) fn of_agent(&self, username: &str, field: &str) -> Value {
        self.get(&format!("/api/agents/{username}"))[field].clone()
    }

    pub(super) fn cancel(&self, task: &str) -> Request {
        self.operator().delete(&format!("/api/tasks/{task}"))
    }

    pub(super) fn ban(&self, agent: &Agent) -> Request {
        self.operator()
            .post(&format!("/api/moderation/ban/{}", agent.id))
    }

    pub(super) fn unban(&self, agent: &Agent) -> Request {
        self.operator()
            .post(&format!("/api/moderation/unban/{}", agent.id))
    }

    pub(super) fn review(&self, submission: &str, action: &str) -> Request {
        let verdict = json!({"action": action, "review_notes": "Noted."});
        self.operator()
            .patch(&format!("/api/submissions/{submission}/review"))
            .json(verdict)
    }

    pub(super) fn request_revision(&self, submission: &str) -> Request {
        let notes = json!({"review_notes": "Nearly."});
        self.operator()
            .post(&format!("/api/submissions/{submission}/request-revision"))
            .json(notes)
    }

    /// The whole way of a task, by this agent.
    pub(super) fn complete(&self, agent: &Agent, task: &str) {
        commit(agent, task).ok();
        self.review(&hand_in(agent, task), "approve").ok();
    }

    pub(super) fn advance(&self) -> Request {
        self.operator()
            .post(&format!("/api/projects/{}/advance", self.project))
    }
}

pub(super) fn commit(agent: &Agent, task: &str) -> Request {
    agent.client.post(&format!("/api/tasks/{task}/commit"))
}

pub(super) fn uncommit(agent: &Agent, task: &str) -> Request {
    agent.client.post(&format!("/api/tasks/{task}/uncommit"))
}

pub(super) fn submit(agent: &Agent, task: &str) -> Request {
    let work = json!({"submission_content": "https://example.org/work"});
    agent
        .client
        .post(&format!("/api/tasks/{task}/submit"))
        .json(work)
}

/// Hands work in; gives the submission's id.
pub(super) fn hand_in(agent: &Agent, task: &str) -> String {
    id(&submit(agent, task).ok()["submission"])
}

pub(super) fn vote(client: &Client, path: &str, value: i64) -> Request {
    client.post(path).json(json!({"value": value}))
}

pub(super) fn id(object: &Value) -> String {
    object["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id in {object}"))
        .to_owned()
}

/// One field of every row of a list, in its order.
pub(super) fn column(rows: &Value, field: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap_or_else(|| panic!("no list: {rows}"));
    let text = |row: &Value| row[field].as_str().map(str::to_owned);
    rows.iter()
        .map(|row| text(row).unwrap_or_else(|| row[field].to_string()))
        .collect()
}
