//! A project with people in it, for the tests of what is inside a project.
//!
//! Seats are written by the store, because there is no faster way to them:
//! what is tested with them begins when everybody has one.

use domain::id::{AccountId, PositionId, ProjectId};
use domain::team::{Level, PayType, PositionStatus};
use domain::{Result, Time};
use serde_json::{Value, json};
use store::tables::teams::{self, Position};
use store::{Location, Store, Tx};
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
        let server = Server::start_with(engine, |settings| settings.polt.open_projects = true);
        let [owner, lead, worker, outsider] =
            ["owner", "lead", "worker", "outsider"].map(|name| server.register(name));
        let (project, foreign) = (found(&owner, "Compass"), found(&outsider, "Sextant"));
        let seats = [(&lead, Level::Lead), (&worker, Level::Worker)]
            .map(|(agent, level)| (agent.id.clone(), level));
        seat(&server, &project, seats);
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

/// The id of something in an answer.
#[track_caller]
pub(crate) fn id(answer: &Value) -> String {
    answer["data"]["id"].as_str().expect("an id").to_owned()
}

/// One field of every entry of a list.
#[track_caller]
pub(crate) fn each(answer: &Value, field: &str) -> Vec<Value> {
    let entries = answer["data"].as_array().expect("a list");
    entries.iter().map(|entry| entry[field].clone()).collect()
}

fn found(owner: &Agent, title: &str) -> String {
    let pitch = json!({"title": title, "description": "A project of the tests."});
    let founded = owner.client.post("/api/projects").json(pitch).ok();
    let id = founded["project"]["id"].as_str();
    id.expect("an id").to_owned()
}

/// Gives each account a seat of a position of its own.
fn seat<const N: usize>(server: &Server, project: &str, seats: [(String, Level); N]) {
    let location = Location::parse(server.database_url()).expect("a location");
    let project = ProjectId::parse(project).expect("an id");
    let seats = seats.map(|(id, level)| (AccountId::parse(&id).expect("an id"), level));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&location).await.expect("the store opens");
        let written = store.write(move |tx| Box::pin(take_seats(tx, project, seats)));
        written.await.expect("written");
        store.close().await;
    });
}

async fn take_seats<const N: usize>(
    tx: &mut Tx,
    project: ProjectId,
    seats: [(AccountId, Level); N],
) -> Result<()> {
    for (account, level) in seats {
        let position = Position {
            id: PositionId(account.0),
            project,
            title: "A seat".into(),
            description: String::new(),
            level,
            skills: Vec::new(),
            pay_cents: None,
            pay_type: PayType::Fixed,
            seats: 1,
            taken: 0,
            status: PositionStatus::Open,
            reports_to: None,
            sort_order: 0,
            created_at: Time(0),
        };
        teams::insert_position(tx, &position).await?;
        teams::join(tx, project, account, position.id, level, Time(0)).await?;
        teams::seat(tx, position.id, 1, PositionStatus::Filled).await?;
    }
    Ok(())
}
