//! Tasks that run: what becomes ready begins at once, what fails is tried
//! again, what is killed stops (Polpo 3.1). The agents ask the built-in mock.

use std::sync::Arc;
use std::time::Duration;

use domain::time::Span;
use serde_json::{Value, json};
use server::Clock;
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::{Hosting, Server};

use crate::program::eventually;

const TASKS: &str = "/api/v1/tasks";

/// A project with an agent that asks the mock.
fn project(server: &Server) -> Hosting {
    let hosting = server.hosting("compass");
    agent(&hosting.live, json!({ "name": "dev" }));
    hosting
}

fn agent(client: &Client, mut agent: Value) {
    agent["model"] = json!("mock/echo");
    client.post("/api/v1/agents").json(agent).ok();
}

fn write(client: &Client, title: &str, description: &str, more: Value) -> Value {
    let mut body = json!({ "title": title, "description": description, "assignTo": "dev" });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    client.post(TASKS).json(body).send().expect_status(201).ok()["data"].clone()
}

fn path(task: &Value, more: &str) -> String {
    format!("{TASKS}/{}{more}", task["id"].as_str().expect("an id"))
}

fn read(client: &Client, task: &Value) -> Value {
    client.get(&path(task, "")).ok()["data"].clone()
}

/// The task once it has that status.
fn once(client: &Client, task: &Value, status: &str) -> Value {
    let mut now = Value::Null;
    eventually(&format!("{} is {status}", task["title"]), || {
        now = read(client, task);
        let is_other_end =
            matches!(now["status"].as_str(), Some("done" | "failed")) && now["status"] != status;
        assert!(!is_other_end, "{now}");
        now["status"] == status
    });
    now
}

/// How long something takes, from now on.
#[expect(
    clippy::disallowed_methods,
    reason = "measures how long something took"
)]
fn took() -> impl Fn() -> Duration {
    let began = std::time::Instant::now();
    move || began.elapsed()
}

