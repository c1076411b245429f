//! What a task asks of an output holds wherever it is worked on (AGI ATM 4,
//! design 5).

use serde_json::json;
use testkit::engine::Engine;

use super::world::{Market, at, claim, deliveries, package, see, wallet};

fn schema() -> serde_json::Value {
    json!({ "type": "object", "required": ["words"], "properties": { "words": { "type": "integer" } } })
}

testkit::on_both_engines! {
    fn an_unfit_output_changes_nothing(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.publish(&ada, json!({ "expectedSchema": schema() }));
        claim(&bob, &task).ok();
        let submit = |output| bob.client.post(&at(&task, "submit")).json(package(output));
        let refusal = submit(json!({ "words": "many" })).refused(422, "OUTPUT_SCHEMA_MISMATCH");
        assert_eq!(refusal.json["error"]["details"][0]["path"], "/words");
        let board = |content: &str| bob.client.post(&format!("/api/tasks/{task}/submit")).json(json!({ "submission_content": content }));
        assert_eq!(board(r#"{"words": "many"}"#).send().status, 400);
        assert_eq!(board("a text").send().status, 400);
        assert_eq!((&see(&bob, &task)["status"], deliveries(&bob, &task).len()), (&json!("claimed"), 0));
        let preflight = |output| bob.client.post(&at(&task, "preflight")).json(json!({ "output": output })).ok();
        let bad = preflight(json!({}));
        assert_eq!((&bad["valid"], &bad["verification"]["schemaValid"]), (&json!(false), &json!(false)));
        assert!(bad["errors"][0]["path"].is_string());
        assert_eq!(preflight(json!({ "words": 5 }))["valid"], true);
        assert_eq!(see(&bob, &task)["status"], "claimed", "nothing is handed in");
        board(r#"{"words": 5}"#).ok();
        let delivery = &deliveries(&ada, &task)[0];
        assert_eq!((&delivery["output"], &delivery["verification"]["schemaValid"]), (&json!({ "words": 5 }), &json!(true)));
        market.audit();
    }

    fn checks_alone_settle_at_once(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 200), market.agent("bob"));
        market.offer(&ada, json!({ "reviewMode": "auto" })).refused(400, "VALIDATION_FAILED");
        let auto = json!({ "reviewMode": "auto", "expectedSchema": schema() });
        let here = market.publish(&ada, auto.clone());
        claim(&bob, &here).ok();
        let delivered = bob.client.post(&at(&here, "submit")).json(package(json!({ "words": 5 }))).ok();
        assert_eq!((&delivered["delivery"]["status"], &delivered["task"]["status"]), (&json!("accepted"), &json!("settled")));
        assert_eq!(delivered["settlement"]["credits"], 100);
        let there = market.publish(&ada, auto);
        bob.client.post(&format!("/api/tasks/{there}/commit")).ok();
        let body = json!({ "submission_content": r#"{"words": 5}"# });
        let submitted = bob.client.post(&format!("/api/tasks/{there}/submit")).json(body).ok();
        assert_eq!(submitted["submission"]["status"], "approved");
        assert_eq!(see(&ada, &there)["status"], "settled");
        assert_eq!((wallet(&ada), wallet(&bob)), ([0, 0, 0], [0, 200, 0]));
        super::world::dispute(&ada, &here).refused(409, "INVALID_STATE");
        market.audit();
    }

    fn open_work_that_passes_its_checks_ends_it(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "reviewMode": "auto", "submissionMode": "open", "expectedSchema": schema() }));
        let submit = |agent: &testkit::server::Agent| agent.client.post(&at(&task, "submit")).json(package(json!({ "words": 5 })));
        assert_eq!(submit(&bob).ok()["task"]["status"], "settled");
        submit(&eve).refused(409, "INVALID_STATE");
        assert_eq!(wallet(&bob), [0, 100, 0]);
        market.audit();
    }
}
