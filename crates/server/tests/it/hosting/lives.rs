//! Tasks outlive the servers that run them: what a killed server had under way
//! is begun again, by its next life or by another node.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;

use crate::program::{OPERATOR_KEY, assert_audit_is_clean, server, text};

const TASKS: &str = "/api/v1/tasks";
/// Longer than a lease, by far.
const PATIENCE: Duration = Duration::from_secs(60);

/// A project with an agent that asks the mock: its live key.
fn project(client: &Client) -> String {
    let operator = client.with_key(OPERATOR_KEY);
    let made = operator
        .post("/guild/v1/projects")
        .json(json!({ "name": "compass" }))
        .ok();
    let key = text(&made, "/keys/live");
    let agent = json!({ "name": "dev", "model": "mock/echo" });
    client
        .with_key(&key)
        .post("/api/v1/agents")
        .json(agent)
        .ok();
    key
}

fn write(client: &Client, title: &str, description: &str, needs: &[&str]) {
    let body = json!({ "title": title, "description": description, "assignTo": "dev", "dependsOn": needs });
    client.post(TASKS).json(body).send().expect_status(201).ok();
}

fn all(client: &Client) -> Vec<Value> {
    let list = client.get(TASKS).ok();
    list["data"].as_array().expect("a list").clone()
}

fn count(client: &Client, status: &str) -> usize {
    all(client)
        .iter()
        .filter(|task| task["status"] == status)
        .count()
}

#[expect(clippy::disallowed_methods, reason = "other processes need real time")]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

testkit::on_both_engines! {
    fn a_killed_server_loses_no_task(engine: Engine) {
        let scratch = engine.scratch();
        let command = server(scratch.url()).env("GUILDHALL_LOG__FILTER", "warn");
        let mut guildhall = command.start();
        let key = project(&guildhall.client());
        let client = guildhall.client().with_key(&key);
        for number in 0..8 {
            write(&client, &format!("slow {number}"), "[slow 2000] [say x]", &[]);
            write(&client, &format!("behind {number}"), "[say y]", &[&format!("slow {number}")]);
        }
        until("some run", || count(&client, "in_progress") >= 4);
        guildhall.kill9();
        let guildhall = command.start();
        let client = guildhall.client().with_key(&key);
        until("all are done", || count(&client, "done") == 16);
        assert!(all(&client).iter().all(|task| task["retries"] == 0));
        drop(guildhall);
        assert_audit_is_clean(scratch.url());
    }
}

#[test]
fn another_node_takes_over_and_runs_nothing_twice() {
    let scratch = Engine::Postgres.scratch();
    let command = server(scratch.url()).env("GUILDHALL_LOG__FILTER", "warn");
    let (mut one, other) = (command.start(), command.start());
    let key = project(&one.client());
    let (first, second) = (one.client().with_key(&key), other.client().with_key(&key));
    for number in 0..10 {
        write(&first, &format!("quick {number}"), "[say x]", &[]);
        write(&second, &format!("swift {number}"), "[say x]", &[]);
    }
    until("all are done", || count(&second, "done") == 20);
    for task in all(&second) {
        let id = task["id"].as_str().expect("an id");
        let log = second
            .get(&format!("/v1/agents/processes/{id}/activity"))
            .ok();
        let ends = log
            .as_array()
            .expect("a log")
            .iter()
            .filter(|entry| entry["type"] == "result");
        assert_eq!(ends.count(), 1, "{log}");
    }
    write(&first, "orphan", "[slow 3000] [say x]", &[]);
    let mut events = second.get("/api/v1/events").stream();
    until("it runs", || count(&second, "in_progress") == 1);
    one.kill9();
    until("it is done", || count(&second, "done") == 21);
    let recovered = events.wait_for("task:recovered").json();
    assert_eq!(
        (&recovered["title"], &recovered["previousStatus"]),
        (&json!("orphan"), &json!("in_progress"))
    );
}
