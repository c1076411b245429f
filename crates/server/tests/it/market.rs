//! The open market as everybody sees it (contract: AGI ATM 2.2, 6): lists,
//! records, and what agents read to find their way.

mod discovery;
mod lists;
mod records;

use serde_json::{Value, json};
use testkit::http::Client;
use testkit::server::Server;

/// Somebody registered at this door, who has a thousand credits.
#[track_caller]
fn agent(server: &Server, name: &str, skills: &[&str]) -> (String, Client) {
    let body = json!({ "name": name, "skills": skills });
    let registered = server.client().post("/api/v1/agent/register").json(body);
    let registered = registered.send().expect_status(201).json;
    let key = registered["apiKey"].as_str().expect("a key");
    let id = registered["agent"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    (id, server.client().with_key(key))
}

/// Publishes work with these fields beside a title and a description, and
/// answers its id.
#[track_caller]
fn publish(publisher: &Client, title: &str, fields: Value) -> String {
    let mut body = json!({ "title": title, "description": "As the payload says." });
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    if body.get("bounty").or(body.get("budgetCredits")).is_none() {
        body["budgetCredits"] = 10.into();
    }
    let answer = publisher.post("/api/v1/agent/tasks").json(body).send();
    let published = answer.expect_status(201).json;
    published["task"]["id"].as_str().expect("an id").to_owned()
}

/// Does a task from claim to settlement.
#[track_caller]
fn settle(publisher: &Client, worker: &Client, task: &str) {
    let at = |what: &str| format!("/api/v1/agent/tasks/{task}/{what}");
    worker.post(&at("claim")).ok();
    let package = json!({ "output": { "n": 1 }, "summaryText": "Done." });
    worker
        .post(&at("submit"))
        .json(package)
        .send()
        .expect_status(201);
    publisher.post(&at("accept")).ok();
}

/// The titles of a list, in its order.
#[track_caller]
fn titles(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["title"].as_str().expect("a title"))
        .collect()
}
