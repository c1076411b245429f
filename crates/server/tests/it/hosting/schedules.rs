//! Schedules (Polpo 2.13, 3.4).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

const SCHEDULES: &str = "/api/v1/schedules";

fn plan() -> Value {
    json!({ "tasks": [task("a", &[])] })
}

on_both_engines! {
    fn a_mission_is_executed_again_and_again(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Daily", &plan());
        let body = json!({ "missionId": mission, "expression": "0 9 * * *" });
        let made = board.live.post(SCHEDULES).json(body).send().expect_status(201).ok()["data"].clone();
        assert_eq!(made["id"], json!(format!("sched-{mission}")));
        assert_eq!((&made["recurring"], &made["enabled"]), (&json!(true), &json!(true)));
        assert!(made["nextRunAt"].as_str().is_some_and(|at| at.ends_with("T09:00:00.000Z")), "{made}");
        assert_eq!(board.status(&mission), "recurring");
        // Three days without a server count once.
        board.advance(3 * 24 * 3_600);
        board.finish("Daily", "a", "done");
        assert_eq!((board.status(&mission), board.count("schedule:triggered")), ("recurring".into(), 1));
        board.advance(24 * 3_600);
        board.finish("Daily #2", "a", "failed");
        assert_eq!((board.status(&mission), board.count("schedule:triggered")), ("recurring".into(), 2));
        let listed = board.live.get("/v1/schedules").ok();
        assert!(listed[0]["lastRunAt"].is_string(), "{listed}");
        board.test.get(SCHEDULES).ok()["data"].as_array().expect("a list").is_empty();
    }

    fn a_time_is_kept_once(engine: Engine) {
        let board = Board::start(engine);
        let at = |seconds: i64| {
            let time = domain::Time::from_unix_seconds(seconds).expect("a time");
            jiff::Timestamp::from_microsecond(time.0).expect("a time").to_string()
        };
        let mission = board.mission("Once", &plan());
        let body = json!({ "missionId": mission, "expression": at(board.now() + 60) });
        let made = board.live.post(SCHEDULES).json(body).ok()["data"].clone();
        assert_eq!((&made["recurring"], board.status(&mission).as_str()), (&json!(false), "scheduled"));
        board.advance(61);
        board.finish("Once", "a", "done");
        assert_eq!((board.status(&mission), board.count("schedule:completed")), ("completed".into(), 1));
        let late = json!({ "missionId": mission, "expression": at(board.now() - 60) });
        board.live.post(SCHEDULES).json(late).refused(400, "INVALID_EXPRESSION");
    }

    fn nonsense_is_no_schedule(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Bad", &plan());
        for bad in ["", "soon", "61 * * * *", "* * * *", "0 0 30 2 *"] {
            let body = json!({ "missionId": mission, "expression": bad, "recurring": true });
            board.live.post(SCHEDULES).json(body).refused(400, "INVALID_EXPRESSION");
        }
        let zone = json!({ "missionId": mission, "expression": "0 9 * * *", "timezone": "Moon/Base" });
        board.live.post(SCHEDULES).json(zone).refused(400, "VALIDATION_ERROR");
        board.live.post(SCHEDULES).json(json!({ "expression": "0 9 * * *" })).refused(400, "VALIDATION_ERROR");
        let nobody = json!({ "missionId": "x", "expression": "0 9 * * *" });
        board.live.post(SCHEDULES).json(nobody).refused(404, "NOT_FOUND");
        let other = json!({ "missionId": mission, "expression": "0 9 * * *" });
        board.test.post(SCHEDULES).json(other).refused(404, "NOT_FOUND");
        assert_eq!((board.live.get(SCHEDULES).ok()["data"].clone(), board.status(&mission)), (json!([]), "draft".into()));
    }

    fn a_schedule_is_changed_ends_and_is_removed(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Change", &plan());
        let one = format!("{SCHEDULES}/{mission}");
        board.live.patch(&one).json(json!({ "enabled": false })).refused(404, "NOT_FOUND");
        let body = json!({ "missionId": mission, "expression": "0 9 * * *", "timezone": "Europe/Berlin" });
        board.live.post(SCHEDULES).json(body).ok();
        let off = board.live.patch(&one).json(json!({ "enabled": false, "expression": "*/5 * * * *" })).ok();
        assert_eq!((&off["data"]["enabled"], &off["data"]["timezone"]), (&json!(false), &json!("Europe/Berlin")));
        board.live.patch(&one).json(json!({ "expression": "x" })).refused(400, "INVALID_EXPRESSION");
        let end = domain::Time::from_unix_seconds(board.now() + 7_200).expect("a time");
        let end = jiff::Timestamp::from_microsecond(end.0).expect("a time").to_string();
        let rare = json!({ "enabled": true, "expression": "0 0 1 1 *", "endDate": end });
        board.live.patch(&one).json(rare).ok();
        board.advance(7_201);
        board.wait_mission(&mission, "completed");
        assert_eq!((board.count("schedule:expired"), board.count("schedule:triggered")), (1, 0));
        assert_eq!(board.live.delete(&one).ok()["data"], json!({ "deleted": true }));
        assert_eq!(board.status(&mission), "draft");
        board.live.delete(&one).refused(404, "NOT_FOUND");
    }

    fn a_mission_may_carry_its_schedule(engine: Engine) {
        let board = Board::start(engine);
        let body = json!({ "name": "Own", "data": plan().to_string(), "schedule": "0 9 * * 1" });
        let made = board.live.post("/api/v1/missions").json(body).ok()["data"].clone();
        assert_eq!(made["status"], "recurring");
        assert_eq!(board.live.get("/v1/schedules").ok()[0]["expression"], "0 9 * * 1");
        let at = format!("/api/v1/missions/{}", made["id"].as_str().expect("an id"));
        let off = board.live.patch(&at).json(json!({ "schedule": null })).ok();
        assert_eq!(off["data"]["status"], "draft");
        assert_eq!(board.live.get("/v1/schedules").ok(), json!([]));
        board.live.patch(&at).json(json!({ "schedule": "often" })).refused(400, "INVALID_EXPRESSION");
    }

    fn what_could_not_be_executed_is_refused_beforehand(engine: Engine) {
        let board = Board::start(engine);
        let mut tasks = [task("a", &[]), task("b", &[]), task("c", &[])];
        tasks[0]["assignTo"] = "nobody".into();
        tasks[1]["assignTo"] = "odd".into();
        tasks[2]["assignTo"] = "guest".into();
        board.live.post("/api/v1/agents").json(json!({ "name": "odd", "model": "nowhere/model" })).ok();
        let document = json!({ "tasks": tasks, "team": [{ "name": "guest", "model": "mock/echo" }] });
        let mission = board.mission("Lost", &document);
        let refused = |request: testkit::http::Request| {
            let refusal = request.refused(400, "VALIDATION_ERROR").json;
            let causes = refusal["details"].to_string();
            assert!(causes.contains("nobody") && causes.contains("nowhere/model"), "{refusal}");
            assert_eq!(refusal["details"].as_array().map(Vec::len), Some(2), "{refusal}");
        };
        refused(board.live.post(SCHEDULES).json(json!({ "missionId": mission, "expression": "0 * * * *" })));
        refused(board.at(&mission, "execute"));
        let at = format!("/api/v1/missions/{mission}");
        refused(board.live.patch(&at).json(json!({ "schedule": "0 * * * *" })));
        let own = json!({ "name": "Own", "data": document.to_string(), "schedule": "0 * * * *" });
        refused(board.live.post("/api/v1/missions").json(own));
        let book = json!({ "name": "lost", "mission": document });
        refused(board.live.post("/api/v1/playbooks").json(book));
        let job = json!({ "title": "w", "description": "d", "assignTo": "dev", "draft": true });
        let job = board.live.post("/v1/tasks").json(job).ok()["id"].clone();
        let watch = |action: Value| {
            let body = json!({ "taskId": job, "targetStatus": "done", "action": action });
            board.live.post("/api/v1/watchers").json(body)
        };
        refused(watch(json!({ "type": "execute_mission", "missionId": mission })));
        for agent in ["nobody", "odd"] {
            let new = json!({ "title": "n", "description": "d", "assignTo": agent });
            let refusal = watch(json!({ "type": "create_task", "task": new })).refused(400, "VALIDATION_ERROR");
            assert_eq!(refusal.json["details"].as_array().map(Vec::len), Some(1), "{}", refusal.json);
        }
        let new = json!({ "title": "n", "description": "d", "assignTo": "dev", "maxRetries": -1 });
        watch(json!({ "type": "create_task", "task": new })).refused(400, "VALIDATION_ERROR");
        for list in ["/v1/schedules", "/v1/playbooks", "/v1/watchers"] {
            assert_eq!(board.live.get(list).ok(), json!([]), "{list}");
        }
        assert_eq!(board.status(&mission), "draft");
    }

    fn what_cannot_be_executed_is_told_and_passed_over(engine: Engine) {
        let board = Board::start(engine);
        board.live.post("/api/v1/agents").json(json!({ "name": "nobody", "model": "mock/echo" })).ok();
        let mut lost = task("a", &[]);
        lost["assignTo"] = "nobody".into();
        let mission = board.mission("Lost", &json!({ "tasks": [lost] }));
        let body = json!({ "missionId": mission, "expression": "0 * * * *" });
        board.live.post(SCHEDULES).json(body).ok();
        board.live.delete("/api/v1/agents/nobody").ok();
        board.advance(3_600);
        let told = || board.log().into_iter().find(|(name, _)| name == "log");
        let (_, told) = board.until(told).expect("a line in the log");
        assert!(told["message"].as_str().is_some_and(|m| m.contains("nobody")), "{told}");
        assert_eq!(board.status(&mission), "recurring");
    }
}
