//! Gates, checkpoints and delays judge by what they say and tell the channels
//! that they name (Polpo 2.9, 2.13, 3.3, 3.5).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

const NOTIFICATIONS: &str = "/api/v1/notifications";

fn told(board: &Board, query: &str) -> Vec<Value> {
    let listed = board.live.get(&format!("{NOTIFICATIONS}{query}")).ok();
    listed["data"].as_array().expect("a list").clone()
}

fn gated(condition: &str) -> Value {
    json!({
        "tasks": [task("a", &[]), task("b", &[]), task("c", &["a", "b"])],
        "qualityGates": [{
            "name": "enough", "afterTasks": ["a", "b"], "blocksTasks": ["c"], "condition": condition,
            "notifyChannels": ["ops", "leads"],
        }],
    })
}

on_both_engines! {
    fn a_condition_lets_on_or_does_not(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Lenient", &gated("failed <= 1 && total == 2"));
        let group = board.execute(&mission);
        board.finish(&group, "a", "done");
        board.finish(&group, "b", "failed");
        // c needs b, which has failed: the gate is passed all the same.
        assert_eq!(board.last("quality:gate:passed")["gateName"], "enough");
        let passed = told(&board, "");
        assert_eq!(passed.len(), 2, "{passed:?}");
        let mission = board.mission("Strict", &gated("allPassed == true && failed == 1"));
        let group = board.execute(&mission);
        board.finish(&group, "a", "done");
        board.finish(&group, "b", "done");
        let failed = board.last("quality:gate:failed");
        assert!(failed["reason"].as_str().is_some_and(|why| why.contains("condition")), "{failed}");
        assert_eq!(board.job(&group, "c")["status"], "failed");
        assert_eq!(board.status(&mission), "failed");
        let ops = told(&board, "?channel=ops&limit=1");
        assert_eq!((ops.len(), &ops[0]["severity"], &ops[0]["status"]), (1, &json!("warning"), &json!("sent")));
        assert_eq!(ops[0]["sourceEvent"], "quality:gate:failed");
        assert_eq!(ops[0]["missionId"], json!(mission));
        assert_eq!(ops[0]["body"], failed["reason"]);
        assert_eq!(told(&board, "?rule=enough&status=sent").len(), 4);
        assert_eq!(told(&board, "?rule=other").len(), 0);
        assert_eq!(board.count("notification:sent"), 4);
        let stats = board.live.get("/v1/notifications/stats").ok();
        assert_eq!(stats, json!({ "total": 4, "sent": 4, "failed": 0 }));
        assert_eq!(board.test.get(NOTIFICATIONS).ok()["data"], json!([]));
    }

    fn what_is_no_condition_and_no_channel_is_refused(engine: Engine) {
        let board = Board::start(engine);
        let refused = |document: &Value, part: &str| {
            let body = json!({ "name": "Bad", "data": document.to_string() });
            let refusal = board.live.post("/api/v1/missions").json(body).refused(400, "VALIDATION_ERROR");
            assert!(refusal.json["details"].to_string().contains(part), "{}", refusal.json);
        };
        for condition in ["failed <", "coverage > 3", "1 == 1 drop", "failed"] {
            refused(&gated(condition), "condition");
        }
        for channels in [json!("ops"), json!([""]), json!([1]), json!(vec!["x"; 21]), json!(["x".repeat(101)])] {
            let mut document = gated("failed == 0");
            document["qualityGates"][0]["notifyChannels"] = channels;
            refused(&document, "notifyChannels");
        }
        let mut document = gated("failed == 0");
        document["qualityGates"][0]["includeOutcomes"] = json!("yes");
        refused(&document, "includeOutcomes");
        let mission = board.mission("Good", &gated("failed == 0"));
        let edit = json!({ "condition": "nonsense" });
        let path = format!("/api/v1/missions/{mission}/quality-gates/enough");
        board.live.patch(&path).json(edit).refused(400, "VALIDATION_ERROR");
        for bad in ["limit=0", "limit=x", "offset=-1", "limit=1001"] {
            board.live.get(&format!("{NOTIFICATIONS}?{bad}")).refused(400, "VALIDATION_ERROR");
        }
    }

    fn checkpoints_and_delays_tell_their_channels(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Walk", &json!({
            "tasks": [task("a", &[]), task("b", &["a"])],
            "checkpoints": [{
                "name": "look", "afterTasks": ["a"], "blocksTasks": ["b"], "message": "Look at it.",
                "notifyChannels": ["ops"], "includeOutcomes": true,
            }],
            "delays": [{
                "name": "rest", "afterTasks": ["a"], "blocksTasks": ["b"], "duration": "PT1M",
                "notifyChannels": ["ops"],
            }],
        }));
        let group = board.execute(&mission);
        board.finish(&group, "a", "done");
        let all = told(&board, "?channel=ops");
        let mut events: Vec<_> = all.iter().map(|one| one["sourceEvent"].clone()).collect();
        events.sort_by_key(Value::to_string);
        assert_eq!(events, [json!("checkpoint:reached"), json!("delay:started")]);
        let reached = all.iter().find(|one| one["ruleId"] == "look").expect("it was told");
        assert_eq!((&reached["body"], &reached["group"]), (&json!("Look at it."), &json!(group)));
        board.advance(61);
        let expired = || told(&board, "").into_iter().find(|one| one["sourceEvent"] == "delay:expired");
        assert!(board.until(expired).is_some());
    }

    fn who_is_asked_is_told(engine: Engine) {
        let board = Board::without_gate(engine);
        board.gates(json!([{
            "id": "sign", "name": "Sign-off", "handler": "human", "hook": "task:complete",
            "notifyChannels": ["leads"], "includeOutcomes": true,
        }]));
        let outcome = r#"[tool register_outcome {"type": "text", "label": "Sum", "text": "42"}]"#;
        let body = json!({ "title": "Count", "description": outcome, "assignTo": "dev" });
        let made = board.live.post("/api/v1/tasks").json(body).ok()["data"].clone();
        let asked = board.until(|| told(&board, "?channel=leads").into_iter().next());
        let asked = asked.expect("somebody is told");
        assert_eq!((&asked["ruleId"], &asked["ruleName"]), (&json!("sign"), &json!("Sign-off")));
        assert_eq!((&asked["sourceEvent"], &asked["taskId"]), (&json!("approval:requested"), &made["id"]));
        assert_eq!((&asked["attachmentCount"], &asked["attachmentTypes"]), (&json!(1), &json!(["text"])));
        assert_eq!(asked["attachments"][0]["label"], "Sum");
        let settings = json!({ "approvalGates": [{ "id": "g", "handler": "human", "hook": "task:spawn", "notifyChannels": [7] }] });
        board.live.patch("/api/v1/config/settings").json(settings).refused(400, "VALIDATION_ERROR");
    }
}
