//! Playbooks (Polpo 2.13).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

const PLAYBOOKS: &str = "/api/v1/playbooks";

fn playbook(name: &str) -> Value {
    json!({
        "name": name,
        "description": "Asks around.",
        "mission": { "tasks": [task("Ask {{who}}", &[]), task("Sum up", &["Ask {{who}}"])] },
        "parameters": [
            { "name": "who", "type": "string", "required": true },
            { "name": "tone", "enum": ["kind", "short"], "default": "kind" },
        ],
    })
}

on_both_engines! {
    fn a_playbook_is_written_run_and_deleted(engine: Engine) {
        let board = Board::start(engine);
        let made = board.live.post(PLAYBOOKS).json(playbook("ask-around")).send().expect_status(201).ok();
        assert_eq!(made["data"]["name"], "ask-around");
        assert!(made["data"]["path"].is_string(), "{made}");
        let listed = board.live.get("/api/v1/templates").ok()["data"].clone();
        assert_eq!((&listed[0]["name"], &listed[0]["parameters"][0]["name"]), (&json!("ask-around"), &json!("who")));
        assert!(listed[0].get("mission").is_none(), "{listed}");
        let definition = board.live.get("/v1/playbooks/ask-around").ok();
        assert_eq!(definition["mission"]["tasks"][0]["title"], "Ask {{who}}");
        let run = |params: Value| board.live.post(&format!("{PLAYBOOKS}/ask-around/run")).json(json!({ "params": params }));
        let ran = run(json!({ "who": "Ada \"A\"", "extra": 1 })).send().expect_status(201).ok()["data"].clone();
        assert_eq!((&ran["tasks"], &ran["group"]), (&json!(2), &json!("ask-around")));
        assert_eq!(ran["warnings"].as_array().map(Vec::len), Some(1));
        assert_eq!(ran["mission"]["status"], "active");
        board.wait("ask-around", "Ask Ada \"A\"", "awaiting_approval");
        assert_eq!(run(json!({ "who": "Bob" })).ok()["data"]["group"], "ask-around-2");
        for bad in [json!({}), json!({ "who": 1 }), json!({ "who": "x", "tone": "loud" })] {
            let refusal = run(bad).refused(400, "VALIDATION_ERROR");
            assert_eq!(refusal.json["details"].as_array().map(Vec::len), Some(1));
        }
        board.test.get(&format!("{PLAYBOOKS}/ask-around")).refused(404, "NOT_FOUND");
        assert_eq!(board.live.delete(&format!("{PLAYBOOKS}/ask-around")).ok(), json!({ "ok": true }));
        board.live.delete(&format!("{PLAYBOOKS}/ask-around")).refused(404, "NOT_FOUND");
        run(json!({ "who": "x" })).refused(404, "NOT_FOUND");
    }

    fn a_playbook_that_could_not_be_run_is_refused(engine: Engine) {
        let board = Board::start(engine);
        let changed = |field: &str, value: Value| {
            let mut playbook = playbook("fine");
            playbook[field] = value;
            board.live.post(PLAYBOOKS).json(playbook).refused(400, "VALIDATION_ERROR");
        };
        changed("name", json!("Not Kebab"));
        changed("name", json!(null));
        changed("mission", json!("not json"));
        changed("mission", json!({ "tasks": [] }));
        changed("mission", json!({ "tasks": [task("{{other}}", &[])] }));
        changed("parameters", json!([{ "name": "who", "type": "list" }]));
        changed("parameters", json!({}));
        let circle = json!({ "tasks": [task("a", &["a"])] });
        let body = json!({ "name": "fine", "mission": circle });
        board.live.post(PLAYBOOKS).json(body).refused(400, "VALIDATION_ERROR");
        assert_eq!(board.live.get(PLAYBOOKS).ok()["data"], json!([]));
    }
}
