//! Results are checked against what was expected (Polpo 3.2). The agents and
//! reviewers ask the built-in mock, which answers what the task says.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::{Hosting, Server};

use crate::program::eventually;

const TASKS: &str = "/api/v1/tasks";

fn project(server: &Server) -> Hosting {
    let hosting = server.hosting("compass");
    let agent = json!({ "name": "dev", "model": "mock/echo" });
    hosting.live.post("/api/v1/agents").json(agent).ok();
    hosting
}

fn write(client: &Client, description: &str, expectations: Value, retries: i64) -> Value {
    let body = json!({
        "title": description, "description": description, "assignTo": "dev", "expectations": expectations,
        "maxRetries": retries,
    });
    client.post(TASKS).json(body).send().expect_status(201).ok()["data"].clone()
}

fn path(task: &Value, more: &str) -> String {
    format!("{TASKS}/{}{more}", task["id"].as_str().expect("an id"))
}

/// The task at its end.
fn ended(client: &Client, task: &Value) -> Value {
    let mut now = Value::Null;
    eventually("the task ends", || {
        now = client.get(&path(task, "")).ok()["data"].clone();
        matches!(now["status"].as_str(), Some("done" | "failed"))
    });
    now
}

/// What makes every reviewer of the mock give these scores.
fn scores(of: [f64; 4]) -> String {
    let names = ["correctness", "completeness", "code_quality", "edge_cases"];
    let scores = names
        .iter()
        .zip(of)
        .map(|(name, score)| json!({ "dimension": name, "score": score, "reasoning": "so" }));
    json!({ "scores": scores.collect::<Vec<_>>() }).to_string()
}

