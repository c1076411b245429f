//! What is weak in the original is not so here (Polpo 5). The numbers are the
//! contract's; what a file of its own tests is named beside its number.
//!
//! - 5 `limits.rs`, 8 and 17 the files of the nouns, 9 `events.rs`, 10 `missions.rs`, 11 `schedules.rs`, 12 and 13
//!   `cargo xtask bench`, 14 and 15 `models.rs`, 16 `lifecycle.rs` and `lives.rs`, 19 is the client's.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Answer, Client};
use testkit::on_both_engines;
use testkit::server::Server;

const JSON: (&str, &str) = ("content-type", "application/json");

/// A refusal in the shape that the SDK reads.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer}");
    let json = answer
        .header("content-type")
        .is_some_and(|it| it.starts_with("application/json"));
    assert!(
        json && answer.json["ok"] == false && answer.json["error"].is_string(),
        "{answer}"
    );
    assert_eq!(answer.json["code"], code, "{answer}");
}

fn task(client: &Client, title: &str) -> Value {
    let task = json!({ "title": title, "description": "Do it.", "assignTo": "dev", "draft": true });
    client.post("/api/v1/tasks").json(task).ok()["data"].clone()
}

on_both_engines! {
    fn refusals_of_every_kind_are_json_with_a_code(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let post = |path: &str, body: Value| live.post(path).json(body).send();
        task(&live, "one");
        // 1: what happens inside of a handler.
        let same = json!({ "title": "one", "description": "d", "assignTo": "dev" });
        refused(&post("/api/v1/tasks", same), 409, "CONFLICT");
        refused(&live.post("/api/v1/missions/none/execute").send(), 404, "NOT_FOUND");
        refused(&live.patch("/api/v1/missions/none").json(json!({ "name": "x" })).send(), 404, "NOT_FOUND");
        // 2: bodies that do not fit, that are no JSON, that are missing.
        refused(&post("/api/v1/tasks", json!({ "title": 7 })), 400, "VALIDATION_ERROR");
        refused(&live.post("/api/v1/tasks").header(JSON.0, JSON.1).body("{").send(), 400, "VALIDATION_ERROR");
        refused(&live.post("/api/v1/tasks").send(), 400, "VALIDATION_ERROR");
        refused(&live.get("/api/v1/nothing").send(), 404, "NOT_FOUND");
        refused(&live.get("/api/v1/loops").send(), 404, "NOT_FOUND");
        let bare = live.get("/v1/nothing").send().expect_status(404);
        assert_eq!((&bare.json["code"], bare.json["error"].is_string()), (&json!("not_found"), true), "{bare}");
    }

    fn one_key_opens_everything_and_nothing_opens_without_one(engine: Engine) {
        let server = Server::start(engine);
        let made = server.operator().post("/guild/v1/projects").json(json!({ "name": "compass" })).ok();
        let key = made["keys"]["live"].as_str().expect("a key");
        let chat = json!({ "messages": [{ "role": "user", "content": "hi" }] });
        // 3: both schemes, on data and on chats.
        for (header, value) in [("authorization", format!("Bearer {key}")), ("x-api-key", key.to_owned())] {
            let data = server.client().get("/api/v1/agents").header(header, &value);
            data.ok();
            let said = server.client().post("/v1/chat/completions").header(header, &value).json(&chat);
            said.ok();
        }
        // 4: what is open without a key in the original is not even there.
        for path in ["/api/v1/filesystem/browse", "/api/v1/providers", "/api/v1/config/initialize"] {
            let answer = server.client().get(path).send();
            assert!([401, 404].contains(&answer.status), "{answer}");
        }
        refused(&server.client().get("/api/v1/config").send(), 401, "AUTH_REQUIRED");
    }

    fn what_the_original_cannot_reach_is_there(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        // 6
        for path in ["/api/v1/missions/delays", "/api/v1/missions/checkpoints", "/api/v1/approvals/pending"] {
            assert_eq!(live.get(path).ok()["data"], json!([]), "{path}");
        }
        // 7: optional bodies are optional, also with a content type.
        live.post("/api/v1/agents").json(json!({ "name": "dev" })).ok();
        let plan = json!({ "name": "m", "tasks": [{ "title": "a", "description": "d", "assignTo": "dev" }] });
        let mission = live.post("/v1/missions").json(plan).ok();
        let at = |what: &str| format!("/api/v1/missions/{}/{what}", mission["id"].as_str().expect("an id"));
        live.post(&at("execute")).header(JSON.0, JSON.1).ok();
        live.post(&at("resume")).header(JSON.0, JSON.1).ok();
        live.post(&at("abort")).ok();
    }

    fn nothing_is_done_twice_and_what_is_gone_is_told(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        // 18
        let write = || {
            let body = json!({ "title": "once", "description": "d", "assignTo": "dev", "draft": true });
            live.post("/api/v1/tasks").header("idempotency-key", "k").json(body).send().expect_status(201)
        };
        let (first, again) = (write(), write());
        assert_eq!(first.json, again.json);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(live.get("/v1/tasks").ok().as_array().map(Vec::len), Some(1));
        // 9: what is deleted is told.
        let mut events = live.get("/api/v1/events?filter=task:removed").stream();
        let id = first.json["data"]["id"].clone();
        live.delete(&format!("/api/v1/tasks/{}", id.as_str().expect("an id"))).ok();
        assert_eq!(events.wait_for("task:removed").json()["taskId"], id);
    }
}
