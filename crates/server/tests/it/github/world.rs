//! A server with a GitHub App, and projects with people and tickets, put into
//! the database beside it.

use app::Entropy;
use app::tables::projects::{self, Counts, Pitch, Project, Workplace};
use app::tables::tasks::{self, Task};
use app::tables::teams::{self, Position};
use app::tables::tickets::{self, Ticket};
use domain::Time;
use domain::event::Happening;
use domain::id::{AccountId, Id, ProjectId, TaskId};
use domain::project::Stage;
use domain::task::{Difficulty, State, Status, Terms};
use domain::team::{Level, PayType, PositionStatus};
use domain::ticket::{Column, Kind, Priority};
use serde_json::{Value, json};
use store::{Location, Sql, Store, Tx, TxFuture};
use testkit::engine::Engine;
use testkit::github::{GitHub, WEBHOOK_SECRET, sign};
use testkit::http::{Answer, Client};
use testkit::server::{Agent, Server};

pub const REPOSITORY: &str = "acme/web";
pub const LINK: &str = "https://github.com/acme/web";
pub const INSTALLATION: i64 = 7;

pub struct World {
    pub github: GitHub,
    pub server: Server,
    pub owner: Agent,
    /// Of the owner, naming [`REPOSITORY`].
    pub project: String,
}

impl World {
    /// With the App installed on the repository, and nothing linked.
    #[track_caller]
    pub fn new(engine: Engine) -> Self {
        Self::with(engine, |_| {})
    }

    #[track_caller]
    pub fn with(engine: Engine, change: impl FnOnce(&mut server::Settings)) -> Self {
        let github = GitHub::start();
        github.repository(REPOSITORY, Some(INSTALLATION));
        let server = Server::start_with(engine, |settings| {
            github.configure(settings);
            change(settings);
        });
        let owner = server.register("owner");
        let mut world = Self {
            github,
            server,
            project: String::new(),
            owner,
        };
        world.project = world.found(&world.owner, Some(LINK));
        world
    }

    /// With the repository linked.
    #[track_caller]
    pub fn linked(engine: Engine) -> Self {
        let world = Self::new(engine);
        world.link(&world.owner, &world.project);
        let _ = world.github.take_asked();
        world
    }

    /// Proves control of the repository and links it.
    #[track_caller]
    pub fn link(&self, manager: &Agent, project: &str) {
        let asked = connect(&manager.client, project).ok();
        let challenge = asked["challenge"].as_str().expect("a challenge");
        self.github
            .commit(REPOSITORY, ".guildhall-verify", challenge);
        assert_eq!(connect(&manager.client, project).ok()["connected"], true);
    }

    /// Founds a project.
    pub fn found(&self, owner: &Agent, repository: Option<&str>) -> String {
        let id: ProjectId = fresh();
        let project = Project {
            id,
            owner: account(owner),
            pitch: Pitch {
                title: "Compass".into(),
                ..Pitch::default()
            },
            stage: Stage::Development,
            counts: Counts::default(),
            workplace: Workplace {
                repository: repository.map(str::to_owned),
                ..Workplace::default()
            },
            created_at: Time(1),
            updated_at: Time(1),
            owner_handle: String::new(),
        };
        self.write(move |tx| {
            let project = project.clone();
            Box::pin(async move { projects::insert(tx, &project).await })
        });
        id.to_string()
    }

    /// Registers an agent and gives it a seat.
    pub fn member(&self, name: &str, level: Level) -> Agent {
        let agent = self.server.register(name);
        let (project, member) = (project(&self.project), account(&agent));
        let position = Position {
            id: fresh(),
            project,
            title: "Seat".into(),
            description: String::new(),
            level,
            skills: Vec::new(),
            pay_cents: None,
            pay_type: PayType::Fixed,
            seats: 1,
            taken: 1,
            status: PositionStatus::Filled,
            reports_to: None,
            sort_order: 0,
            created_at: Time(1),
        };
        self.write(move |tx| {
            let position = position.clone();
            Box::pin(async move {
                teams::insert_position(tx, &position).await?;
                teams::join(tx, project, member, position.id, level, Time(1)).await
            })
        });
        agent
    }

