//! Chats, as they are kept.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

use super::chat::{CHAT, asked, say, say_streamed, session};

const SESSIONS: &str = "/api/v1/chat/sessions";

/// What was said in a session.
#[track_caller]
pub(super) fn messages(client: &Client, session: &str) -> Vec<Value> {
    let answer = client.get(&format!("{SESSIONS}/{session}/messages")).ok();
    answer["data"]["messages"]
        .as_array()
        .expect("messages")
        .clone()
}

fn listed(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{SESSIONS}{query}")).ok();
    let sessions = answer["data"]["sessions"].as_array().expect("sessions");
    sessions
        .iter()
        .map(|it| it["id"].as_str().expect("an id").to_owned())
        .collect()
}

on_both_engines! {
    fn what_is_said_is_kept(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        for answer in [say(&client, "first words"), say_streamed(&client, "first words")] {
            let session = session(&answer);
            let said = messages(&client, &session);
            let said: Vec<_> = said.iter().map(|it| (it["role"].as_str(), it["content"].as_str())).collect();
            assert_eq!(said, [(Some("user"), Some("first words")), (Some("assistant"), Some("mock: first words"))]);
            let run = answer.header("x-polpo-run-id").expect("a run").to_owned();
            let activity = client.get(&format!("{SESSIONS}/{session}/activity")).ok();
            let data = &activity["data"];
            assert_eq!(data["session"]["title"], "first words");
            assert_eq!(data["session"]["messageCount"], 2);
            assert_eq!((&data["runs"][0]["id"], &data["runs"][0]["status"]), (&json!(run), &json!("completed")));
        }
        assert_eq!(listed(&client, "").len(), 2, "no header makes a new session each time");
    }

    fn a_session_goes_on_where_it_is_named(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let send = |text: &str, session: &str| {
            client.post(CHAT).json(asked(text)).header("x-session-id", session).send().expect_status(200)
        };
        assert_eq!(session(&send("one", "mine.1")), "mine.1", "an unknown id is used as given");
        assert_eq!(session(&send("two", "mine.1")), "mine.1");
        assert_ne!(session(&send("three", "new")), "new");
        let said = messages(&client, "mine.1");
        assert_eq!(said.len(), 4);
        assert_eq!((&said[0]["content"], &said[2]["content"]), (&json!("one"), &json!("two")));
        let body = json!({ "messages": [
            { "role": "user", "content": "x".repeat(70) }, { "role": "assistant", "content": "yes" },
            { "role": "user", "content": "last" },
        ] });
        let answer = client.post(CHAT).json(body).header("x-session-id", "mine.2").send();
        assert_eq!(answer.json["choices"][0]["message"]["content"], "mock: last");
        assert_eq!(messages(&client, "mine.2").len(), 2, "only the last message of the user is kept");
        let list = client.get(SESSIONS).ok();
        assert_eq!(list["data"]["sessions"][0]["title"], "x".repeat(60));
    }

    fn sessions_are_found_by_user_and_metadata(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        for (id, user, plan) in [("a", "ann", "free"), ("b", "ann", "paid"), ("c", "bob", "free")] {
            let mut body = asked("hi");
            body["user"] = user.into();
            body["metadata"] = json!({ "plan": plan });
            client.post(CHAT).json(body).header("x-session-id", id).ok();
        }
        assert_eq!(listed(&client, ""), ["c", "b", "a"], "the latest first");
        assert_eq!(listed(&client, "?user=ann"), ["b", "a"]);
        assert_eq!(listed(&client, "?metadata.plan=free"), ["c", "a"]);
        assert_eq!(listed(&client, "?user=ann&metadata.plan=free"), ["a"]);
        assert!(listed(&client, "?user=nobody").is_empty());
        assert!(listed(&client, "?metadata.plan=free&metadata.x=y").is_empty());
        let shown = client.get(SESSIONS).ok();
        let shown = &shown["data"]["sessions"][0];
        assert_eq!((&shown["user"], &shown["metadata"]), (&json!("bob"), &json!({ "plan": "free" })));
    }

    fn a_session_is_renamed_and_removed(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let client = &hosting.live;
        let id = session(&say(client, "hi"));
        let path = format!("{SESSIONS}/{id}");
        let renamed = client.patch(&path).json(json!({ "title": "Boats" })).ok();
        assert_eq!(renamed["data"], json!({ "renamed": true }));
        let bare = client.patch(&format!("/v1/chat/sessions/{id}")).json(json!({ "title": "Ships" })).ok();
        assert_eq!((&bare["id"], &bare["title"]), (&json!(id), &json!("Ships")));
        for bad in [json!({}), json!({ "title": "" }), json!({ "title": 7 }), json!({ "title": "x".repeat(201) })] {
            client.patch(&path).json(bad).refused(400, "VALIDATION_ERROR");
        }
        hosting.test.get(&format!("{path}/messages")).refused(404, "NOT_FOUND");
        hosting.test.delete(&path).refused(404, "NOT_FOUND");
        hosting.test.patch(&path).json(json!({ "title": "x" })).refused(404, "NOT_FOUND");
        assert_eq!(client.delete(&path).ok()["data"], json!({ "deleted": true }));
        client.delete(&path).refused(404, "NOT_FOUND");
        client.get(&format!("{path}/messages")).refused(404, "NOT_FOUND");
        client.get(&format!("{path}/activity")).refused(404, "NOT_FOUND");
    }

    fn a_chat_is_brought_along(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let call = json!({ "id": "c", "name": "set_vault_entry", "arguments": { "credentials": { "key": "hush" } }, "state": "completed" });
        let body = json!({ "agent": "ada", "messages": [
            { "role": "user", "content": "Keep this" }, { "role": "assistant", "content": "Kept", "toolCalls": [call] },
        ] });
        let made = client.post(&format!("{SESSIONS}/import")).json(&body).send().expect_status(201);
        let made = &made.json["data"];
        assert_eq!(made["imported"], 2);
        let said = messages(&client, made["sessionId"].as_str().expect("an id"));
        assert_eq!(said[0]["content"], "Keep this");
        assert_eq!(said[1]["toolCalls"][0]["arguments"]["credentials"], "[REDACTED]");
        for bad in [json!({}), json!({ "messages": [] }), json!({ "messages": [{ "role": "robot", "content": "x" }] })] {
            client.post(&format!("{SESSIONS}/import")).json(bad).refused(400, "VALIDATION_ERROR");
        }
    }

    fn an_environment_knows_its_own_sessions_only(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let send = |client: &Client| client.post(CHAT).json(asked("hi")).header("x-session-id", "same").ok();
        send(&hosting.live);
        send(&hosting.live);
        send(&hosting.test);
        assert_eq!(messages(&hosting.live, "same").len(), 4);
        assert_eq!(messages(&hosting.test, "same").len(), 2);
        hosting.test.delete(&format!("{SESSIONS}/same")).ok();
        assert_eq!(messages(&hosting.live, "same").len(), 4);
    }

    fn what_was_removed_leaves_nothing_behind(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let send = || client.post(CHAT).json(asked("hi")).header("x-session-id", "same").ok();
        testkit::parallel(12, |n| match n % 3 {
            0 => drop(client.delete(&format!("{SESSIONS}/same")).send()),
            _ => drop(send()),
        });
        client.delete(&format!("{SESSIONS}/same")).send();
        send();
        assert_eq!(messages(&client, "same").len(), 2);
    }
}
