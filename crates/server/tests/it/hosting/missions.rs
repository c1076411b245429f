//! Missions from document to report (Polpo 2.9, 3.3).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

const MISSIONS: &str = "/api/v1/missions";

on_both_engines! {
    fn a_mission_is_written_read_changed_and_deleted(engine: Engine) {
        let board = Board::start(engine);
        let data = json!({ "tasks": [task("a", &[])], "custom": 1 }).to_string();
        let made = board.live.post(MISSIONS).json(json!({ "data": data, "prompt": "Go." }));
        let made = made.send().expect_status(201).ok()["data"].clone();
        assert_eq!((&made["name"], &made["status"]), (&json!("mission-1"), &json!("draft")));
        assert_eq!(made["data"], json!(data));
        assert!(made.get("deadline").is_none() && made.get("executionCount").is_none(), "{made}");
        let at = format!("{MISSIONS}/{}", made["id"].as_str().expect("an id"));
        let bare = board.live.get(&at.replace("/api", "")).ok();
        assert_eq!((&bare["taskCount"], &bare["tasks"][0]["title"]), (&json!(1), &json!("a")));
        board.test.get(&at).refused(404, "NOT_FOUND");
        let change = json!({ "name": "One", "endDate": "2027-01-01T00:00:00+01:00", "prompt": null });
        let changed = board.live.patch(&at).json(change).ok()["data"].clone();
        assert_eq!(changed["endDate"], "2026-12-31T23:00:00.000Z");
        assert!(changed.get("prompt").is_none(), "{changed}");
        board.live.post(MISSIONS).json(json!({ "name": "One", "data": data })).refused(409, "CONFLICT");
        assert_eq!(board.live.get(MISSIONS).ok()["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(board.live.delete(&at).ok()["data"], json!({ "deleted": true }));
        board.live.get(&at).refused(404, "NOT_FOUND");
        board.live.delete(&at).refused(404, "NOT_FOUND");
    }

    fn a_document_that_is_none_is_refused_with_every_cause(engine: Engine) {
        let board = Board::start(engine);
        let refused = |body: Value| {
            let refusal = board.live.post(MISSIONS).json(body).refused(400, "VALIDATION_ERROR");
            refusal.json["details"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(refused(json!({ "data": "not json" })), 1);
        assert_eq!(refused(json!({ "name": "x" })), 1);
        let circle = json!({ "tasks": [task("a", &["b"]), task("b", &["a"]), task("c", &["d"])] });
        assert_eq!(refused(json!({ "data": circle.to_string() })), 2);
        assert_eq!(refused(json!({ "tasks": [] })), 1);
        refused(json!({ "tasks": [task("a", &[])], "name": 7 }));
        refused(json!({ "tasks": [task("a", &[])], "name": "x".repeat(300) }));
        refused(json!({ "tasks": [task("a", &[])], "qualityThreshold": 9 }));
        refused(json!({ "tasks": [task("a", &[])], "status": "running" }));
        let active = json!({ "tasks": [task("a", &[])], "status": "active" });
        board.live.post(MISSIONS).json(active).refused(409, "INVALID_STATE");
    }

    fn the_form_of_the_documentation_is_a_mission_too(engine: Engine) {
        let board = Board::start(engine);
        let made = board.live.post("/v1/missions").json(json!({
            "name": "Docs",
            "tasks": [task("b", &["a"]), task("a", &[])],
            "checkpoints": [{ "name": "look", "afterTasks": ["a"], "blocksTasks": ["b"] }],
            "team": { "agents": [{ "name": "guest", "role": "Helper" }] },
        }));
        let made = made.send().expect_status(201).ok();
        assert_eq!((&made["taskCount"], &made["team"][0]["name"]), (&json!(2), &json!("guest")));
        let begun = board.live.post(&format!("/v1/missions/{}/execute", made["id"].as_str().expect("an id")));
        let begun = begun.send().expect_status(202).ok();
        assert_eq!((&begun["status"], &begun["executionCount"]), (&json!("active"), &json!(1)));
    }

    fn jobs_begin_behind_what_they_need_and_the_end_is_reported(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Ship", &json!({
            "tasks": [task("ship", &["build"]), task("build", &[])],
            "team": [{ "name": "guest" }],
        }));
        let begun = board.at(&mission, "execute").ok()["data"].clone();
        assert_eq!((&begun["group"], &begun["tasks"][0]["title"]), (&json!("Ship"), &json!("ship")));
        assert_eq!(begun["tasks"][0]["dependsOn"], json!([begun["tasks"][1]["id"]]));
        assert_eq!(board.live.get("/v1/agents/guest").ok()["missionGroup"], "Ship");
        board.at(&mission, "execute").refused(409, "INVALID_STATE");
        board.wait("Ship", "build", "awaiting_approval");
        assert_eq!(board.job("Ship", "ship")["status"], "pending");
        board.finish("Ship", "build", "done");
        board.finish("Ship", "ship", "done");
        assert_eq!(board.status(&mission), "completed");
        let report = board.last("mission:completed")["report"].clone();
        assert_eq!((&report["allPassed"], report["tasks"].as_array().map(Vec::len)), (&json!(true), Some(2)));
        board.live.get("/v1/agents/guest").refused(404, "not_found");
        board.at(&mission, "execute").refused(409, "INVALID_STATE");
    }

    fn the_report_names_files_and_tasks_keep_the_missions_deadline(engine: Engine) {
        let board = Board::without_gate(engine);
        let mut a = task("a", &[]);
        a["description"] = json!(r#"[tool write {"path": "made.md", "content": "x"}]"#);
        let plan = json!({ "tasks": [a] }).to_string();
        let deadline = "2999-01-01T00:00:00.000Z";
        let body = json!({ "name": "Files", "data": plan, "deadline": deadline });
        let made = board.live.post("/api/v1/missions").json(body).ok()["data"].clone();
        let mission = made["id"].as_str().expect("an id");
        let group = board.execute(mission);
        assert_eq!(board.job(&group, "a")["deadline"], deadline);
        board.wait_mission(mission, "completed");
        let report = board.last("mission:completed")["report"].clone();
        let files = report["filesCreated"].to_string();
        assert!(files.contains("made.md"), "{report}");
        assert_eq!(report["tasks"][0]["filesCreated"], report["filesCreated"]);
        assert_eq!(board.count("sla:met"), 1);
    }

    fn what_is_stored_is_bounded(engine: Engine) {
        let board = Board::start(engine);
        let junk = "x".repeat(2 << 20);
        let mut document = json!({ "tasks": [task("a", &[])], "junk": junk });
        let refused = |path: &str, body: Value| {
            board.live.post(path).json(body).refused(400, "VALIDATION_ERROR");
        };
        refused("/api/v1/missions", json!({ "name": "Large", "data": document }));
        refused("/api/v1/missions", json!({ "name": "Large", "data": document.to_string() }));
        document["junk"] = json!(null);
        refused("/api/v1/missions", json!({ "data": document, "notifications": { "rules": junk } }));
        let parameters = json!([{ "name": "who", "description": junk }]);
        refused("/api/v1/playbooks", json!({ "name": "large", "mission": document, "parameters": parameters }));
        let job = json!({ "title": "w", "description": "d", "assignTo": "dev", "draft": true });
        let job = board.live.post("/v1/tasks").json(job).ok()["id"].clone();
        let action = json!({ "type": "log", "message": "m", "junk": junk });
        refused("/api/v1/watchers", json!({ "taskId": job, "targetStatus": "done", "action": action }));
        for list in ["/v1/missions", "/v1/playbooks", "/v1/watchers"] {
            assert_eq!(board.live.get(list).ok(), json!([]), "{list}");
        }
    }

    fn agents_must_exist(engine: Engine) {
        let board = Board::start(engine);
        let mut lost = task("a", &[]);
        lost["assignTo"] = "nobody".into();
        let mission = board.mission("Lost", &json!({ "tasks": [lost] }));
        let refusal = board.at(&mission, "execute").refused(400, "VALIDATION_ERROR");
        assert!(refusal.json["error"].as_str().is_some_and(|e| e.contains("nobody")), "{}", refusal.json);
        assert_eq!(board.status(&mission), "draft");
        assert_eq!(board.live.get("/v1/tasks").ok(), json!([]));
    }

    fn a_checkpoint_of_a_second_execution_is_resumed(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Walk", &json!({
            "tasks": [task("a", &[]), task("b", &["a"])],
            "checkpoints": [{ "name": "look / here", "afterTasks": ["a"], "blocksTasks": ["b"], "message": "Look." }],
        }));
        let first = board.execute(&mission);
        board.finish(&first, "a", "failed");
        assert_eq!(board.status(&mission), "failed");
        assert_eq!(board.job(&first, "b")["status"], "failed");
        let second = board.execute(&mission);
        assert_eq!(second, "Walk #2");
        board.finish(&second, "a", "done");
        assert_eq!(board.status(&mission), "paused");
        let reached = board.live.get("/api/v1/missions/checkpoints").ok();
        assert_eq!(reached["data"][0]["group"], "Walk #2");
        assert_eq!(reached["data"][0]["checkpoint"]["message"], "Look.");
        assert_eq!(board.live.get("/v1/missions/resumable").ok()[0]["id"], json!(mission));
        board.at(&mission, "checkpoints/other/resume").refused(404, "NOT_FOUND");
        assert_eq!(board.job(&second, "b")["status"], "pending");
        let resumed = board.at(&mission, "checkpoints/look%20%2F%20here/resume").ok();
        assert_eq!(resumed["data"], json!({ "resumed": true }));
        board.at(&mission, "checkpoints/look%20%2F%20here/resume").refused(404, "NOT_FOUND");
        assert_eq!(board.live.get("/api/v1/missions/checkpoints").ok()["data"], json!([]));
        board.finish(&second, "b", "done");
        assert_eq!(board.status(&mission), "completed");
        let seen = ["checkpoint:reached", "mission:paused", "checkpoint:resumed"].map(|name| board.count(name));
        assert_eq!(seen, [1, 1, 1]);
    }

    fn a_delay_ends_by_the_clock(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Wait", &json!({
            "tasks": [task("a", &[]), task("b", &["a"])],
            "delays": [{ "name": "rest", "afterTasks": ["a"], "blocksTasks": ["b"], "duration": "PT1H" }],
        }));
        let group = board.execute(&mission);
        board.finish(&group, "a", "done");
        let running = board.live.get("/api/v1/missions/delays").ok()["data"].clone();
        assert_eq!((&running[0]["delayName"], &running[0]["delay"]["duration"]), (&json!("rest"), &json!("PT1H")));
        assert_eq!((board.status(&mission), board.job(&group, "b")["status"].clone()), ("active".into(), json!("pending")));
        board.advance(3_601);
        board.finish(&group, "b", "done");
        assert_eq!((board.count("delay:started"), board.count("delay:expired")), (1, 1));
        assert_eq!(board.live.get("/api/v1/missions/delays").ok()["data"], json!([]));
        assert_eq!(board.status(&mission), "completed");
    }

    fn a_gate_that_is_not_passed_fails_what_is_behind_it(engine: Engine) {
        let board = Board::start(engine);
        let plan = |gate: Value| {
            let mut gate = gate;
            gate["afterTasks"] = json!(["a"]);
            gate["blocksTasks"] = json!(["b", "c"]);
            json!({ "tasks": [task("a", &[]), task("b", &["a"]), task("c", &["a", "b"])], "qualityGates": [gate] })
        };
        let good = board.mission("Good", &plan(json!({ "name": "g", "requireAllPassed": true })));
        let group = board.execute(&good);
        board.finish(&group, "a", "done");
        board.finish(&group, "b", "done");
        board.finish(&group, "c", "done");
        assert_eq!((board.status(&good), board.count("quality:gate:passed")), ("completed".into(), 1));
        let poor = board.mission("Poor", &plan(json!({ "name": "g", "minScore": 3 })));
        let group = board.execute(&poor);
        board.finish(&group, "a", "done");
        assert_eq!((board.status(&poor), board.count("quality:gate:failed")), ("failed".into(), 1));
        for title in ["b", "c"] {
            assert_eq!(board.job(&group, title)["status"], "failed", "{title}");
        }
        assert_eq!(board.last("mission:completed")["allPassed"], false);
    }

    fn what_failed_is_tried_again(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Again", &json!({
            "tasks": [task("a", &[]), task("b", &["a"])], "team": [{ "name": "guest" }],
        }));
        board.at(&mission, "resume").refused(409, "INVALID_STATE");
        let group = board.execute(&mission);
        board.finish(&group, "a", "failed");
        board.wait_mission(&mission, "failed");
        assert_eq!(board.at(&mission, "resume").ok()["data"], json!({ "retried": 0, "pending": 0 }));
        let resumed = board.at(&mission, "resume").json(json!({ "retryFailed": true })).ok();
        assert_eq!(resumed["data"], json!({ "retried": 1, "pending": 2 }));
        assert_eq!(board.status(&mission), "active");
        board.live.get("/v1/agents/guest").ok();
        board.finish(&group, "a", "done");
        board.finish(&group, "b", "done");
        assert_eq!(board.status(&mission), "completed");
        board.live.get("/v1/agents/guest").refused(404, "not_found");
    }

    fn a_mission_is_called_off_or_deleted_with_its_jobs(engine: Engine) {
        let board = Board::start(engine);
        let plan = json!({ "tasks": [task("a", &[]), task("b", &["a"])], "team": [{ "name": "guest" }] });
        let mission = board.mission("Off", &plan);
        assert_eq!(board.at(&mission, "abort").ok()["data"], json!({ "aborted": 0 }));
        let first = board.execute(&mission);
        board.at(&mission, "abort").ok();
        assert_eq!(board.status(&mission), "cancelled");
        assert_eq!(board.job(&first, "b")["status"], "failed");
        board.live.get("/v1/agents/guest").refused(404, "not_found");
        let second = board.execute(&mission);
        assert_eq!(second, "Off #2");
        board.live.delete(&format!("{MISSIONS}/{mission}")).ok();
        assert_eq!(board.live.get("/v1/tasks").ok(), json!([]));
        assert_eq!(board.last("mission:deleted")["deletedTasks"], 4);
        board.at(&mission, "execute").refused(404, "NOT_FOUND");
    }

    fn two_missions_may_have_tasks_of_the_same_titles(engine: Engine) {
        let board = Board::start(engine);
        let plan = json!({ "tasks": [task("test", &[])] });
        let [one, two] = ["One", "Two"].map(|name| board.mission(name, &plan));
        let groups = [&one, &two].map(|mission| board.execute(mission));
        for group in &groups {
            board.finish(group, "test", "done");
        }
        assert_eq!([&one, &two].map(|mission| board.status(mission)), ["completed", "completed"]);
    }

    fn an_execution_is_followed(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Aloud", &json!({ "tasks": [task("a", &[])] }));
        let stream = board.at(&mission, "execute").json(json!({ "stream": true })).stream();
        assert_eq!(stream.header("content-type"), Some("text/event-stream"));
        board.finish("Aloud", "a", "done");
        let events = stream.rest();
        let first = events.first().expect("an event").json();
        assert_eq!(first["choices"][0]["delta"], json!({ "role": "assistant" }));
        let end = events.iter().rev().nth(1).expect("an end").json();
        assert_eq!(end["choices"][0]["finish_reason"], "stop");
        assert_eq!(end["polpo"]["data"]["report"]["allPassed"], true);
        assert_eq!(events.last().map(|event| event.data.as_str()), Some("[DONE]"));
    }

    fn a_mission_runs_by_itself_and_is_scored(engine: Engine) {
        let board = Board::without_gate(engine);
        let reviewed = |title: &str, score: u32, needs: &[&str]| {
            let names = ["correctness", "completeness", "code_quality", "edge_cases"];
            let scores = names.map(|name| json!({ "dimension": name, "score": score, "reasoning": "so" }));
            let mut reviewed = task(title, needs);
            reviewed["description"] = json!({ "scores": scores }).to_string().into();
            reviewed["expectations"] = json!([{ "type": "llm_review", "threshold": 2 }]);
            reviewed
        };
        let plan = |least: f64| json!({
            "tasks": [reviewed("a", 3, &[]), reviewed("b", 4, &["a"])],
            "qualityGates": [{ "name": "g", "afterTasks": ["a"], "blocksTasks": ["b"], "minScore": least }],
        });
        let good = board.mission("Good", &plan(3.0));
        board.execute(&good);
        board.wait_mission(&good, "completed");
        let report = board.last("mission:completed")["report"].clone();
        assert_eq!((&report["avgScore"], &report["tasks"][1]["score"]), (&json!(3.5), &json!(4.0)));
        assert_eq!(board.last("quality:gate:passed")["avgScore"], 3.0);
        let strict = board.mission("Strict", &plan(3.5));
        board.execute(&strict);
        board.wait_mission(&strict, "failed");
        assert_eq!(board.job("Strict", "b")["status"], "failed");
        let whole = json!({ "qualityThreshold": 4, "status": "draft" });
        board.live.patch(&format!("{MISSIONS}/{good}")).json(whole).ok();
        board.execute(&good);
        board.wait_mission(&good, "failed");
        assert_eq!(board.last("quality:threshold:failed")["threshold"], 4.0);
        assert_eq!(board.last("mission:completed")["allPassed"], true);
    }

    fn a_model_that_cannot_be_asked_is_told_before_anything_begins(engine: Engine) {
        let board = Board::start(engine);
        let mission = board.mission("Dumb", &json!({
            "tasks": [{ "title": "a", "description": "Do it.", "assignTo": "guest" }],
            "team": [{ "name": "guest", "model": "nowhere/model" }],
        }));
        board.at(&mission, "execute").refused(400, "VALIDATION_ERROR");
        assert_eq!(board.status(&mission), "draft");
        board.live.get("/v1/agents/guest").refused(404, "not_found");
    }
}
