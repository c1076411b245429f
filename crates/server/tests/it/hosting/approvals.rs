//! Consent (Polpo 3.5).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

const APPROVALS: &str = "/api/v1/approvals";

fn job(board: &Board, title: &str) -> String {
    let body = json!({ "title": title, "description": "Do it.", "assignTo": "dev" });
    let made = board.live.post("/v1/tasks").json(body).ok();
    made["id"].as_str().expect("an id").to_owned()
}

/// The request about a job, once it is there.
#[track_caller]
fn wish(board: &Board, job: &str) -> Value {
    let path = format!("/v1/approvals?status=pending&taskId={job}");
    let found = board.until(|| board.live.get(&path).ok().get(0).cloned());
    found.expect("a request")
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

on_both_engines! {
    fn somebody_is_asked_and_says_no(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([{ "id": "look", "name": "Look at it", "handler": "human", "hook": "task:spawn", "maxRevisions": 1 }]));
        let job = job(&board, "Write");
        let wish_one = wish(&board, &job);
        assert_eq!((&wish_one["gateName"], &wish_one["payload"]["task"]["title"]), (&json!("Look at it"), &json!("Write")));
        let pending = board.live.get(&format!("{APPROVALS}/pending")).ok();
        assert_eq!(pending["data"].as_array().map(Vec::len), Some(1));
        let reject = |wish: &Value| board.live.post(&format!("{APPROVALS}/{}/reject", id(wish)));
        reject(&wish_one).refused(400, "VALIDATION_ERROR");
        reject(&wish_one).json(json!({ "feedback": " " })).refused(400, "VALIDATION_ERROR");
        let said = reject(&wish_one).json(json!({ "feedback": "Shorter.", "resolvedBy": "ada" })).ok();
        assert_eq!((&said["data"]["status"], &said["data"]["resolvedBy"]), (&json!("rejected"), &json!("ada")));
        let wish_two = wish(&board, &job);
        assert_ne!(wish_one["id"], wish_two["id"]);
        let task = board.live.get(&format!("/v1/tasks/{job}")).ok();
        assert!(task["description"].as_str().is_some_and(|d| d.contains("Shorter.")), "{task}");
        assert_eq!(task["revisionCount"], 1);
        reject(&wish_one).json(json!({ "feedback": "x" })).refused(409, "CONFLICT");
        reject(&wish_two).json(json!({ "feedback": "x" })).refused(409, "CONFLICT");
        assert_eq!(board.last("approval:rejected")["rejectionCount"], 1);
    }

    fn consent_lets_a_job_go_on(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([
            { "id": "two", "handler": "human", "hook": "task:spawn", "priority": 2 },
            { "id": "one", "handler": "human", "hook": "task:spawn", "priority": 1 },
        ]));
        let job = job(&board, "Write");
        let first = wish(&board, &job);
        assert_eq!(first["gateId"], "one");
        let approve = |wish: &Value| board.live.post(&format!("{APPROVALS}/{}/approve", id(wish)));
        assert_eq!(approve(&first).ok()["data"]["status"], "approved");
        approve(&first).refused(409, "CONFLICT");
        let second = wish(&board, &job);
        assert_eq!(second["gateId"], "two");
        let note = json!({ "resolvedBy": "ada", "note": "Fine." });
        assert_eq!(approve(&second).json(note).ok()["data"]["note"], "Fine.");
        let began = board.until(|| {
            let task = board.live.get(&format!("/v1/tasks/{job}")).ok();
            (task["status"] != "awaiting_approval").then_some(())
        });
        assert!(began.is_some(), "it goes on");
        assert_eq!(board.live.get(&format!("/v1/approvals?taskId={job}")).ok().as_array().map(Vec::len), Some(2));
    }

    fn another_environment_sees_nothing(engine: Engine) {
        let board = Board::start(engine);
        let job = job(&board, "Write");
        let wish = wish(&board, &job);
        let at = format!("{APPROVALS}/{}", id(&wish));
        board.live.get(&at).ok();
        board.test.get(&at).refused(404, "NOT_FOUND");
        board.test.post(&format!("{at}/approve")).refused(404, "NOT_FOUND");
        board.test.post(&format!("{at}/reject")).json(json!({ "feedback": "x" })).refused(404, "NOT_FOUND");
        assert_eq!(board.test.get(APPROVALS).ok()["data"], json!([]));
        board.live.get(&format!("{APPROVALS}?status=maybe")).refused(400, "VALIDATION_ERROR");
        assert_eq!(board.live.get(&format!("{APPROVALS}?taskId=x")).ok()["data"], json!([]));
        board.live.get(&format!("{APPROVALS}/x")).refused(404, "NOT_FOUND");
    }

    fn silence_is_an_answer(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([{ "id": "soon", "handler": "human", "hook": "task:spawn", "timeoutMs": 60_000 }]));
        let job = job(&board, "Write");
        let wish = wish(&board, &job);
        board.advance(61);
        let over = board.until(|| {
            let wish = board.live.get(&format!("/v1/approvals/{}", id(&wish))).ok();
            (wish["status"] == "timeout").then_some(())
        });
        assert!(over.is_some(), "it timed out");
        assert_eq!(board.live.get(&format!("/v1/tasks/{job}")).ok()["status"], "failed");
        assert_eq!(board.last("approval:timeout")["action"], "reject");
    }

    fn a_condition_decides_who_is_asked(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([{
            "id": "c", "handler": "human", "hook": "task:spawn",
            "condition": { "expression": "task.title == 'Careful'" },
        }]));
        let careful = job(&board, "Careful");
        wish(&board, &careful);
        let free = job(&board, "Free");
        let began = board.until(|| {
            let task = board.live.get(&format!("/v1/tasks/{free}")).ok();
            (task["status"] != "pending").then_some(())
        });
        assert!(began.is_some(), "it begins");
        assert_eq!(board.live.get(&format!("/v1/approvals?taskId={free}")).ok(), json!([]));
        for bad in [
            json!([{ "id": "c", "handler": "human", "hook": "task:sing" }]),
            json!([{ "id": "c", "handler": "human", "hook": "task:spawn", "condition": { "expression": "x" } }]),
            json!([{ "id": "c", "handler": "human", "hook": "task:spawn" }, { "id": "c", "handler": "auto", "hook": "task:fail" }]),
        ] {
            let settings = board.live.patch("/api/v1/config/settings").json(json!({ "approvalGates": bad }));
            settings.refused(400, "VALIDATION_ERROR");
        }
    }

    fn a_mission_waits_for_consent(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([
            { "id": "hold", "handler": "human", "hook": "task:spawn" },
            { "id": "go", "handler": "human", "hook": "mission:execute" },
        ]));
        let [yes, no] = ["Yes", "No"].map(|name| board.mission(name, &json!({ "tasks": [task("a", &[])] })));
        for (mission, verb, body) in [(&yes, "approve", json!({})), (&no, "reject", json!({ "feedback": "Not now." }))] {
            board.execute(mission);
            assert_eq!(board.status(mission), "paused");
            let pending = board.live.get("/v1/approvals/pending").ok();
            assert_eq!(pending[0]["missionId"], json!(mission));
            board.live.post(&format!("{APPROVALS}/{}/{verb}", id(&pending[0]))).json(body).ok();
        }
        assert_eq!((board.status(&yes), board.status(&no)), ("active".into(), "cancelled".into()));
        board.finish("Yes", "a", "done");
        assert_eq!(board.status(&yes), "completed");
    }

    fn a_result_waits_for_consent(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([{ "id": "done", "handler": "human", "hook": "task:complete" }]));
        let job = job(&board, "Write");
        let first = wish(&board, &job);
        let status = || board.live.get(&format!("/v1/tasks/{job}")).ok()["status"].clone();
        assert_eq!(status(), "awaiting_approval");
        let answer = |wish: &Value, verb: &str| board.live.post(&format!("{APPROVALS}/{}/{verb}", id(wish)));
        answer(&first, "reject").json(json!({ "feedback": "Again." })).ok();
        let second = wish(&board, &job);
        assert_ne!(first["id"], second["id"]);
        assert!(second["payload"]["task"]["description"].as_str().is_some_and(|d| d.contains("Again.")), "{second}");
        answer(&second, "approve").ok();
        assert_eq!(status(), "done");
    }

    fn what_has_effects_elsewhere_is_tried_again_when_somebody_says_so(engine: Engine) {
        let board = Board::without_gate(engine);
        let body = json!({ "title": "Pay", "description": "[fail]", "assignTo": "dev", "sideEffects": true });
        let made = board.live.post("/v1/tasks").json(body).ok();
        let job = id(&made).to_owned();
        let first = wish(&board, &job);
        assert_eq!((&first["gateId"], &first["hook"]), (&json!("side-effects"), &json!("task:retry")));
        board.live.post(&format!("{APPROVALS}/{}/approve", id(&first))).ok();
        let second = wish(&board, &job);
        assert_ne!(first["id"], second["id"]);
        assert_eq!(board.live.get(&format!("/v1/tasks/{job}")).ok()["retries"], 1);
    }
}
