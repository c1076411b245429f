//! Tasks as callers write, read, change and delete them (Polpo 2.8). Nothing
//! runs here: drafts, and tasks that wait for drafts.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

const TASKS: &str = "/api/v1/tasks";

fn draft(client: &Client, title: &str) -> Value {
    let body = json!({ "title": title, "description": "d", "assignTo": "dev", "draft": true });
    client.post(TASKS).json(body).send().expect_status(201).ok()["data"].clone()
}

fn behind(client: &Client, title: &str, needs: &[&str]) -> Value {
    let body = json!({ "title": title, "description": "d", "assignTo": "dev", "dependsOn": needs });
    client.post(TASKS).json(body).send().expect_status(201).ok()["data"].clone()
}

fn path(task: &Value, more: &str) -> String {
    format!("{TASKS}/{}{more}", task["id"].as_str().expect("an id"))
}

fn read(client: &Client, task: &Value) -> Value {
    client.get(&path(task, "")).ok()["data"].clone()
}

on_both_engines! {
    fn a_task_is_written_read_changed_and_deleted(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let body = json!({
            "title": "Write", "description": "Write it.", "assignTo": "dev", "draft": true, "group": "g",
            "maxRetries": 1, "priority": 2, "maxDuration": 60_000, "sideEffects": false, "user": "u-1",
            "deadline": "2031-01-01T00:00:00Z", "retryPolicy": { "escalateAfter": 1, "fallbackAgent": "x" },
            "expectedOutcomes": [{ "type": "file", "label": "report", "path": "r.md" }],
            "expectations": [{ "type": "file_exists", "paths": ["r.md"] }], "loop": { "no": 1 }, "nonsense": 1,
        });
        let made = live.post(TASKS).json(body).send().expect_status(201).ok();
        assert_eq!(made["ok"], true);
        let task = &made["data"];
        let known = json!({
            "title": "Write", "description": "Write it.", "assignTo": "dev", "status": "draft", "group": "g", "retries": 0,
            "maxRetries": 1, "priority": 2, "maxDuration": 60_000, "sideEffects": false, "user": "u-1", "dependsOn": [],
            "deadline": "2031-01-01T00:00:00.000Z", "metrics": [], "phase": "execution",
        });
        for (field, value) in known.as_object().expect("fields") {
            assert_eq!(&task[field], value, "{field} in {task}");
        }
        for absent in ["nonsense", "loop", "result", "missionId", "outcomes", "draft"] {
            assert!(task.get(absent).is_none(), "{absent} in {task}");
        }
        assert_eq!(&read(&live, task), task);
        let bare = format!("/v1/tasks/{}", task["id"].as_str().expect("an id"));
        assert_eq!(&live.get(&bare).ok(), task);
        let change = json!({ "description": "Better.", "maxRetries": 0, "expectations": [] });
        let changed = live.patch(&path(task, "")).json(change).ok();
        assert_eq!(changed["data"]["description"], "Better.");
        assert_eq!(changed["data"]["expectations"], json!([]));
        live.delete(&path(task, "")).ok();
        live.get(&path(task, "")).refused(404, "NOT_FOUND");
        live.delete(&path(task, "")).refused(404, "NOT_FOUND");
    }

    fn bad_tasks_are_refused_with_the_field(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let whole = json!({ "title": "t", "description": "d", "assignTo": "dev", "draft": true });
        let wrong = [
            ("title", json!("")), ("title", json!(7)), ("title", json!("x".repeat(501))), ("title", Value::Null),
            ("description", json!(" ")), ("assignTo", json!([])), ("dependsOn", json!(["nobody"])), ("dependsOn", json!("x")),
            ("maxDuration", json!(0)), ("maxDuration", json!("1")), ("maxRetries", json!(-1)), ("maxRetries", json!(1.5)),
            ("priority", json!("high")), ("retryPolicy", json!(1)), ("retryPolicy", json!({ "fallbackAgent": 1 })),
            ("sideEffects", json!("yes")), ("deadline", json!("tomorrow")), ("deadline", json!(1)), ("expectations", json!({})),
            ("expectedOutcomes", json!([{ "type": "file" }])), ("user", json!(1)), ("draft", json!("no")), ("group", json!("")),
        ];
        for (field, value) in wrong {
            let mut body = whole.clone();
            body[field] = value.clone();
            let answer = live.post(TASKS).json(body).send();
            assert_eq!(answer.status, 400, "{field}: {value}: {answer}");
        }
        live.post(TASKS).refused(400, "VALIDATION_ERROR");
        live.post("/v1/tasks").json(json!([])).refused(400, "bad_request");
        assert_eq!(live.get(TASKS).ok()["data"], json!([]));
    }

    fn malformed_expectations_are_dropped(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let fine = json!([
            { "type": "script", "command": "true" },
            { "type": "llm_review", "criteria": "good", "threshold": 4 },
        ]);
        let given = json!([
            fine[0], { "type": "dance" }, { "type": "test" }, { "type": "file_exists", "paths": [] }, 7,
            { "type": "llm_review", "threshold": 9 }, { "type": "llm_review", "dimensions": [{ "name": "x" }] }, fine[1],
        ]);
        let body = json!({ "title": "t", "description": "d", "assignTo": "dev", "draft": true, "expectations": given });
        let task = live.post(TASKS).json(body).ok();
        assert_eq!(task["data"]["expectations"], fine);
    }

    fn a_title_is_unique_until_its_task_ends(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let first = draft(&live, "same");
        let again = json!({ "title": "same", "description": "d", "assignTo": "dev", "draft": true });
        live.post(TASKS).json(again.clone()).refused(409, "CONFLICT");
        live.post("/v1/tasks").json(again).refused(409, "conflict");
        live.post(&path(&first, "/kill")).ok();
        let second = draft(&live, "same");
        live.post(&path(&first, "/retry")).refused(409, "CONFLICT");
        live.post(&path(&second, "/force-fail")).ok();
        live.post(&path(&first, "/retry")).ok();
    }

    fn lists_are_filtered(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let a = draft(&live, "a");
        behind(&live, "b", &["a"]);
        let other = json!({ "title": "c", "description": "d", "assignTo": "ops", "draft": true, "group": "run" });
        live.post(TASKS).json(other).ok();
        let titles = |query: &str| {
            let list = live.get(&format!("/v1/tasks{query}")).ok();
            let titles = list.as_array().expect("a list").iter().map(|task| task["title"].as_str().expect("a title").to_owned());
            titles.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(titles(""), "a b c");
        assert_eq!(titles("?status=draft"), "a c");
        assert_eq!(titles("?status=pending,draft&assignTo=dev"), "a b");
        assert_eq!(titles("?group=run"), "c");
        assert_eq!(titles("?group=none"), "");
        live.get("/v1/tasks?status=lost").refused(400, "bad_request");
        live.delete(TASKS).refused(400, "NO_FILTER");
        assert_eq!(live.delete("/api/v1/tasks?group=run").ok()["data"], json!({ "deleted": 1 }));
        assert_eq!(live.delete("/v1/tasks?all=true").ok(), json!({ "deleted": 2 }));
        live.get(&path(&a, "")).refused(404, "NOT_FOUND");
    }

    fn needs_are_named_by_id_or_title_and_kept(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let (a, b) = (draft(&live, "a"), draft(&live, "b"));
        let id = a["id"].as_str().expect("an id");
        let c = behind(&live, "c", &["b", id, "a"]);
        assert_eq!(c["dependsOn"], json!([b["id"], a["id"]]));
        assert_eq!(c["status"], "pending");
        // Without its needs it would begin, and fail: its agent is not there.
        live.delete(&path(&b, "")).ok();
        assert_eq!(read(&live, &c)["status"], "pending");
    }

    fn what_needs_a_failed_task_fails_and_comes_back_with_it(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let a = draft(&live, "a");
        let b = behind(&live, "b", &["a"]);
        let c = behind(&live, "c", &["b"]);
        let mut events = live.get("/api/v1/events").stream();
        live.post(&path(&a, "/kill")).ok();
        for task in [&a, &b, &c] {
            assert_eq!(read(&live, task)["status"], "failed");
        }
        let detected = events.wait_for("deadlock:detected").json();
        assert_eq!(detected["taskIds"], json!([b["id"]]));
        assert_eq!(events.wait_for("deadlock:unresolvable").json()["taskId"], b["id"]);
        let late = behind(&live, "late", &["a"]);
        assert_eq!(late["status"], "failed");
        // By hand, so that nothing runs: the others come back with it.
        live.patch(&path(&a, "")).json(json!({ "status": "draft" })).ok();
        for task in [&b, &c, &late] {
            let back = read(&live, task);
            assert_eq!((&back["status"], &back["retries"]), (&json!("pending"), &json!(0)), "{back}");
            assert!(back.get("result").is_none(), "{back}");
        }
    }

    fn deeds_ask_for_the_right_status(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let a = draft(&live, "a");
        live.post(&path(&a, "/retry")).refused(409, "INVALID_STATE");
        live.post(&path(&a, "/reassess")).refused(409, "INVALID_STATE");
        let b = behind(&live, "b", &["a"]);
        live.post(&path(&b, "/queue")).refused(404, "INVALID_STATE");
        assert_eq!(live.post(&path(&a, "/kill")).ok()["data"], json!({ "killed": true }));
        live.post(&path(&a, "/execute")).refused(409, "INVALID_STATE");
        let nobody = format!("{TASKS}/01890a5d-ac96-774b-bcce-b302099a8057");
        for deed in ["retry", "kill", "reassess", "queue", "force-fail", "execute"] {
            live.post(&format!("{nobody}/{deed}")).refused(404, "NOT_FOUND");
            live.post(&format!("{TASKS}/x/{deed}")).refused(404, "NOT_FOUND");
        }
        let activity = live.get(&format!("{nobody}/activity")).ok();
        assert_eq!(activity["data"]["sessionResolution"], "missing");
        assert_eq!(live.get("/v1/agents/processes/x/activity").ok(), json!([]));
        live.patch(&path(&a, "")).json(json!({ "status": "lost" })).refused(400, "VALIDATION_ERROR");
        let pending = json!({ "title": "p", "description": "d", "assignTo": "dev", "dependsOn": ["q"] });
        draft(&live, "q");
        let p = live.post(TASKS).json(pending).ok();
        live.patch(&path(&p["data"], "")).json(json!({ "status": "review" })).ok();
        let late = json!({ "expectations": [] });
        live.patch(&path(&p["data"], "")).json(late).refused(409, "INVALID_STATE");
    }

    fn environments_see_nothing_of_each_others_tasks(engine: Engine) {
        let server = Server::start(engine);
        let (one, other) = (server.hosting("one"), server.hosting("other"));
        let task = draft(&one.live, "mine");
        for stranger in [&one.test, &other.live] {
            assert_eq!(stranger.get(TASKS).ok()["data"], json!([]));
            stranger.get(&path(&task, "")).refused(404, "NOT_FOUND");
            stranger.patch(&path(&task, "")).json(json!({ "description": "x" })).refused(404, "NOT_FOUND");
            stranger.delete(&path(&task, "")).refused(404, "NOT_FOUND");
            stranger.post(&path(&task, "/kill")).refused(404, "NOT_FOUND");
            let needs = json!({ "title": "t", "description": "d", "assignTo": "dev", "dependsOn": [task["id"]] });
            stranger.post(TASKS).json(needs).refused(400, "VALIDATION_ERROR");
            assert_eq!(stranger.delete("/v1/tasks?all=true").ok(), json!({ "deleted": 0 }));
            draft(stranger, "mine");
        }
        assert_eq!(read(&one.live, &task)["status"], "draft");
        server.client().get(TASKS).refused(401, "AUTH_REQUIRED");
    }

    fn every_step_is_told(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let mut events = live.get("/api/v1/events?filter=task:*").stream();
        let task = draft(&live, "told");
        assert_eq!(events.wait_for("task:created").json()["task"], task);
        live.patch(&path(&task, "")).json(json!({ "description": "x" })).ok();
        assert_eq!(events.wait_for("task:updated").json()["task"]["description"], "x");
        live.post(&path(&task, "/kill")).ok();
        let moved = events.wait_for("task:transition").json();
        assert_eq!((&moved["from"], &moved["to"]), (&json!("draft"), &json!("failed")));
        assert_eq!(moved["task"]["status"], "failed");
        live.delete(&path(&task, "")).ok();
        assert_eq!(events.wait_for("task:removed").json(), json!({ "taskId": task["id"] }));
    }
}