on_both_engines! {
    fn reviewers_decide(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let review = json!([{ "type": "llm_review", "criteria": "It is good." }]);
        let mut events = live.get("/api/v1/events").stream();
        let task = write(&live, &scores([4.0, 5.0, 3.0, 4.0]), review.clone(), 0);
        let done = ended(&live, &task);
        assert_eq!(done["status"], "done", "{done}");
        let assessment = &done["result"]["assessment"];
        // 0.35 * 4 + 0.30 * 5 + 0.20 * 3 + 0.15 * 4
        assert_eq!(assessment["globalScore"], 4.1, "{assessment}");
        assert_eq!((&assessment["passed"], &assessment["trigger"]), (&json!(true), &json!("initial")));
        assert_eq!(assessment["checks"][0]["reviewers"].as_array().map(Vec::len), Some(3));
        assert_eq!(assessment["scores"][1], json!({ "dimension": "completeness", "score": 5.0, "weight": 0.3, "reasoning": "so" }));
        assert_eq!(events.wait_for("assessment:check:started").json()["type"], "llm_review");
        assert_eq!(events.wait_for("assessment:complete").json()["globalScore"], 4.1);
        let bad = ended(&live, &write(&live, &scores([2.0, 2.0, 2.0, 2.0]), review, 0));
        assert_eq!(bad["status"], "failed", "{bad}");
        assert_eq!(bad["result"]["assessment"]["globalScore"], 2.0);
    }

    fn what_does_not_pass_is_mended_and_then_tried_again(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let missing = json!([{ "type": "file_exists", "paths": ["never.md"], "confidence": "firm" }]);
        let task = ended(&live, &write(&live, "[say x]", missing, 1));
        assert_eq!(task["status"], "failed");
        assert_eq!((&task["retries"], &task["fixAttempts"]), (&json!(1), &json!(2)));
        let history = task["result"]["assessmentHistory"].as_array().expect("a history");
        let triggers: Vec<_> = history.iter().map(|old| old["trigger"].as_str().expect("a trigger")).collect();
        assert_eq!(triggers, ["initial", "fix", "fix", "retry", "fix"]);
        let last = &task["result"]["assessment"];
        assert_eq!((&last["trigger"], &last["passed"]), (&json!("fix"), &json!(false)));
        assert!(last["checks"][0]["message"].as_str().is_some_and(|text| text.contains("never.md")), "{last}");
        assert!(task["description"].as_str().is_some_and(|text| text.contains("never.md")), "{task}");
    }

    fn files_are_looked_for_and_estimates_corrected(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events?filter=assessment:*").stream();
        let made = r#"[tool write {"path": "made.md", "content": "x"}]"#;
        let guess = json!([{ "type": "file_exists", "paths": ["guess.md"] }]);
        let task = ended(&live, &write(&live, made, guess, 0));
        assert_eq!(task["status"], "done", "{task}");
        assert_eq!(task["result"]["assessment"]["trigger"], "auto-correct");
        let path = task["expectations"][0]["paths"][0].as_str().expect("a path");
        assert!(path.ends_with("made.md"), "{task}");
        let corrected = events.wait_for("assessment:corrected").json();
        assert_eq!(corrected["corrections"][0]["from"], json!(["guess.md"]));
        let known = json!([{ "type": "file_exists", "paths": ["made.md"], "confidence": "firm" }]);
        let again = ended(&live, &write(&live, "[say nothing]", known, 0));
        assert_eq!((&again["status"], &again["fixAttempts"]), (&json!("done"), &Value::Null), "{again}");
    }

    fn commands_decide(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let made = r#"[tool write {"path": "made.md", "content": "x"}]"#;
        let checks = json!([
            { "type": "script", "command": "test -f made.md" },
            { "type": "test", "command": "echo seen; grep -q x made.md" },
        ]);
        let task = ended(&live, &write(&live, made, checks, 0));
        assert_eq!(task["status"], "done", "{task}");
        let checks = json!([{ "type": "script", "command": "echo broken >&2; exit 3" }]);
        let task = ended(&live, &write(&live, "[say x]", checks, 0));
        assert_eq!(task["status"], "failed");
        let check = &task["result"]["assessment"]["checks"][0];
        assert!(check["message"].as_str().is_some_and(|text| text.contains("3")), "{check}");
        assert_eq!(check["details"], "broken");
    }

    fn what_is_measured_must_reach_its_threshold(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let mut events = live.get("/api/v1/events?filter=assessment:*").stream();
        let measured = |title: &str, metrics: Value| {
            let body = json!({
                "title": title, "description": "[say x]", "assignTo": "dev", "metrics": metrics, "maxRetries": 0,
            });
            live.post(TASKS).json(body)
        };
        let enough = json!([{ "name": "coverage", "command": "echo lines; echo '91% covered'", "threshold": 90 }]);
        let done = ended(&live, &measured("enough", enough).ok()["data"]);
        assert_eq!(done["status"], "done", "{done}");
        let metric = &done["result"]["assessment"]["metrics"][0];
        assert_eq!((&metric["name"], &metric["value"]), (&json!("coverage"), &json!(91.0)));
        assert_eq!((&metric["threshold"], &metric["passed"]), (&json!(90.0), &json!(true)));
        assert_eq!(events.wait_for("assessment:check:started").json()["label"], "coverage");
        let few = json!([
            { "name": "coverage", "command": "echo 12.5", "threshold": 90 },
            { "name": "broken", "command": "echo 99; exit 3", "threshold": 1 },
            { "name": "mute", "command": "echo nothing", "threshold": 1 },
        ]);
        let failed = ended(&live, &measured("few", few).ok()["data"]);
        assert_eq!((&failed["status"], &failed["fixAttempts"]), (&json!("failed"), &json!(2)));
        let assessment = &failed["result"]["assessment"];
        assert_eq!(assessment["metrics"][0]["value"], 12.5, "{assessment}");
        let messages = assessment["metrics"].to_string();
        assert!(messages.contains("below 90") && messages.contains("exit code 3") && messages.contains("begin with a number"));
        assert!(failed["description"].as_str().is_some_and(|text| text.contains("metric (coverage)")), "{failed}");
        live.post(&path(&failed, "/reassess")).ok();
        let again = ended(&live, &failed);
        assert_eq!(again["result"]["assessment"]["trigger"], "reassess", "{again}");
        for bad in [
            json!("x"), json!([1]), json!([{}]), json!([{ "name": "n", "command": "c" }]),
            json!([{ "name": "n", "command": "", "threshold": 1 }]),
            json!([{ "name": "n", "command": "c", "threshold": "1" }]),
            json!(vec![json!({ "name": "n", "command": "c", "threshold": 1 }); 51]),
        ] {
            measured("bad", bad.clone()).refused(400, "VALIDATION_ERROR");
            let plan = json!({ "tasks": [{ "title": "t", "description": "d", "metrics": bad }] });
            let body = json!({ "name": "bad", "data": plan.to_string() });
            live.post("/api/v1/missions").json(body).refused(400, "VALIDATION_ERROR");
        }
    }

    fn a_result_is_assessed_again(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let task = write(&live, &scores([4.0; 4]), json!([{ "type": "llm_review", "threshold": 3.5 }]), 0);
        ended(&live, &task);
        let stricter = json!({ "expectations": [{ "type": "llm_review", "threshold": 5 }] });
        live.patch(&path(&task, "")).json(stricter).ok();
        assert_eq!(live.post(&path(&task, "/reassess")).ok()["data"], json!({ "reassessed": true }));
        let failed = ended(&live, &task);
        assert_eq!((&failed["status"], &failed["retries"]), (&json!("failed"), &json!(0)));
        let result = &failed["result"];
        assert_eq!(result["assessment"]["trigger"], "reassess");
        assert_eq!(result["assessmentHistory"].as_array().map(Vec::len), Some(1));
        live.patch(&path(&task, "")).json(json!({ "expectations": [{ "type": "llm_review" }] })).ok();
        live.post(&path(&task, "/reassess")).ok();
        assert_eq!(ended(&live, &task)["status"], "done");
    }

    fn unreadable_reviews_do_not_pass(engine: Engine) {
        let server = Server::start(engine);
        let live = project(&server).live;
        let task = ended(&live, &write(&live, "[say no scores]", json!([{ "type": "llm_review" }]), 0));
        assert_eq!(task["status"], "failed");
        let check = &task["result"]["assessment"]["checks"][0];
        assert!(check["message"].as_str().is_some_and(|text| text.contains("reviewer")), "{check}");
    }
}
