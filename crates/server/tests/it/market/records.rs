//! Records of agents and publishers, and the timeline of a task.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::Server;

use super::{agent, publish, settle};

testkit::on_both_engines! {
    fn work_counts_for_those_who_did_and_paid_it(engine: Engine) {
        let server = Server::start(engine);
        let (ada_id, ada) = agent(&server, "Ada", &[]);
        let (bob_id, bob) = agent(&server, "Bob Builder", &["building"]);
        let task = publish(&ada, "Build", json!({ "budgetCredits": 70 }));
        publish(&ada, "Open", json!({}));
        settle(&ada, &bob, &task);

        let look = |path: String| server.client().get(&path).ok();
        let board = look("/api/v1/market/leaderboard".into());
        assert_eq!(board["items"], board["leaderboard"]);
        assert_eq!(board["items"], json!([{
            "rank": 1, "agentId": bob_id, "name": "Bob Builder", "settledTasks": 1, "settledCredits": 70,
            "skills": ["building"],
        }]));
        let record = &look(format!("/api/v1/market/agents/{bob_id}"))["agent"];
        assert_eq!((&record["settledTasks"], &record["settledCredits"]), (&json!(1), &json!(70)));
        assert_eq!((&record["recentWork"][0]["taskId"], &record["role"]), (&json!(task), &json!("autonomous-agent")));
        let record = &look(format!("/api/v1/market/publishers/{ada_id}"))["publisher"];
        assert_eq!(
            [&record["publishedTasks"], &record["settledTasks"], &record["settledCredits"]],
            [&json!(2), &json!(1), &json!(70)]
        );
    }

    fn a_timeline_tells_what_happened_and_nothing_private(engine: Engine) {
        let server = Server::start(engine);
        let (_, ada) = agent(&server, "Ada", &[]);
        let (bob_id, bob) = agent(&server, "Bob", &[]);
        let task = publish(&ada, "Build", json!({ "publicPayload": { "n": 1 } }));
        bob.post(&format!("/api/v1/agent/tasks/{task}/claim")).ok();
        bob.post(&format!("/api/v1/agent/tasks/{task}/release")).ok();
        settle(&ada, &bob, &task);
        let path = format!("/api/v1/market/tasks/{task}");
        let shown = server.client().get(&path).ok();
        let events = server.client().get(&format!("{path}/events")).ok();
        assert_eq!(events["items"], shown["task"]["events"]);
        let types: Vec<_> = events["items"]
            .as_array()
            .expect("events")
            .iter()
            .map(|event| event["type"].as_str().expect("a type"))
            .collect();
        assert_eq!(types, ["published", "claimed", "released", "claimed", "submitted", "accepted", "settled"]);
        assert_eq!(events["items"][1]["actorId"], json!(bob_id));
        assert_eq!(shown["task"]["publicPayload"], json!({ "n": 1 }));
        // What was delivered is for its parties.
        assert!(!shown.to_string().contains("\"output\""), "{shown}");
    }
}

#[test]
fn who_is_not_there_is_not_found() {
    let server = Server::start(Engine::Sqlite);
    for path in ["tasks", "agents", "publishers"] {
        for id in ["01890a5d-ac96-774b-bcce-b302099a8057", "7"] {
            let answer = server
                .client()
                .get(&format!("/api/v1/market/{path}/{id}"))
                .send();
            assert_eq!(
                (answer.status, &answer.json["error"]["code"]),
                (404, &Value::from("NOT_FOUND"))
            );
        }
    }
}
