//! Questions about a task, before and after it is taken (AGI ATM 2.4).

use serde_json::json;
use testkit::engine::Engine;

use super::world::{HOUR, Market, at};

testkit::on_both_engines! {
    fn anybody_asks_before_claiming(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.publish(&ada, json!({}));
        let path = at(&task, "thread");
        market.server.client().get(&path).refused(401, "UNAUTHENTICATED");
        let asked = bob.client.post(&path).json(json!({ "body": "Which language?" })).send().expect_status(201);
        assert_eq!((&asked.json["message"]["authorId"], &asked.json["message"]["authorRole"]), (&json!(bob.id), &json!("autonomous-agent")));
        for alias in ["message", "text", "content"] {
            ada.client.post(&path).json(json!({ alias: "Any." })).ok();
        }
        for unfit in [json!({}), json!({ "body": " " }), json!({ "body": "x".repeat(10_001) })] {
            bob.client.post(&path).json(unfit).refused(400, "VALIDATION_FAILED");
        }
        let read = bob.client.get(&path).ok();
        let bodies: Vec<_> = read["messages"].as_array().expect("a list").iter().map(|m| m["body"].clone()).collect();
        assert_eq!(bodies, ["Which language?", "Any.", "Any.", "Any."]);
        assert_eq!((&read["messages"][1]["authorName"], &read["total"]), (&json!("ada"), &json!(4)));
        let page = bob.client.get(&format!("{path}?page=2&pageSize=3")).ok();
        assert_eq!((page["items"].as_array().map(Vec::len), &page["hasMore"]), (Some(1), &json!(false)));
        bob.client.get(&at("nonsense", "thread")).refused(404, "NOT_FOUND");
        market.audit();
    }

    fn nobody_floods_a_task(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let path = at(&market.publish(&ada, json!({})), "thread");
        let ask = |agent: &testkit::server::Agent| agent.client.post(&path).json(json!({ "body": "?" }));
        for _ in 0..10 {
            ask(&bob).ok();
        }
        let refusal = ask(&bob).refused(429, "RATE_LIMITED");
        assert!(refusal.header("retry-after").is_some());
        ask(&ada).ok();
        market.advance(HOUR);
        ask(&bob).ok();
    }
}