    /// A ticket that its assignee works on, with these deliverables.
    pub fn ticket(&self, in_project: &str, assignee: &Agent, deliverables: &Value) -> TaskId {
        let (project, assignee) = (project(in_project), account(assignee));
        let task = Task {
            id: fresh(),
            project,
            publisher: assignee,
            title: "Ticket".into(),
            description: String::new(),
            payout_display: String::new(),
            reward: None,
            difficulty: Difficulty::Medium,
            deadline: None,
            state: State {
                status: Status::Started,
                assignee: Some(assignee),
                ..State::OPEN
            },
            claimed_at: Some(Time(1)),
            submissions: 0,
            completed_at: None,
            paid_at: None,
            terms: Terms::ticket(),
            listed: false,
            briefed: false,
            alarm: None,
            created_at: Time(1),
            updated_at: Time(1),
        };
        let id = task.id;
        let deliverables = deliverables.to_string();
        self.write(move |tx| {
            let (task, deliverables) = (task.clone(), deliverables.clone());
            Box::pin(async move {
                tasks::insert(tx, &task).await?;
                let number = projects::add_ticket(tx, project).await?;
                let ticket = Ticket {
                    task,
                    number,
                    kind: Kind::Task,
                    priority: Priority::Medium,
                    handed_in_as: Column::InReview,
                    criteria: Vec::new(),
                    labels: Vec::new(),
                    branch: None,
                    deliverables,
                    points: None,
                    due_date: None,
                    parent: None,
                };
                tickets::insert(tx, &ticket).await
            })
        });
        id
    }

    /// What was recorded of a kind: of which project, and the facts. Read past
    /// the followers' order, which waits for every transaction of the cluster.
    pub fn events(&self, what: Happening) -> Vec<(String, Value)> {
        let recorded = "select subject, body from events where kind = $1 order by seq";
        self.read(move |tx| {
            let rows = tx.rows(Sql::new(recorded), vec![what.as_str().into()], |row| {
                let facts = serde_json::from_str(&row.text(1)?).expect("facts");
                Ok((row.uuid(0)?.to_string(), facts))
            });
            Box::pin(rows)
        })
    }

    /// Delivers as GitHub does.
    pub fn deliver(&self, event: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let signature = sign(WEBHOOK_SECRET, body.as_bytes());
        self.deliver_signed(event, &body, Some(&signature))
    }

    pub fn deliver_signed(&self, event: &str, body: &str, signature: Option<&str>) -> Answer {
        let request = self
            .server
            .client()
            .post("/api/github/webhook")
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-github-delivery", "0b989ba4-242f-11e5-81e1-c7b6966d2516")
            .body(body);
        match signature {
            Some(signature) => request.header("x-hub-signature-256", signature).send(),
            None => request.send(),
        }
    }

    fn write(&self, work: impl for<'a> Fn(&'a mut Tx) -> TxFuture<'a, ()> + Send + Sync + 'static) {
        self.on_store(async |store| store.write(work).await.expect("written"));
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    ) -> T {
        self.on_store(async |store| store.read(work).await.expect("read"))
    }

    fn on_store<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let location = Location::parse(self.server.database_url()).expect("a location");
            let store = Store::open(&location).await.expect("the store opens");
            let outcome = work(&store).await;
            store.close().await;
            outcome
        })
    }
}

fn fresh<I: Id>() -> I {
    I::from_uuid(Entropy::system().id(Time(1_000_000)))
}

fn account(agent: &Agent) -> AccountId {
    AccountId::parse(&agent.id).expect("an id")
}

fn project(id: &str) -> ProjectId {
    ProjectId::parse(id).expect("an id")
}

pub fn connect(client: &Client, project: &str) -> Answer {
    client
        .post("/api/github/connect")
        .json(json!({"project_id": project}))
        .send()
}

pub fn disconnect(client: &Client, project: &str) -> Answer {
    client
        .post("/api/github/disconnect")
        .json(json!({"project_id": project}))
        .send()
}

pub fn token(client: &Client, project: &str) -> Answer {
    let path = format!("/api/agent/v1/github/token?project_id={project}");
    client.get(&path).send()
}

pub fn pulls(client: &Client, project: &str, state: &str) -> Answer {
    let path = format!("/api/agent/v1/github/prs?project_id={project}&state={state}");
    client.get(&path).send()
}

pub fn verify(client: &Client, project: &str, link: &str) -> Answer {
    client
        .post("/api/agent/v1/github/verify-deliverable")
        .json(json!({"project_id": project, "pr_url": link}))
        .send()
}
