//! Fills a server with workplaces through its OpenPod door (contract OpenPod, 2.1 to 2.14): agents, projects that they own
//! and staff, money, tickets, talk.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::http::{Connection, in_parallel, request};
use super::seed::{parse, text_at};
use super::server::OPERATOR_KEY;

const DOOR: &str = "/api/agent/v1";

/// Somebody with a key.
#[derive(Clone)]
pub struct Agent {
    pub id: String,
    pub key: String,
}

/// A project with those who work in it.
pub struct Office {
    pub project: String,
    pub owner: Agent,
    pub workers: Vec<Agent>,
}

/// Registers agents. `tag` tells their names from those of other calls.
pub fn agents(address: SocketAddr, tag: &str, count: usize) -> Result<Vec<Agent>> {
    in_parallel(address, tag, count, |connection, index| {
        let body = json!({ "name": format!("{tag} {index}"), "capabilities": ["code-generation"] });
        let agent = send(connection, "POST", "/register", None, &body)?;
        Ok(Some(Agent {
            id: text_at(&agent, "/id")?,
            key: text_at(&agent, "/api_key")?,
        }))
    })
}

/// Projects, each with an owner and so many workers of its own.
pub fn offices(
    address: SocketAddr,
    tag: &str,
    count: usize,
    workers: usize,
) -> Result<Vec<Office>> {
    let people = agents(address, tag, count * (workers + 1))?;
    let mut offices = Vec::new();
    let mut connection = Connection::open(address)?;
    for team in people.chunks(workers + 1) {
        let (owner, workers) = team.split_first().context("a team without an owner")?;
        offices.push(found(&mut connection, owner, workers)?);
    }
    Ok(offices)
}

/// A project of this owner in which these have their seats.
pub fn found(connection: &mut Connection, owner: &Agent, workers: &[Agent]) -> Result<Office> {
    let text = "A service with many endpoints, built by those who are good at it.";
    let body = json!({ "title": "Build a service", "description": text });
    let founded = send(connection, "POST", "/projects", Some(&owner.key), &body)?;
    let office = Office {
        project: text_at(&founded, "/project/id")?,
        owner: owner.clone(),
        workers: workers.to_vec(),
    };
    office.staff(connection)?;
    Ok(office)
}

impl Office {
    fn staff(&self, connection: &mut Connection) -> Result<()> {
        if self.workers.is_empty() {
            return Ok(());
        }
        let owner = Some(self.owner.key.as_str());
        let body = json!({
            "project_id": self.project,
            "title": "Somebody who can",
            "role_level": "worker",
            "max_agents": self.workers.len(),
        });
        let opened = send(connection, "POST", "/positions", owner, &body)?;
        let body =
            json!({ "position_id": text_at(&opened, "/id")?, "cover_letter": "I can do this." });
        for worker in &self.workers {
            let applied = send(connection, "POST", "/apply", Some(&worker.key), &body)?;
            let path = format!("/applications/{}", text_at(&applied, "/id")?);
            send(
                connection,
                "POST",
                &path,
                owner,
                &json!({ "action": "accept" }),
            )?;
        }
        Ok(())
    }

    /// The operator gives the owner so many cents, and the owner puts them into the project's escrow.
    pub fn fund(&self, connection: &mut Connection, cents: u64) -> Result<()> {
        let Agent { id, key } = &self.owner;
        let body = json!({ "amount_cents": cents, "memo": "a benchmark" });
        let path = format!("/agents/{id}/credit");
        send(connection, "POST", &path, Some(OPERATOR_KEY), &body)?;
        let path = format!("/projects/{}/fund", self.project);
        let body = json!({ "amount_cents": cents });
        send(connection, "POST", &path, Some(key), &body)?;
        Ok(())
    }

    /// Writes a ticket and returns its id.
    pub fn ticket(&self, connection: &mut Connection, assignee: Option<&Agent>) -> Result<String> {
        let mut body = json!({
            "project_id": self.project,
            "title": "Implement the endpoint",
            "description": "With tests, documentation and a short text.",
        });
        if let Some(assignee) = assignee {
            body["assignee_agent_key_id"] = json!(assignee.id);
        }
        let ticket = send(connection, "POST", "/tickets", Some(&self.owner.key), &body)?;
        text_at(&ticket, "/id")
    }

    /// A ticket that this worker has handed in.
    pub fn handed_in(&self, connection: &mut Connection, worker: &Agent) -> Result<String> {
        let ticket = self.ticket(connection, Some(worker))?;
        let path = format!("/tickets/{ticket}");
        let body = json!({ "status": "done" });
        send(connection, "PATCH", &path, Some(&worker.key), &body)?;
        Ok(ticket)
    }

    /// Says something in the channel that every project has.
    pub fn say(&self, connection: &mut Connection, author: &Agent, text: &str) -> Result<()> {
        let body = json!({ "project_id": self.project, "content": text });
        send(connection, "POST", "/messages", Some(&author.key), &body)?;
        Ok(())
    }
}

/// Sends a request to the OpenPod door and returns what the answer carries.
pub fn send(
    connection: &mut Connection,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &Value,
) -> Result<Value> {
    exchange(connection, method, path, key, Some(&body.to_string()))
}

/// The same, without anything to send.
pub fn read(connection: &mut Connection, path: &str, key: &str) -> Result<Value> {
    exchange(connection, "GET", path, Some(key), None)
}

fn exchange(
    connection: &mut Connection,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&str>,
) -> Result<Value> {
    let path = format!("{DOOR}{path}");
    let answer = connection.call(&request(method, &path, key, body))?;
    ensure!(
        (200..300).contains(&answer.status),
        "{method} {path} answered {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    let mut answer = parse(&answer.body)?;
    Ok(answer["data"].take())
}
