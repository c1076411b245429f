//! Requests that are repeated with their `Idempotency-Key`, where an answer
//! takes longer than a transaction: chats, whole and streamed, and what else
//! works outside of one.

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Answer, Client, Request};
use testkit::server::Server;
use testkit::{on_both_engines, parallel};

use super::chat::{CHAT, asked, events, session, text};
use super::files::form;
use super::models::{Nodes, key, say_and_leave_with};
use super::sessions::messages;
use crate::program::eventually;

const REPLAYED: &str = "idempotent-replayed";

fn once(client: &Client, key: &str, body: &Value) -> Request {
    client.post(CHAT).json(body).header("idempotency-key", key)
}

fn streamed(text: &str) -> Value {
    let mut body = asked(text);
    body["stream"] = true.into();
    body
}

fn durable(mut body: Value) -> Value {
    body["polpo"] = json!({ "delivery": { "onDisconnect": "continue" } });
    body
}

#[track_caller]
fn assert_replays(first: &Answer, again: &Answer) {
    assert_eq!(
        (again.status, &again.text),
        (first.status, &first.text),
        "{again}"
    );
    assert_eq!(
        (first.header(REPLAYED), again.header(REPLAYED)),
        (None, Some("true")),
        "{again}"
    );
    for name in ["x-session-id", "x-polpo-run-id", "content-type"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
    }
}

fn is_in_flight(answer: &Answer) -> bool {
    let code = &answer.json["error"]["code"];
    answer.status == 409 && code == "idempotency_key_in_flight"
}

