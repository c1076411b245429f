//! Edits of one entry in the document of a mission (Polpo 2.9).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::board::{Board, task};

/// The document of an answered mission.
fn document(answer: &Value) -> Value {
    let data = answer["data"]["data"].as_str().expect("a document");
    serde_json::from_str(data).expect("JSON")
}

on_both_engines! {
    fn tasks_are_added_changed_reordered_and_removed(engine: Engine) {
        let board = Board::start(engine);
        let id = board.mission("Edit", &json!({ "tasks": [task("a", &[])], "custom": { "kept": true } }));
        let at = |what: &str| format!("/api/v1/missions/{id}/{what}");
        let added = board.live.post(&at("tasks")).json(task("x / y z", &["a"])).send().expect_status(201).ok();
        assert_eq!(document(&added)["tasks"].as_array().map(Vec::len), Some(2));
        assert_eq!(document(&added)["custom"], json!({ "kept": true }));
        board.live.post(&at("tasks")).json(task("a", &[])).refused(409, "CONFLICT");
        board.live.post(&at("tasks")).json(task("b", &["nothing"])).refused(400, "VALIDATION_ERROR");
        board.live.post(&at("tasks")).json(json!({ "title": "b" })).refused(400, "VALIDATION_ERROR");
        let renamed = board.live.patch(&at("tasks/a")).json(json!({ "title": "first", "assignTo": null })).ok();
        let tasks = document(&renamed)["tasks"].clone();
        assert_eq!((&tasks[0]["title"], &tasks[1]["dependsOn"]), (&json!("first"), &json!(["first"])));
        assert!(tasks[0].get("assignTo").is_none(), "{tasks}");
        board.live.patch(&at("tasks/a")).json(json!({})).refused(404, "NOT_FOUND");
        let order = json!({ "titles": ["x / y z", "first"] });
        let ordered = board.live.put(&at("tasks/reorder")).json(order).ok();
        assert_eq!(document(&ordered)["tasks"][0]["title"], "x / y z");
        for bad in [json!(["first"]), json!(["first", "first"]), json!(["first", "x / y z", "q"]), json!("first")] {
            board.live.put(&at("tasks/reorder")).json(json!({ "titles": bad })).refused(400, "VALIDATION_ERROR");
        }
        let removed = board.live.delete(&at("tasks/x%20%2F%20y%20z")).ok();
        assert_eq!(document(&removed)["tasks"].as_array().map(Vec::len), Some(1));
        board.live.delete(&at("tasks/first")).refused(400, "VALIDATION_ERROR");
        board.live.delete(&at("tasks/none")).refused(404, "NOT_FOUND");
        board.test.delete(&at("tasks/first")).refused(404, "NOT_FOUND");
        assert_eq!(board.last("mission:saved")["name"], "Edit");
    }

    fn an_emptied_list_disappears(engine: Engine) {
        let board = Board::start(engine);
        let id = board.mission("Lists", &json!({ "tasks": [task("a", &[]), task("b", &["a"])] }));
        let at = |what: &str| format!("/api/v1/missions/{id}/{what}");
        let between = |more: Value| {
            let mut entry = json!({ "name": "n", "afterTasks": ["a"], "blocksTasks": ["b"] });
            entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            entry
        };
        for (path, key, entry, change) in [
            ("checkpoints", "checkpoints", between(json!({ "message": "m" })), json!({ "message": "new" })),
            ("delays", "delays", between(json!({ "duration": "PT5M" })), json!({ "duration": "PT6M" })),
            ("quality-gates", "qualityGates", between(json!({ "minScore": 2 })), json!({ "minScore": 5 })),
            ("team", "team", json!({ "name": "n", "role": "r" }), json!({ "role": "new" })),
        ] {
            board.live.post(&at(path)).json(&entry).send().expect_status(201);
            board.live.post(&at(path)).json(&entry).refused(409, "CONFLICT");
            let one = format!("{path}/n");
            let changed = board.live.patch(&at(&one)).json(&change).ok();
            let (name, value) = change.as_object().expect("an object").iter().next().expect("a field");
            assert_eq!(&document(&changed)[key][0][name], value, "{path}");
            board.live.patch(&at(&one)).json(json!({ "name": 7 })).refused(400, "VALIDATION_ERROR");
            let removed = board.live.delete(&at(&one)).ok();
            assert!(document(&removed).get(key).is_none(), "{path}");
            board.live.delete(&at(&one)).refused(404, "NOT_FOUND");
        }
        let wrong = json!({ "name": "n", "afterTasks": ["b"], "blocksTasks": ["a"] });
        board.live.post(&at("checkpoints")).json(wrong).refused(400, "VALIDATION_ERROR");
    }

    fn what_names_a_removed_task_names_it_no_more(engine: Engine) {
        let board = Board::start(engine);
        let id = board.mission("Follow", &json!({
            "tasks": [task("a", &[]), task("b", &["a"])],
            "checkpoints": [{ "name": "c", "afterTasks": ["a"], "blocksTasks": ["b"] }],
        }));
        let removed = board.live.delete(&format!("/api/v1/missions/{id}/tasks/a")).ok();
        let document = document(&removed);
        assert_eq!(document["tasks"][0]["dependsOn"], json!([]));
        assert!(document.get("checkpoints").is_none(), "{document}");
    }

    fn notifications_are_set_and_taken_away(engine: Engine) {
        let board = Board::start(engine);
        let id = board.mission("Tell", &json!({ "tasks": [task("a", &[])] }));
        let at = format!("/api/v1/missions/{id}/notifications");
        let rules = json!({ "notifications": { "rules": [] } });
        assert_eq!(board.live.put(&at).json(rules).ok()["data"]["notifications"], json!({ "rules": [] }));
        let none = board.live.put(&at).json(json!({ "notifications": null })).ok();
        assert!(none["data"].get("notifications").is_none(), "{none}");
        board.live.put(&at).json(json!({})).refused(400, "VALIDATION_ERROR");
        board.live.put(&at).json(json!({ "notifications": [] })).refused(400, "VALIDATION_ERROR");
    }
}