on_both_engines! {
    fn a_task_is_done_with_every_step_told(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events").stream();
        let task = write(&live, "Say", "[say all done]", json!({}));
        let done = once(&live, &task, "done");
        assert_eq!(done["result"]["stdout"], "all done");
        assert_eq!((&done["result"]["exitCode"], &done["retries"]), (&json!(0), &json!(0)));
        assert!(done["result"]["duration"].is_i64(), "{done}");
        let mut told = Vec::new();
        loop {
            let event = events.next_event().expect("an event");
            let body = event.json();
            if body["taskId"] != task["id"] && body["task"]["id"] != task["id"] {
                continue;
            }
            let to = body["to"].as_str().map(|to| format!(" {to}")).unwrap_or_default();
            if event.name.starts_with("task:") || event.name == "agent:spawned" || event.name == "agent:finished" {
                told.push(format!("{}{to}", event.name));
            }
            if event.name == "task:transition" && to == " done" {
                break;
            }
        }
        // The documentation's names are told as well.
        told.retain(|name| !name.starts_with("task:started") && !name.starts_with("task:completed"));
        let expected = [
            "task:created", "task:transition assigned", "task:transition in_progress", "agent:spawned", "agent:finished",
            "task:transition review", "task:transition done",
        ];
        assert_eq!(told, expected);
        let activity = live.get(&path(&task, "/activity")).ok();
        assert_eq!(activity["data"]["run"]["status"], "completed");
        let entries = live.get(&format!("/v1/agents/processes/{}/activity", task["id"].as_str().expect("an id"))).ok();
        assert_eq!(entries[0]["_run"], true);
        let entries = entries.as_array().expect("entries");
        assert!(entries.iter().any(|entry| entry["type"] == "result" && entry["text"] == "all done"), "{entries:?}");
        assert_eq!(live.get("/v1/agents/processes").ok(), json!([]));
    }

    fn needed_tasks_come_first_at_once(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let gate = write(&live, "gate", "[say go]", json!({ "draft": true }));
        let mut last = gate.clone();
        for number in 0..5 {
            last = write(&live, &format!("step {number}"), "[say x]", json!({ "dependsOn": [last["title"]] }));
        }
        assert_eq!(read(&live, &last)["status"], "pending");
        let began = took();
        live.post(&path(&gate, "/queue")).ok();
        once(&live, &last, "done");
        // Far below what one look at the database per step would take.
        assert!(began() < Duration::from_secs(4), "{:?}", began());
    }

    fn a_failing_task_is_tried_again_and_then_fails(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let task = write(&live, "bad", "[fail]", json!({ "maxRetries": 2 }));
        let behind = write(&live, "behind", "[say x]", json!({ "dependsOn": ["bad"] }));
        let failed = once(&live, &task, "failed");
        assert_eq!((&failed["retries"], &failed["originalDescription"]), (&json!(2), &json!("[fail]")));
        assert_eq!(failed["result"]["exitCode"], 1);
        assert!(failed["result"]["stderr"].as_str().is_some_and(|why| !why.is_empty()), "{failed}");
        assert_eq!(once(&live, &behind, "failed")["retries"], 0);
        live.patch(&path(&task, "")).json(json!({ "description": "[say fine]" })).ok();
        live.post(&path(&task, "/retry")).ok();
        once(&live, &task, "done");
        once(&live, &behind, "done");
    }

    fn the_next_attempt_may_go_to_another_agent_and_model(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        agent(&live, json!({ "name": "senior" }));
        agent(&live, json!({ "name": "junior", "reportsTo": "senior" }));
        let policy = json!({ "maxRetries": 1, "retryPolicy": { "escalateAfter": 1, "fallbackAgent": "senior" } });
        let task = once(&live, &write(&live, "a", "[fail]", policy), "failed");
        assert_eq!(task["assignTo"], "senior");
        let policy = json!({ "assignTo": "junior", "maxRetries": 1, "retryPolicy": { "escalateAfter": 1 } });
        let task = once(&live, &write(&live, "b", "[fail]", policy), "failed");
        assert_eq!(task["assignTo"], "senior");
        let policy = json!({ "maxRetries": 1, "retryPolicy": { "escalateAfter": 1, "escalateModel": "nowhere/else" } });
        let task = once(&live, &write(&live, "c", "[fail]", policy), "failed");
        assert!(task["result"]["stderr"].as_str().is_some_and(|why| why.contains("nowhere")), "{task}");
    }

    fn effects_elsewhere_are_not_repeated(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let task = write(&live, "pay", "[fail]", json!({ "sideEffects": true }));
        let waits = once(&live, &task, "awaiting_approval");
        assert_eq!(waits["retries"], 0);
        live.post(&path(&task, "/force-fail")).ok();
        assert_eq!(read(&live, &task)["status"], "failed");
    }

    fn nobody_works_for_an_agent_that_is_not_there(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let task = write(&live, "lost", "x", json!({ "assignTo": "nobody" }));
        let failed = once(&live, &task, "failed");
        assert!(failed["result"]["stderr"].as_str().is_some_and(|why| why.contains("nobody")), "{failed}");
        assert_eq!(failed["retries"], 0);
    }

    fn a_killed_task_stops_and_others_go_on(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        agent(&live, json!({ "name": "one", "maxConcurrency": 1 }));
        let slow = write(&live, "slow", "[slow 60000]", json!({ "assignTo": "one" }));
        once(&live, &slow, "in_progress");
        let next = write(&live, "next", "[say x]", json!({ "assignTo": "one" }));
        let other = write(&live, "other", "[say x]", json!({}));
        once(&live, &other, "done");
        assert_eq!(read(&live, &next)["status"], "pending");
        let running = live.get("/v1/agents/processes").ok();
        assert_eq!((&running[0]["taskId"], &running[0]["alive"]), (&slow["id"], &json!(true)));
        live.post(&path(&slow, "/kill")).ok();
        assert_eq!(read(&live, &slow)["status"], "failed");
        once(&live, &next, "done");
    }

    fn a_question_is_answered_twice_at_most(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let asks = r#"[json {"question": true, "answer": "Blue?"}]"#;
        let task = once(&live, &write(&live, "ask", asks, json!({})), "done");
        assert_eq!((&task["questionRounds"], &task["retries"]), (&json!(2), &json!(0)));
        assert_eq!(task["phase"], "clarification");
        assert!(task["description"].as_str().is_some_and(|text| text.contains("The answer: Blue?")), "{task}");
    }

    fn a_run_that_takes_too_long_is_cut_off(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events").stream();
        let task = write(&live, "slow", "[slow 60000]", json!({ "maxDuration": 100, "maxRetries": 0 }));
        let failed = once(&live, &task, "failed");
        assert_eq!(failed["result"]["exitCode"], 124);
        let timeout = events.wait_for("task:timeout").json();
        assert_eq!((&timeout["taskId"], &timeout["timeout"]), (&task["id"], &json!(100)));
    }

    fn a_silent_agent_is_warned_of_and_stopped(engine: Engine) {
        let clock = Clock::system();
        let server = Server::start_at(Arc::new(engine.scratch()), clock.clone(), |_| {});
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events?filter=agent:stale").stream();
        let more = json!({ "maxDuration": 3_600_000, "maxRetries": 0 });
        let task = write(&live, "silent", "[slow 600000]", more);
        once(&live, &task, "in_progress");
        clock.advance(Span::seconds(6 * 60));
        let warned = events.wait_for("agent:stale").json();
        assert_eq!((&warned["action"], &warned["taskId"]), (&json!("warning"), &task["id"]));
        clock.advance(Span::seconds(5 * 60));
        assert_eq!(events.wait_for("agent:stale").json()["action"], "killed");
        assert_eq!(once(&live, &task, "failed")["result"]["exitCode"], 124);
    }

    fn a_deadline_that_comes_near_is_told_of(engine: Engine) {
        let clock = Clock::system();
        let server = Server::start_at(Arc::new(engine.scratch()), clock.clone(), |_| {});
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events?filter=sla:*").stream();
        let write = |title: &str| write(&live, title, "x", json!({ "draft": true, "deadline": "2040-01-01T00:00:00Z" }));
        let task = write("due");
        let left = 2_208_988_800 - clock.now().unix_seconds();
        clock.advance(Span::seconds(left / 10 * 9));
        let warning = events.wait_for("sla:warning").json();
        assert_eq!((&warning["entityId"], &warning["deadline"]), (&task["id"], &json!("2040-01-01T00:00:00.000Z")));
        clock.advance(Span::seconds(left / 10 + 60));
        assert_eq!(events.wait_for("sla:violated").json()["entityId"], task["id"]);
    }

    fn greater_priority_goes_first(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        agent(&live, json!({ "name": "one", "maxConcurrency": 1 }));
        let slow = write(&live, "slow", "[slow 60000]", json!({ "assignTo": "one" }));
        once(&live, &slow, "in_progress");
        let low = write(&live, "low", "[slow 60000]", json!({ "assignTo": "one" }));
        let high = write(&live, "high", "[slow 60000]", json!({ "assignTo": "one", "priority": 5 }));
        live.post(&path(&slow, "/kill")).ok();
        once(&live, &high, "in_progress");
        assert_eq!(read(&live, &low)["status"], "pending");
    }

    fn what_an_agent_does_is_written_down(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let description = r#"[tool write {"path": "a.md", "content": "x", "password": "hunter2"}] [tool ls {}]"#;
        let task = once(&live, &write(&live, "tools", description, json!({})), "done");
        let log = live.get(&format!("/v1/agents/processes/{}/activity", task["id"].as_str().expect("an id"))).ok();
        let of = |kind: &str| {
            let entries = log.as_array().expect("a log").iter().filter(|entry| entry["type"] == kind);
            entries.cloned().collect::<Vec<_>>()
        };
        let uses = of("tool_use");
        assert_eq!((&uses[0]["tool"], &uses[1]["tool"]), (&json!("write"), &json!("ls")), "{log}");
        assert_eq!(of("tool_result").len(), 2, "{log}");
        assert!(!uses[0].to_string().contains("hunter2"), "{log}");
        let activity = live.get(&path(&task, "/activity")).ok();
        let activity = &activity["data"]["run"]["activity"];
        assert_eq!((&activity["toolCalls"], &activity["lastTool"]), (&json!(2), &json!("ls")), "{activity}");
        assert!(activity["filesCreated"].as_array().is_some_and(|files| files.len() == 1), "{activity}");
    }

    fn a_deadline_is_told_of(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events").stream();
        let late = json!({ "draft": true, "deadline": "2020-01-01T00:00:00Z" });
        let late = write(&live, "late", "x", late);
        let violated = events.wait_for("sla:violated").json();
        assert_eq!((&violated["entityId"], &violated["entityType"]), (&late["id"], &json!("task")));
        let early = write(&live, "early", "[say x]", json!({ "deadline": "2031-01-01T00:00:00Z" }));
        once(&live, &early, "done");
        assert_eq!(events.wait_for("sla:met").json()["entityId"], early["id"]);
    }

    fn a_task_is_followed_as_it_runs(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let task = write(&live, "talk", "[say one two three]", json!({ "draft": true }));
        let stream = live.post(&path(&task, "/execute")).json(json!({ "stream": true })).stream();
        assert_eq!(stream.status(), 200);
        let frames = stream.rest();
        let chunk = |at: usize| frames[at].json();
        assert_eq!(chunk(0)["choices"][0]["delta"]["role"], "assistant");
        let text: String = frames.iter().filter_map(|frame| Some(frame.json()["choices"][0]["delta"]["content"].as_str()?.to_owned())).collect();
        assert_eq!(text, "one two three");
        assert_eq!(frames.last().map(|frame| frame.data.as_str()), Some("[DONE]"));
        let end = chunk(frames.len() - 2);
        assert_eq!(end["choices"][0]["finish_reason"], "stop");
        assert_eq!((&end["polpo"]["task"]["id"], &end["polpo"]["task"]["status"]), (&task["id"], &json!("done")));
        let plain = write(&live, "plain", "[say x]", json!({ "draft": true }));
        let begun = live.post(&path(&plain, "/execute")).send().expect_status(202).ok();
        assert_eq!(begun["data"]["status"], "pending");
        once(&live, &plain, "done");
    }

    fn a_stopping_server_gives_back_what_runs(engine: Engine) {
        let scratch = Arc::new(engine.scratch());
        let server = Server::start_on(Arc::clone(&scratch), |_| {});
        let live = project(&server).live;
        let task = write(&live, "slow", "[slow 3000] [say x]", json!({}));
        once(&live, &task, "in_progress");
        drop(server);
        let server = Server::start_on(scratch, |_| {});
        let keys = server.operator().post("/guild/v1/projects/compass/keys").json(json!({ "environment": "live" })).ok();
        let live = server.client().with_key(keys["key"].as_str().expect("a key"));
        let again = once(&live, &task, "done");
        assert_eq!(again["retries"], 0);
    }

    fn many_tasks_are_fast(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let warm = write(&live, "warm", "[say x]", json!({}));
        once(&live, &warm, "done");
        let began = took();
        let tasks: Vec<_> = (0..10).map(|n| write(&live, &format!("t{n}"), "[say x]", json!({}))).collect();
        for task in &tasks {
            once(&live, task, "done");
        }
        // Generous: debug builds on shared machines.
        assert!(began() < Duration::from_secs(5), "{:?}", began());
    }
}
