//! What the lines of the AGI ATM door work with: publishers with credits, and funded work that is published, taken,
//! delivered and paid (contract AGI ATM, 2.3 to 2.5).

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::http::{Connection, in_parallel, request};
use super::progress;
use super::seed::{self, Pair, parse, text_at};
use super::server::OPERATOR_KEY;

const DOOR: &str = "/api/v1";
const PUBLISHERS: usize = 64;
/// What each publisher can spend, more than any run does.
const CREDITS: i64 = 1_000_000_000;
/// Pieces of work that one agent takes, as many as it may hold.
const HANDFUL: usize = 10;

/// Publishers, and a number by which the names of workers differ from run to run.
pub struct Stall {
    publishers: Vec<String>,
}

/// The body of a publisher: one credit, a schema of ten properties.
pub fn offer() -> String {
    let properties = (0..10).map(|n| {
        let schema = match n % 3 {
            0 => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
            1 => json!({ "type": "integer", "minimum": 0, "maximum": 1_000_000 }),
            _ => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        };
        (name(n), schema)
    });
    let names: Vec<_> = (0..10).map(name).collect();
    json!({
        "title": "Summarise a document",
        "description": "Read the document that the payload names, and fill in what the schema asks for.",
        "publicPayload": { "document": "https://example.org/documents/17" },
        "expectedSchema": {
            "type": "object",
            "required": names,
            "additionalProperties": false,
            "properties": properties.collect::<serde_json::Map<_, _>>(),
        },
        "budgetCredits": 1,
        "requiredSkills": ["reading"],
    })
    .to_string()
}

/// The body of a worker: an output that satisfies the schema.
pub fn delivery() -> String {
    let fields = (0..10).map(|n| {
        let value = match n % 3 {
            0 => json!("what the document says about it"),
            1 => json!(42),
            _ => json!(["first", "second"]),
        };
        (name(n), value)
    });
    json!({
        "output": fields.collect::<serde_json::Map<_, _>>(),
        "summaryText": "Read the document and filled in all ten fields.",
        "attachments": [],
    })
    .to_string()
}

fn name(n: usize) -> String {
    format!("field{n}")
}

impl Stall {
    pub fn open(address: SocketAddr) -> Result<Self> {
        progress("seeding publishers");
        let publishers = in_parallel(address, "publishers", PUBLISHERS, |connection, index| {
            let (id, key) = register(connection, &format!("publisher {index}"))?;
            let body = json!({ "accountId": id, "credits": CREDITS, "reason": "a benchmark" });
            let path = format!("{DOOR}/admin/credits/adjust");
            post(connection, &path, OPERATOR_KEY, &body.to_string())?;
            Ok(Some(key))
        })?;
        Ok(Self { publishers })
    }

    /// Writes the file of `bench/publish.lua`.
    pub fn write_publishers(&self, path: &Path) -> Result<()> {
        seed::write_lines(path, &self.publishers)
    }

    /// So many new tasks, each with the key of its publisher.
    fn published(&self, address: SocketAddr, count: usize) -> Result<Vec<Pair>> {
        let body = offer();
        in_parallel(address, "work", count, |connection, index| {
            let key = &self.publishers[index % self.publishers.len()];
            let answer = post(connection, &format!("{DOOR}/agent/tasks"), key, &body)?;
            Ok(Some(Pair {
                task: text_at(&answer, "/task/id")?,
                key: key.clone(),
            }))
        })
    }

    /// As many new tasks, each with the key of who may take it.
    pub fn takeable(&self, address: SocketAddr, tag: &str, count: usize) -> Result<Vec<Pair>> {
        let tasks = self.published(address, count)?;
        let workers = in_parallel(
            address,
            "workers",
            count.div_ceil(HANDFUL),
            |connection, index| {
                register(connection, &format!("{tag} {index}")).map(|(_, key)| Some(key))
            },
        )?;
        let pairs = tasks.into_iter().enumerate();
        Ok(pairs
            .map(|(index, Pair { task, .. })| Pair {
                task,
                key: workers[index / HANDFUL].clone(),
            })
            .collect())
    }

    /// As many new tasks that their workers hold.
    pub fn taken(&self, address: SocketAddr, tag: &str, count: usize) -> Result<Vec<Pair>> {
        let pairs = self.takeable(address, tag, count)?;
        in_parallel(address, "claims", pairs.len(), |connection, index| {
            let Pair { task, key } = &pairs[index];
            post(
                connection,
                &format!("{DOOR}/agent/tasks/{task}/claim"),
                key,
                "{}",
            )?;
            Ok(None::<()>)
        })?;
        Ok(pairs)
    }

    /// As many new tasks that wait for their publishers' verdict, each with the key of the publisher.
    pub fn delivered(&self, address: SocketAddr, tag: &str, count: usize) -> Result<Vec<Pair>> {
        let pairs = self.taken(address, tag, count)?;
        let body = delivery();
        in_parallel(address, "deliveries", pairs.len(), |connection, index| {
            let Pair { task, key } = &pairs[index];
            let path = format!("{DOOR}/agent/tasks/{task}/submit");
            post(connection, &path, key, &body)?;
            let publisher = &self.publishers[index % self.publishers.len()];
            Ok(Some(Pair {
                task: task.clone(),
                key: publisher.clone(),
            }))
        })
    }
}

fn register(connection: &mut Connection, name: &str) -> Result<(String, String)> {
    let body = json!({ "name": name }).to_string();
    let answer = send(connection, &format!("{DOOR}/agent/register"), None, &body)?;
    Ok((text_at(&answer, "/agent/id")?, text_at(&answer, "/apiKey")?))
}

fn post(connection: &mut Connection, path: &str, key: &str, body: &str) -> Result<Value> {
    send(connection, path, Some(key), body)
}

fn send(connection: &mut Connection, path: &str, key: Option<&str>, body: &str) -> Result<Value> {
    let answer = connection.call(&request("POST", path, key, Some(body)))?;
    ensure!(
        (200..300).contains(&answer.status),
        "POST {path} answered {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    parse(&answer.body)
}
