//! Parts of lists that are otherwise shown whole (Polpo 2.4, 5), and what is
//! forgotten of them after a time.

use std::sync::Arc;

use domain::time::Span;
use serde_json::{Value, json};
use testkit::engine::{Engine, Scratch};
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

use super::models::key;
use crate::program::eventually;

fn names(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| one[field].as_str().expect("a text").to_owned())
        .collect()
}

fn draft(client: &Client, title: &str) -> Value {
    let task = json!({ "title": title, "description": "Do it.", "assignTo": "dev", "draft": true });
    client.post("/api/v1/tasks").json(task).ok()["data"].clone()
}

on_both_engines! {
    fn lists_are_whole_or_in_parts(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        for title in ["a", "b", "c"] {
            draft(&live, title);
            let plan = json!({ "tasks": [{ "title": title, "description": "d" }] });
            live.post("/api/v1/missions").json(json!({ "name": title, "data": plan.to_string() })).ok();
            let said = json!({ "title": title, "messages": [
                { "role": "user", "content": "1" }, { "role": "assistant", "content": "2" },
            ] });
            live.post("/api/v1/chat/sessions/import").json(said).ok();
            live.post("/api/v1/files/mkdir").json(json!({ "path": format!("folder/{title}") })).ok();
        }
        let list = |path: &str| live.get(&format!("/api/v1{path}")).ok()["data"].clone();
        for (path, field) in [("/tasks", "title"), ("/missions", "name")] {
            assert_eq!(names(&list(path), field), ["a", "b", "c"]);
            assert_eq!(names(&list(&format!("{path}?limit=2")), field), ["a", "b"]);
            assert_eq!(names(&list(&format!("{path}?limit=2&offset=2")), field), ["c"]);
            assert_eq!(names(&list(&format!("{path}?offset=1")), field), ["b", "c"]);
        }
        assert_eq!(names(&list("/tasks?status=draft,pending&assignTo=dev&limit=1&offset=1"), "title"), ["b"]);
        let sessions = list("/chat/sessions?limit=2")["sessions"].clone();
        assert_eq!(sessions.as_array().map(Vec::len), Some(2));
        let id = sessions[0]["id"].as_str().expect("an id");
        let messages = list(&format!("/chat/sessions/{id}/messages?limit=1&offset=1"))["messages"].clone();
        assert_eq!(names(&messages, "content"), ["2"]);
        let entries = list("/files/list?path=folder&limit=1&offset=1")["entries"].clone();
        assert_eq!(names(&entries, "name"), ["b"]);
        let log = list("/logs")[0]["sessionId"].as_str().expect("an id").to_owned();
        let all = list(&format!("/logs/{log}"));
        let all = all.as_array().expect("a list");
        assert_eq!(list(&format!("/logs/{log}?limit=2")).as_array().expect("a list")[..], all[all.len() - 2..]);
        let earlier = list(&format!("/logs/{log}?limit=2&offset=1"));
        assert_eq!(earlier.as_array().expect("a list")[..], all[all.len() - 3..all.len() - 1]);
        let lists = ["/tasks", "/missions", "/chat/sessions", "/approvals", "/files/list", &format!("/logs/{log}")];
        for path in lists {
            for bad in ["limit=0", "limit=1001", "limit=ten", "offset=-1", "offset=1e3"] {
                live.get(&format!("/api/v1{path}?{bad}")).refused(400, "VALIDATION_ERROR");
            }
        }
    }

    fn what_is_old_is_forgotten_and_what_is_shown_stays(engine: Engine) {
        let clock = ::server::Clock::system();
        let scratch = Arc::new(engine.scratch());
        let server = Server::start_at(Arc::clone(&scratch), clock.clone(), |_| {});
        let live = server.hosting("compass").live;
        live.post("/api/v1/agents").json(json!({ "name": "dev", "model": "mock/echo" })).ok();
        let missing = json!([{ "type": "file_exists", "paths": ["never.md"], "confidence": "firm" }]);
        let body = json!({ "title": "t", "description": "[say x]", "assignTo": "dev", "expectations": missing, "maxRetries": 0 });
        let task = live.post("/api/v1/tasks").json(body).ok()["data"].clone();
        let path = format!("/api/v1/tasks/{}", task["id"].as_str().expect("an id"));
        eventually("it has failed", || live.get(&path).ok()["data"]["status"] == "failed");
        // More than one answer shows, so that the oldest may go.
        for number in 0..1_050 {
            live.patch(&path).json(json!({ "description": number.to_string() })).ok();
        }
        let activity = live.get(&format!("{path}/activity")).ok();
        let log = |client: &Client| client.get("/api/v1/logs").ok()["data"][0]["entries"].as_i64().expect("a number");
        let before = log(&live);
        assert!(before > 1_050, "{before}");
        let id = live.get("/api/v1/logs").ok()["data"][0]["sessionId"].as_str().expect("an id").to_owned();
        let shown = live.get(&format!("/api/v1/logs/{id}")).ok();
        assert_eq!(runs_kept(&scratch), 3);
        let bearer = key(&server);
        drop(server);
        clock.advance(Span::hours(31 * 24));
        let server = Server::start_at(Arc::clone(&scratch), clock, |_| {});
        let live = server.client().with_key(&bearer);
        eventually("the log is shorter", || log(&live) <= 1_010);
        let kept = live.get(&format!("/api/v1/logs/{id}")).ok();
        // The key that was made since stands behind.
        let kept = kept["data"].as_array().expect("a list");
        assert_eq!(kept.len(), 1_000);
        let last = shown["data"].as_array().expect("a list").last().expect("an entry");
        assert!(kept.contains(last), "{last}");
        assert_eq!(live.get(&format!("{path}/activity")).ok(), activity);
        eventually("of three runs the last is left", || runs_kept(&scratch) == 1);
    }
}

/// How many runs of jobs are stored.
fn runs_kept(scratch: &Scratch) -> i64 {
    const COUNT: &str = "select count(*) from job_runs";
    match scratch.postgres() {
        Some(database) => {
            let count = database.query(COUNT).expect("a count");
            count.trim().parse().expect("a number")
        }
        None => {
            let file = scratch.folder().join("guildhall.db");
            let database = rusqlite::Connection::open(file).expect("the database");
            let count = database.query_row(COUNT, [], |row| row.get(0));
            count.expect("a count")
        }
    }
}
