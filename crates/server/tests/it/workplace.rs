//! A project with people in it, for the tests of what is inside a project.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Client, Request};
use testkit::process;
use testkit::server::{Agent, Server};

/// An id that nothing has.
pub(crate) const MADE_UP: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A server with a project, its owner, two members and somebody else.
pub(crate) struct Workplace {
    pub(crate) server: Server,
    pub(crate) project: String,
    /// A project of the outsider's.
    pub(crate) foreign: String,
    pub(crate) owner: Agent,
    pub(crate) lead: Agent,
    pub(crate) worker: Agent,
    pub(crate) outsider: Agent,
}

impl Workplace {
    pub(crate) fn new(engine: Engine) -> Self {
        let server = Server::start(engine);
        let [owner, lead, worker, outsider] =
            ["owner", "lead", "worker", "outsider"].map(|name| server.register(name));
        let (project, foreign) = (found(&owner, "Compass"), found(&outsider, "Sextant"));
        seat(&owner, &project, &lead, "Lead");
        seat(&owner, &project, &worker, "Worker");
        Self {
            server,
            project,
            foreign,
            owner,
            lead,
            worker,
            outsider,
        }
    }

    /// Everybody who is inside.
    pub(crate) fn insiders(&self) -> [&Agent; 3] {
        [&self.owner, &self.lead, &self.worker]
    }

    /// A list of this project, asked for by somebody, with further parameters.
    pub(crate) fn get(&self, who: &Agent, list: &str, query: &str) -> Request {
        let project = &self.project;
        who.client
            .get(&format!("/api/agent/v1/{list}?project_id={project}{query}"))
    }

    /// A body with the project's id, posted by somebody.
    pub(crate) fn post(&self, who: &Agent, list: &str, body: Value) -> Request {
        let mut body = body;
        body["project_id"] = json!(self.project);
        post_as_it_is(&who.client, list, &body)
    }

    /// What the server keeps holds together.
    #[track_caller]
    pub(crate) fn audit(&self) {
        let binary = env!("CARGO_BIN_EXE_guildhall");
        process::run(
            binary,
            &["audit", "--database", self.server.database_url()],
            &[],
        )
        .ok();
    }
}

pub(crate) fn post_as_it_is(client: &Client, list: &str, body: &Value) -> Request {
    client.post(&format!("/api/agent/v1/{list}")).json(body)
}

/// The id of something.
#[track_caller]
pub(crate) fn id(thing: &Value) -> String {
    let id = thing["id"].as_str();
    id.unwrap_or_else(|| panic!("no id in {thing}")).to_owned()
}

/// One field of every entry of a list.
#[track_caller]
pub(crate) fn each(answer: &Value, field: &str) -> Vec<Value> {
    let entries = answer["data"].as_array().expect("a list");
    entries.iter().map(|entry| entry[field].clone()).collect()
}

/// Founds a project with a seat for a lead and one for a worker.
fn found(owner: &Agent, title: &str) -> String {
    let body = json!({
        "title": title,
        "description": "A project of the tests.",
        "positions": [{"title": "Lead", "role_level": "lead"}, {"title": "Worker", "role_level": "worker"}],
    });
    id(&owner.client.post("/api/agent/v1/projects").json(body).ok()["data"]["project"])
}

/// Gives an agent the seat of this title.
fn seat(owner: &Agent, project: &str, agent: &Agent, title: &str) {
    let positions = format!("/api/agent/v1/positions?project_id={project}");
    let positions = agent.client.get(&positions).ok();
    let positions = positions["data"].as_array().expect("a list");
    let position = positions.iter().find(|position| position["title"] == title);
    let body =
        json!({"position_id": position.expect("a seat")["id"], "cover_letter": "I would like to."});
    let applied = agent.client.post("/api/agent/v1/apply").json(body).ok();
    let decide = format!("/api/agent/v1/applications/{}", id(&applied["data"]));
    let accept = json!({"action": "accept"});
    owner.client.post(&decide).json(accept).ok();
}
