//! Runs that go on without their caller, are followed, steered and ended.

use crate::program::{eventually, pause};
use std::time::{Duration, Instant};

use domain::time::Span;
use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Answer, Client};
use testkit::on_both_engines;
use testkit::server::Server;
use testkit::upstream::{Script, Upstream};

use super::chat::{CHAT, asked, say_streamed, session};
use super::files::form;
use super::models::{Nodes, key, say_and_leave, world};
use super::sessions::messages;

fn durable(text: &str) -> Value {
    let mut body = asked(text);
    body["stream"] = true.into();
    body["polpo"] = json!({ "delivery": { "onDisconnect": "continue" } });
    body
}

fn run(answer: &Answer) -> String {
    answer.header("x-polpo-run-id").expect("a run").to_owned()
}

/// The events of a run: their numbers, types and data.
fn followed(answer: &Answer) -> Vec<(i64, String, Value)> {
    assert_eq!(answer.status, 200, "{answer}");
    let blocks = answer
        .text
        .split("\n\n")
        .filter(|block| block.starts_with("id: "));
    let read = |block: &str| {
        let lines: Vec<_> = block.lines().collect();
        assert_eq!(lines.get(1), Some(&"event: run.event"), "{block}");
        let data = lines[2].strip_prefix("data: ").expect("data");
        let event: Value = serde_json::from_str(data).expect("json");
        assert_eq!(lines[0], format!("id: {}", event["sequence"]));
        assert_eq!(event["schemaVersion"], 1);
        let number = event["sequence"].as_i64().expect("a number");
        (
            number,
            event["type"].as_str().expect("a type").to_owned(),
            event["data"].clone(),
        )
    };
    blocks.map(read).collect()
}

