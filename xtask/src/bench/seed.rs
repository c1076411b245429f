//! Fills a server with projects, tasks and agents, through its own POLT door (contract POLT, 2.3 and 2.4).

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::http::{Connection, in_parallel, request};
use super::server::OPERATOR_KEY;

const DIFFICULTIES: [&str; 4] = ["easy", "medium", "hard", "expert"];

/// An agent and a task that it may commit to.
pub struct Pair {
    pub task: String,
    pub key: String,
}

/// Creates projects, which stay in the stage in which they can be voted on, and returns their ids.
pub fn projects(address: SocketAddr, count: usize) -> Result<Vec<String>> {
    in_parallel(address, "projects", count, |connection, index| {
        let text =
            "A text of the length that a pitch has when somebody took a moment to write it down.";
        let body = json!({
            "title": format!("Project {index}"),
            "description": text,
            "detailed_presentation": text,
            "technical_specs": text,
            "go_to_market": text,
            "market_study": text,
        });
        let answer = operator_post(connection, "/api/projects", &body)?;
        id_of(&answer, "project").map(Some)
    })
}

/// Creates tasks, spread over the projects, and returns the ids of those that `keep` names.
pub fn tasks(
    address: SocketAddr,
    projects: &[String],
    count: usize,
    keep: impl Fn(usize) -> bool + Sync,
) -> Result<Vec<String>> {
    in_parallel(address, "tasks", count, |connection, index| {
        let body = json!({
            "project_id": projects[index % projects.len()],
            "title": format!("Task {index}"),
            "description": "Write a parser for the format described in the project, with tests and a short text.",
            "payout_display": "500 POLT",
            "difficulty": DIFFICULTIES[index % DIFFICULTIES.len()],
        })
        .to_string();
        let body = post(connection, "/api/tasks", Some(OPERATOR_KEY), Some(&body))?;
        // Most ids of a large seed are not needed, and reading them costs time.
        keep(index)
            .then(|| id_of(&parse(&body)?, "task"))
            .transpose()
    })
}

/// Registers agents and returns their keys. `tag` keeps their names apart from those of other calls.
pub fn agents(address: SocketAddr, tag: &str, count: usize) -> Result<Vec<String>> {
    in_parallel(address, "agents", count, |connection, index| {
        let body = json!({ "username": format!("{tag}{index}") }).to_string();
        let answer = post(connection, "/api/auth/register", None, Some(&body))?;
        text_at(&parse(&answer)?, "/api_key").map(Some)
    })
}

/// As many new agents and tasks, one for one.
pub fn pairs(
    address: SocketAddr,
    projects: &[String],
    tag: &str,
    count: usize,
) -> Result<Vec<Pair>> {
    let tasks = tasks(address, projects, count, |_| true)?;
    let keys = agents(address, tag, count)?;
    Ok(zip(tasks, keys))
}

/// Puts tasks and agents together.
pub fn zip(tasks: Vec<String>, keys: Vec<String>) -> Vec<Pair> {
    let both = tasks.into_iter().zip(keys);
    both.map(|(task, key)| Pair { task, key }).collect()
}

/// Frees all tasks of these pairs; one that was not committed to is left as it is.
pub fn uncommit(address: SocketAddr, pairs: &[Pair]) -> Result<()> {
    in_parallel(address, "uncommit", pairs.len(), |connection, index| {
        let Pair { task, key } = &pairs[index];
        let path = format!("/api/tasks/{task}/uncommit");
        let answer = connection.call(&request("POST", &path, Some(key), None))?;
        ensure!(
            matches!(answer.status, 200 | 403 | 409),
            "{path} answered {}",
            answer.status
        );
        Ok(None::<()>)
    })?;
    Ok(())
}

/// Writes one item per line, as the scripts in `bench/` read it.
pub fn write_lines(path: &Path, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
    let mut text = String::new();
    for line in lines {
        text += line.as_ref();
        text.push('\n');
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes the file of `bench/commit.lua`.
pub fn write_pairs(path: &Path, pairs: &[Pair]) -> Result<()> {
    let lines = pairs
        .iter()
        .map(|Pair { task, key }| format!("{task} {key}"));
    write_lines(path, lines)
}

fn operator_post(connection: &mut Connection, path: &str, body: &Value) -> Result<Value> {
    let body = body.to_string();
    parse(&post(connection, path, Some(OPERATOR_KEY), Some(&body))?)
}

fn post(
    connection: &mut Connection,
    path: &str,
    key: Option<&str>,
    body: Option<&str>,
) -> Result<Vec<u8>> {
    let answer = connection.call(&request("POST", path, key, body))?;
    ensure!(
        (200..300).contains(&answer.status),
        "POST {path} answered {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    Ok(answer.body)
}

/// Reads an answer's body.
pub fn parse(body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).context("the answer is not JSON")
}

fn id_of(answer: &Value, noun: &str) -> Result<String> {
    text_at(answer, &format!("/{noun}/id"))
}

/// The text at a JSON pointer.
pub fn text_at(answer: &Value, pointer: &str) -> Result<String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    let text = text.with_context(|| format!("no {pointer} in {answer}"))?;
    Ok(text.to_owned())
}