on_both_engines! {
    fn a_repeated_chat_gets_its_answer_again(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        for (key, body) in [("a", asked("hi")), ("b", durable(asked("hi"))), ("c", streamed("a b")), ("d", durable(streamed("a b")))] {
            let first = once(&client, key, &body).send().expect_status(200);
            assert_replays(&first, &once(&client, key, &body).send());
            assert_eq!(messages(&client, &session(&first)).len(), 2, "{key}");
            let other = once(&client, key, &asked("ho")).send();
            assert_eq!((other.status, &other.json["error"]["code"]), (422, &json!("idempotency_key_reused")));
            let elsewhere = once(&client, key, &body).header("x-session-id", "other").send();
            assert_eq!(elsewhere.status, 422, "{elsewhere}");
        }
        let again = once(&client, "c", &streamed("a b")).send();
        assert_eq!(text(&events(&again)), "mock: a b");
    }

    fn a_chat_that_failed_may_be_repeated(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let bodies = [asked("[fail]"), streamed("[fail]"), durable(streamed("[fail]")), streamed("one two [fail-midway]")];
        for (key, body) in ["a", "b", "c", "d"].into_iter().zip(bodies) {
            for _ in 0..2 {
                let answer = once(&client, key, &body).header("x-session-id", "s").send();
                assert!(answer.text.contains("\"error\""), "{answer}");
                assert_eq!(answer.header(REPLAYED), None, "{answer}");
                client.delete("/api/v1/chat/sessions/s").ok();
            }
            let mut wrong = body.clone();
            wrong["messages"] = json!([]);
            once(&client, "w", &wrong).send().expect_status(400);
        }
        once(&client, "w", &asked("hi")).send().expect_status(200);
    }

    fn the_same_chat_many_times_at_once_is_one(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        for (key, body) in [("a", asked("[slow 500] hi")), ("b", streamed("[slow 500] hi"))] {
            let answers = parallel(6, |_| once(&client, key, &body).header("x-session-id", key).send());
            let (given, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
            assert_eq!(given.iter().filter(|it| it.header(REPLAYED).is_none()).count(), 1);
            assert!(others.iter().all(is_in_flight), "{others:?}");
            assert_eq!(messages(&client, key).len(), 2);
            assert_replays(&given[0], &once(&client, key, &body).header("x-session-id", key).send());
        }
    }

    fn a_durable_chat_is_kept_without_its_caller(engine: Engine) {
        let server = Server::start(engine);
        let _hosting = server.hosting("compass");
        let key = key(&server);
        let client = server.client().with_key(&key);
        let body = durable(streamed("[slow 700] and on"));
        let header = "idempotency-key: k\r\n";
        say_and_leave_with(&client, &key, header, &body, "\"assistant\"");
        let again = || once(&client, "k", &body).header("x-session-id", "left").send();
        assert!(is_in_flight(&again()));
        eventually("its answer is kept", || again().status == 200);
        assert_eq!(text(&events(&again())), "mock: [slow 700] and on");
        assert_eq!(messages(&client, "left").len(), 2);
    }

    fn a_chat_that_its_caller_left_may_be_repeated(engine: Engine) {
        let server = Server::start(engine);
        let _hosting = server.hosting("compass");
        let key = key(&server);
        let client = server.client().with_key(&key);
        let body = streamed("one [slow 1000] two");
        let header = "idempotency-key: k\r\n";
        say_and_leave_with(&client, &key, header, &body, "\"assistant\"");
        let again = || once(&client, "k", &body).header("x-session-id", "left").send();
        eventually("its key is free", || again().status == 200);
        assert_eq!(again().header(REPLAYED), Some("true"));
    }

    fn an_answer_survives_a_restart(engine: Engine) {
        let scratch = Arc::new(engine.scratch());
        let server = Server::start_on(Arc::clone(&scratch), |_| {});
        let made = server.operator().post("/guild/v1/projects").json(json!({ "name": "compass" })).ok();
        let key = made["keys"]["live"].as_str().expect("a key").to_owned();
        let first = once(&server.client().with_key(&key), "k", &streamed("hi")).send();
        drop(server);
        let server = Server::start_on(scratch, |_| {});
        assert_replays(&first, &once(&server.client().with_key(&key), "k", &streamed("hi")).send());
    }

    fn other_work_outside_of_a_transaction_is_done_once(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let attach = || {
            let keyed = |path: &str| client.post(path).header("idempotency-key", "k");
            form(keyed, "/api/v1/attachments", ("sessionId", "s1"), ("a.txt", b"hello"))
        };
        let first = attach().expect_status(201);
        assert_replays(&first, &attach());
        let listed = client.get("/v1/attachments?sessionId=s1").ok();
        assert_eq!(listed.as_array().map(Vec::len), Some(1));
        let mkdir = || client.post("/v1/files/mkdir").json(json!({ "path": "a" })).header("idempotency-key", "m").send();
        assert_replays(&mkdir().expect_status(200), &mkdir());
    }

    fn a_stream_of_what_happens_is_not_begun_twice(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        client.post("/v1/agents").json(json!({ "name": "dev", "model": "mock/echo" })).ok();
        let document = json!({ "tasks": [{ "title": "One", "description": "hi", "assignTo": "dev" }] });
        let made = client.post("/v1/missions").json(json!({ "name": "m", "data": document.to_string() })).ok();
        let path = format!("/v1/missions/{}/execute", made["id"].as_str().expect("an id"));
        let execute = || client.post(&path).json(json!({ "stream": true })).header("idempotency-key", "k");
        let first = execute().send().expect_status(200);
        assert!(first.text.ends_with("data: [DONE]\n\n"), "{first}");
        let again = execute().send();
        assert_eq!((again.status, &again.json["code"]), (409, &json!("conflict")), "{again}");
        let mission = client.get(path.trim_end_matches("/execute")).ok();
        assert_eq!(mission["executionCount"], 1);
    }
}

#[test]
fn two_nodes_answer_once() {
    let nodes = Nodes::start(|_| {});
    let body = asked("[slow 800] hi");
    let answers = parallel(4, |n| {
        once(&nodes.live[n % 2], "k", &body)
            .header("x-session-id", "s")
            .send()
    });
    let given: Vec<_> = answers.iter().filter(|it| it.status == 200).collect();
    assert!(
        !given.is_empty()
            && given
                .iter()
                .filter(|it| it.header(REPLAYED).is_none())
                .count()
                == 1
    );
    assert_eq!(messages(&nodes.live[0], "s").len(), 2);
    assert_replays(
        given[0],
        &once(&nodes.live[1], "k", &body)
            .header("x-session-id", "s")
            .send(),
    );
}
