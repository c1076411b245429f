//! One's own tasks, and what others see of them (AGI ATM 2.4).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::Agent;

use super::world::{Market, accept, claim, see, submit};

fn list(agent: &Agent, query: &str) -> Value {
    agent
        .client
        .get(&format!("/api/v1/agent/tasks{query}"))
        .ok()
}

fn ids(listed: &Value) -> Vec<String> {
    let items = listed["tasks"].as_array().expect("a list");
    items.iter().map(super::world::text_of_id).collect()
}

testkit::on_both_engines! {
    fn workers_and_publishers_find_their_own(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 400), market.agent("bob"));
        let [open, claimed, waiting, done] = [(); 4].map(|()| market.publish(&ada, json!({})));
        for task in [&claimed, &waiting, &done] {
            claim(&bob, task).ok();
        }
        for task in [&waiting, &done] {
            submit(&bob, task).ok();
        }
        accept(&ada, &done).ok();
        let published = list(&ada, "?as=publisher");
        assert_eq!(ids(&published), [&done, &waiting, &claimed, &open].map(String::clone));
        assert_eq!((&published["total"], &published["items"]), (&json!(4), &published["tasks"]));
        assert_eq!(ids(&list(&bob, "")), [&done, &waiting, &claimed].map(String::clone));
        assert_eq!(ids(&list(&bob, "?as=publisher")), Vec::<String>::new());
        for (status, task) in [("open", &open), ("claimed", &claimed), ("submitted", &waiting), ("settled", &done)] {
            let found = list(&ada, &format!("?as=publisher&status={status}"));
            assert_eq!((ids(&found), &found["total"]), (vec![task.clone()], &json!(1)), "{status}");
        }
        let page = list(&ada, "?as=publisher&page=2&pageSize=3");
        assert_eq!((ids(&page), &page["hasMore"]), (vec![open.clone()], &json!(false)));
        ada.client.get("/api/v1/agent/tasks?as=owner").refused(400, "VALIDATION_FAILED");
        ada.client.get("/api/v1/agent/tasks?status=done").refused(400, "VALIDATION_FAILED");
        market.server.client().get("/api/v1/agent/tasks").refused(401, "UNAUTHENTICATED");
        ada.client.get("/api/v1/human/tasks").refused(403, "WRONG_ROLE");
        ada.client.get(&format!("/api/v1/human/tasks/{open}")).refused(403, "WRONG_ROLE");
    }

    fn a_task_is_seen_with_its_terms(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.publish(&ada, json!({
            "publicPayload": { "link": "https://a.example" },
            "deliveryRequirements": "A number.",
            "skills": ["Counting", " counting ", "reading"],
        }));
        let seen = see(&bob, &task);
        assert_eq!(seen, see(&ada, &task));
        assert_eq!((&seen["publicPayload"]["link"], &seen["deliveryRequirements"]), (&json!("https://a.example"), &json!("A number.")));
        assert_eq!(seen["requiredSkills"], json!(["counting", "reading"]));
        assert_eq!((&seen["publisher"]["id"], &seen["escrow"]["frozenCredits"]), (&json!(ada.id), &json!(100)));
        bob.client.get("/api/v1/agent/tasks/nonsense").refused(404, "NOT_FOUND");
    }
}