fn said(events: &[(i64, String, Value)]) -> String {
    let chunks = events
        .iter()
        .filter(|(_, kind, _)| kind == "response.chunk");
    let chunks = chunks.map(|(_, _, data)| {
        let chunk: Value =
            serde_json::from_str(data["data"].as_str().expect("a text")).expect("json");
        chunk["choices"][0]["delta"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    });
    chunks.collect()
}

/// The one run of the session that `say_and_leave` names.
fn left_run(client: &Client) -> Value {
    let activity = client.get("/api/v1/chat/sessions/left/activity").ok();
    activity["data"]["runs"][0].clone()
}

on_both_engines! {
    fn a_durable_run_is_followed_from_anywhere(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let client = &hosting.live;
        let answer = client.post(CHAT).json(durable("a b c")).send();
        let ids: Vec<_> = answer.text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
        assert_eq!(ids.first(), Some(&"2"), "the chunks have the numbers of the run's events\n{answer}");
        let path = format!("/v1/runs/{}/events", run(&answer));
        let all = client.get(&path).send();
        assert_eq!(all.header("x-polpo-run-terminal"), Some("true"), "{all}");
        let events = followed(&all);
        let kinds: Vec<_> = events.iter().map(|(_, kind, _)| kind.as_str()).collect();
        assert_eq!(kinds.first(), Some(&"run.started"));
        assert_eq!(kinds.last(), Some(&"response.done"));
        assert_eq!(said(&events), "mock: a b c");
        let last = events.last().expect("events").0;
        assert_eq!(ids.last().and_then(|id| id.parse().ok()), Some(last));
        assert!(events.iter().map(|(number, _, _)| *number).eq(1..=last));
        let rest = followed(&client.get(&format!("{path}?cursor={}", last - 2)).send());
        assert_eq!(rest.len(), 2);
        let rest = followed(&client.get(&path).header("last-event-id", &(last - 1).to_string()).send());
        assert_eq!(rest.len(), 1);
        assert!(followed(&client.get(&format!("{path}?cursor={last}")).send()).is_empty());
        client.get(&format!("{path}?cursor={}", last + 1)).refused(400, "RUN_CURSOR_AHEAD");
        client.get(&format!("{path}?cursor=x")).refused(400, "INVALID_RUN_CURSOR");
        client.get(&format!("{path}?cursor=-1")).refused(400, "INVALID_RUN_CURSOR");
        client.get(&format!("{path}?cursor=1")).header("last-event-id", "2").refused(400, "RUN_CURSOR_CONFLICT");
        client.get("/v1/runs/nothing/events").refused(404, "RUN_NOT_FOUND");
        hosting.test.get(&path).refused(404, "RUN_NOT_FOUND");
        let fleeting = say_streamed(client, "x");
        client.get(&format!("/v1/runs/{}/events", run(&fleeting))).refused(501, "RUN_DELIVERY_UNAVAILABLE");
    }

    fn a_durable_run_goes_on_without_its_caller(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        say_and_leave(&client, &key(&server), &durable("[slow 700] and on"), "\"assistant\"");
        let run = left_run(&client)["id"].as_str().expect("an id").to_owned();
        let answer = client.get(&format!("/v1/runs/{run}/events?cursor=1")).send();
        assert_eq!(answer.header("x-polpo-run-terminal"), None, "{answer}");
        let events = followed(&answer);
        assert_eq!(said(&events), "mock: [slow 700] and on");
        assert_eq!(events.last().expect("events").1, "response.done");
        assert_eq!(messages(&client, "left")[1]["content"], "mock: [slow 700] and on");
        assert_eq!(left_run(&client)["status"], "completed");
    }

    fn a_run_is_cancelled(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        let client = &hosting.live;
        upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
        say_and_leave(client, &key(&server), &durable("hi"), "\"lo\"");
        let run = left_run(client)["id"].as_str().expect("an id").to_owned();
        hosting.test.post(&format!("/v1/runs/{run}/cancel")).refused(404, "RUN_NOT_FOUND");
        let reason = json!({ "reason": "x".repeat(501) });
        client.post(&format!("/v1/runs/{run}/cancel")).json(reason).refused(400, "VALIDATION_ERROR");
        let cancelled = client.post(&format!("/v1/runs/{run}/cancel")).send().expect_status(202);
        let told = json!({ "ok": true, "data": { "runId": run, "accepted": true } });
        assert_eq!(cancelled.json, told);
        upstream.wait_until_left(1);
        let events = followed(&client.get(&format!("/v1/runs/{run}/events")).send());
        assert_eq!(said(&events), "Hello");
        assert_eq!(events.last().expect("events").1, "run.cancelled");
        assert_eq!(left_run(client)["status"], "cancelled");
        assert_eq!(messages(client, "left")[1]["content"], "Hello");
        let again = client.post(&format!("/api/v1/runs/{run}/cancel")).json(json!({ "reason": "x" })).ok();
        assert_eq!(again, told);
        client.post("/v1/runs/x/cancel").refused(404, "RUN_NOT_FOUND");
    }

    fn a_run_is_steered(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        let client = &hosting.live;
        let slow = Script::stream().texts(&["one"]).wait(Duration::from_millis(1500)).end("stop");
        upstream.answers(vec![slow, Script::says(&[" two"])]);
        say_and_leave(client, &key(&server), &durable("hi"), "\"one\"");
        let run = left_run(client)["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/runs/{run}/steering");
        let say = |id: &str, mode: &str, text: &str| {
            client.post(&path).json(json!({ "id": id, "mode": mode, "content": { "text": text } })).send()
        };
        let told = say("s1", "follow_up", "and then?").expect_status(202);
        assert_eq!(told.json["data"], json!({ "runId": run, "id": "s1", "accepted": true, "duplicate": false }));
        assert_eq!(say("s1", "follow_up", "and then?").expect_status(200).json["data"]["duplicate"], true);
        say("s2", "shout", "x").refused(400, "VALIDATION_ERROR");
        say("s2", "steer", "").refused(400, "VALIDATION_ERROR");
        let post = |path: &str| client.post(path);
        let file = form(post, "/v1/attachments", ("sessionId", "left"), ("a.md", b"x")).ok();
        let with = |id: &str, file: &str| {
            let content = json!({ "attachments": [{ "file_id": file }] });
            client.post(&path).json(json!({ "id": id, "mode": "follow_up", "content": content })).send()
        };
        with("f0", "00000000-0000-7000-8000-000000000000").refused(404, "NOT_FOUND");
        with("f1", file["id"].as_str().expect("an id")).expect_status(202);
        for number in 0..14 {
            say(&format!("n{number}"), "follow_up", "more").expect_status(202);
        }
        say("n14", "follow_up", "more").refused(429, "STEERING_QUEUE_FULL");
        hosting.test.post(&path).json(json!({ "id": "x", "mode": "steer", "content": { "text": "x" } })).refused(404, "RUN_NOT_ACTIVE");
        let events = followed(&client.get(&format!("/v1/runs/{run}/events")).send());
        assert_eq!(said(&events), "one two");
        let heard = upstream.asked()[1].json();
        assert_eq!(heard["messages"][2]["content"], "and then?", "{heard}");
        let file = heard["messages"][3]["content"].as_str().expect("a text");
        assert!(file.starts_with("\n[file \"a.md\": \"/attachments/"), "{heard}");
        // Its last frame comes just before it is gone; until then it takes nothing either.
        eventually("the run is gone", || {
            let late = say("s3", "steer", "late");
            if late.status == 409 {
                late.refused(409, "RUN_NOT_ACCEPTING_STEERING");
                return false;
            }
            late.refused(404, "RUN_NOT_ACTIVE");
            true
        });
        client.post(&format!("/api/v1/runs/{run}/abort")).refused(404, "RUN_NOT_ACTIVE");
    }

    fn a_run_is_aborted(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        let client = &hosting.live;
        upstream.answers(vec![Script::stream().texts(&["Hel"]).stall()]);
        let mut body = durable("hi");
        body["polpo"] = json!({});
        body["stream"] = true.into();
        let key = key(&server);
        let chat = client.clone();
        let chatting = std::thread::spawn(move || {
            chat.with_key(&key).post(CHAT).header("x-session-id", "left").json(body).send()
        });
        eventually("the model is asked", || !upstream.asked().is_empty());
        let run = left_run(client)["id"].as_str().expect("an id").to_owned();
        let aborted = client.post(&format!("/api/v1/runs/{run}/abort")).send().expect_status(202);
        assert_eq!(aborted.json["data"], json!({ "runId": run, "aborted": true }));
        let answer = chatting.join().expect("an answer");
        assert!(answer.text.contains("run_cancelled"), "{answer}");
        assert_eq!(session(&answer), "left");
        upstream.wait_until_left(1);
        assert_eq!(left_run(client)["status"], "cancelled");
    }

    fn a_server_that_stops_keeps_what_was_said(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
        say_and_leave(&hosting.live, &key(&server), &durable("hi"), "\"lo\"");
        let scratch = server.scratch();
        drop(server);
        let server = Server::start_on(scratch, |_| {});
        let client = server.client().with_key(&key(&server));
        assert_eq!(messages(&client, "left")[1]["content"], "Hello");
        assert_eq!(left_run(&client)["status"], "cancelled");
    }
}

/// Waits until the run of the session `left` stands like this.
fn wait_for_status(client: &Client, status: &str) -> Value {
    let mut run = Value::Null;
    eventually(status, || {
        run = left_run(client);
        run["status"] == status
    });
    run
}

#[test]
fn a_run_of_a_killed_server_is_ended_at_the_next_start() {
    let upstream = Upstream::start();
    upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
    let scratch = Engine::Sqlite.scratch();
    let command = crate::program::server(scratch.url())
        .env("GUILDHALL_OPERATOR_KEY", "operator-key")
        .env("GUILDHALL_PROVIDERS__DOUBLE__BASE_URL", upstream.base_url())
        .env("GUILDHALL_PROVIDERS__DOUBLE__API_KEY", "0123456789")
        .env("GUILDHALL_PROVIDERS__DOUBLE__MODELS", "[\"one\"]")
        .env("GUILDHALL_LOG__FILTER", "warn");
    let mut guildhall = command.start();
    let operator = guildhall.client().with_key("operator-key");
    let made = operator
        .post("/guild/v1/projects")
        .json(json!({ "name": "compass" }))
        .ok();
    let key = made["keys"]["live"].as_str().expect("a key");
    let client = guildhall.client().with_key(key);
    say_and_leave(&client, key, &durable("hi"), "\"lo\"");
    assert_eq!(
        upstream.asked()[0].header("authorization"),
        Some("Bearer 0123456789")
    );
    // Frames are stored soon after they were told.
    let run = left_run(&client)["id"].as_str().expect("an id").to_owned();
    pause(Duration::from_millis(600));
    guildhall.kill9();
    let guildhall = command.start();
    let client = guildhall.client().with_key(key);
    let ended = wait_for_status(&client, "interrupted");
    assert_eq!(ended["id"], run);
    assert_eq!(messages(&client, "left")[1]["content"], "Hello");
    let events = followed(&client.get(&format!("/v1/runs/{run}/events")).send());
    assert_eq!(said(&events), "Hello");
    assert_eq!(events.last().expect("events").1, "run.failed");
}

#[test]
fn a_run_whose_lease_has_ended_is_ended_by_another_node() {
    let (upstream, server, hosting) = world(Engine::Postgres);
    upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
    say_and_leave(&hosting.live, &key(&server), &durable("hi"), "\"lo\"");
    let clock = ::server::Clock::system();
    clock.advance(Span::seconds(60));
    let other = Server::start_at(server.scratch(), clock, |_| {});
    let client = other.client().with_key(&key(&server));
    wait_for_status(&client, "interrupted");
    let said = messages(&client, "left")[1]["content"].clone();
    // As much as was stored until then.
    let said = said.as_str().expect("a text");
    assert!(
        "Hello".starts_with(said) || said == "[Response interrupted]",
        "{said}"
    );
}

#[test]
fn a_run_of_another_node_is_steered() {
    let upstream = Upstream::start();
    let nodes = Nodes::start(|settings| upstream.configure(settings));
    let [here, there] = &nodes.live;
    let slow = Script::stream()
        .texts(&["one"])
        .wait(Duration::from_millis(1500))
        .texts(&["."])
        .wait(Duration::from_millis(1500))
        .end("stop");
    upstream.answers(vec![slow, Script::says(&[" two"])]);
    say_and_leave(here, &nodes.key, &durable("hi"), "\"one\"");
    let run = left_run(there)["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/runs/{run}/steering");
    let say = |client: &Client, id: &str, text: &str| {
        let body = json!({ "id": id, "mode": "steer", "content": { "text": text } });
        client.post(&path).json(body).send()
    };
    let told = say(there, "s1", "and then?").expect_status(202);
    assert_eq!(
        told.json["data"],
        json!({ "runId": run, "id": "s1", "accepted": true, "duplicate": false })
    );
    assert_eq!(
        say(there, "s1", "and then?").expect_status(200).json["data"]["duplicate"],
        true
    );
    for number in 0..15 {
        say(there, &format!("n{number}"), "more").expect_status(202);
    }
    say(there, "n15", "more").refused(429, "STEERING_QUEUE_FULL");
    // Said here, too: it is heard once.
    say(here, "s1", "and then?").expect_status(202);
    let [one, two] = &nodes.servers;
    let elsewhere = two.client().with_key(&key_of_test(one));
    say(&elsewhere, "x", "x").refused(404, "RUN_NOT_ACTIVE");
    let events = followed(&there.get(&format!("/v1/runs/{run}/events")).send());
    assert_eq!(said(&events), "one. two", "{events:?}");
    let heard = upstream.asked()[1].json();
    let heard = heard["messages"].as_array().expect("a list");
    let user: Vec<_> = heard
        .iter()
        .filter(|message| message["role"] == "user")
        .filter_map(|message| message["content"].as_str())
        .collect();
    let count = |text: &str| user.iter().filter(|said| **said == text).count();
    assert_eq!((count("and then?"), count("more")), (1, 15), "{user:?}");
    say(there, "late", "late").refused(404, "RUN_NOT_ACTIVE");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long another node takes")]
fn a_run_of_another_node_is_ended_at_once() {
    let upstream = Upstream::start();
    let nodes = Nodes::start(|settings| upstream.configure(settings));
    let [here, there] = &nodes.live;
    upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
    say_and_leave(here, &nodes.key, &durable("hi"), "\"lo\"");
    let run = left_run(there)["id"].as_str().expect("an id").to_owned();
    // What was said is stored by now, so that nothing but the log tells the
    // node of the wish before it renews its lease.
    pause(Duration::from_millis(500));
    let asked = Instant::now();
    there
        .post(&format!("/v1/runs/{run}/cancel"))
        .send()
        .expect_status(202);
    wait_for_status(there, "cancelled");
    let took = asked.elapsed();
    assert!(
        took < Duration::from_secs(5),
        "{took:?}; a lease is renewed every 10 s"
    );
    upstream.wait_until_left(1);
}

/// A key of the sandbox.
fn key_of_test(server: &Server) -> String {
    let issued = server.operator().post("/guild/v1/projects/compass/keys");
    let issued = issued.json(json!({ "environment": "test" })).ok();
    issued["key"].as_str().expect("a key").to_owned()
}
