//! Actions that wait for tasks, and notifications where nobody is told any
//! (Polpo 2.13).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

const WATCHERS: &str = "/api/v1/watchers";

fn draft(board: &Board) -> String {
    let body =
        json!({ "title": "Watched", "description": "Do it.", "assignTo": "dev", "draft": true });
    let made = board.live.post("/v1/tasks").json(body).ok();
    made["id"].as_str().expect("an id").to_owned()
}

on_both_engines! {
    fn actions_are_taken_once(engine: Engine) {
        let board = Board::start(engine);
        let job = draft(&board);
        let mission = board.mission("Next", &json!({ "tasks": [task("a", &[])] }));
        let watch = |action: Value| {
            let body = json!({ "taskId": job, "targetStatus": "done", "action": action });
            board.live.post(WATCHERS).json(body)
        };
        let made = watch(json!({ "type": "log", "message": "It is done." })).send().expect_status(201).ok();
        assert_eq!((&made["data"]["fired"], &made["data"]["taskId"]), (&json!(false), &json!(job)));
        let new = json!({ "title": "New", "description": "Do it.", "assignTo": "dev" });
        watch(json!({ "type": "create_task", "task": new })).ok();
        watch(json!({ "type": "execute_mission", "missionId": mission })).ok();
        let set = |status: &str| board.live.patch(&format!("/v1/tasks/{job}")).json(json!({ "status": status })).ok();
        set("done");
        assert_eq!((board.count("watcher:fired"), board.last("log")["message"].clone()), (3, json!("It is done.")));
        assert_eq!(board.status(&mission), "active");
        let tasks = board.live.get("/v1/tasks").ok();
        assert!(tasks.as_array().is_some_and(|all| all.iter().any(|t| t["title"] == "New")), "{tasks}");
        set("failed");
        set("done");
        assert_eq!(board.count("watcher:fired"), 3);
        assert_eq!(board.live.get(&format!("{WATCHERS}?active=true")).ok()["data"], json!([]));
        assert_eq!(board.live.get(WATCHERS).ok()["data"].as_array().map(Vec::len), Some(3));
    }

    fn an_action_that_fails_keeps_the_job_from_nothing(engine: Engine) {
        let board = Board::start(engine);
        let job = draft(&board);
        let gone = board.mission("Gone", &json!({ "tasks": [task("a", &[])] }));
        let body = json!({ "taskId": job, "targetStatus": "failed", "action": { "type": "execute_mission", "missionId": gone } });
        board.live.post(WATCHERS).json(body).ok();
        board.live.delete(&format!("/api/v1/missions/{gone}")).ok();
        let failed = board.live.patch(&format!("/v1/tasks/{job}")).json(json!({ "status": "failed" })).ok();
        assert_eq!((&failed["status"], &board.last("log")["level"]), (&json!("failed"), &json!("error")));
    }

    fn watchers_are_checked_and_removed(engine: Engine) {
        let board = Board::start(engine);
        let job = draft(&board);
        let log = json!({ "type": "log", "message": "m" });
        let body = |job: &str, status: &str, action: &Value| json!({ "taskId": job, "targetStatus": status, "action": action });
        for bad in [
            body(&job, "finished", &log),
            body(&job, "done", &json!({ "type": "webhook", "url": "https://example.org" })),
            body(&job, "done", &json!({ "type": "create_task" })),
            body(&job, "done", &json!({ "type": "execute_mission", "missionId": "x" })),
            body(&job, "done", &json!({ "type": "execute_mission", "missionId": "01890a5d-ac96-774b-bcce-b302099a8057" })),
            body(&job, "done", &json!(null)),
            json!({ "taskId": job }),
        ] {
            board.live.post(WATCHERS).json(bad).refused(400, "VALIDATION_ERROR");
        }
        board.live.post(WATCHERS).json(body("x", "done", &log)).refused(404, "NOT_FOUND");
        board.test.post(WATCHERS).json(body(&job, "done", &log)).refused(404, "NOT_FOUND");
        let made = board.live.post(WATCHERS).json(body(&job, "done", &log)).ok();
        let at = format!("{WATCHERS}/{}", made["data"]["id"].as_str().expect("an id"));
        board.test.delete(&at).refused(404, "NOT_FOUND");
        assert_eq!(board.live.delete(&at).ok()["data"], json!({ "deleted": true }));
        board.live.delete(&at).refused(404, "NOT_FOUND");
    }

    fn there_are_no_notifications(engine: Engine) {
        let board = Board::start(engine);
        assert_eq!(board.live.get("/api/v1/notifications?limit=3").ok()["data"], json!([]));
        assert_eq!(board.live.get("/v1/notifications/stats").ok(), json!({ "total": 0, "sent": 0, "failed": 0 }));
        let send = json!({ "channel": "slack", "title": "t", "body": "b" });
        board.live.post("/api/v1/notifications/send").json(send).refused(400, "NOT_CONFIGURED");
    }
}
