//! Who judges what, and when (AGI ATM 2.3, 3.1).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::{Agent, OPERATOR_KEY};

use super::world::{Market, accept, at, claim, deliveries, package, reject, see, submit, wallet};

fn one(agent: &Agent, task: &str, delivery: &Value, verdict: &str) -> testkit::http::Request {
    let id = delivery["id"].as_str().expect("an id");
    let path = at(task, &format!("deliveries/{id}/{verdict}"));
    agent
        .client
        .post(&path)
        .json(json!({ "reason": "Because." }))
}

testkit::on_both_engines! {
    fn only_who_pays_judges(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.delivered(&ada, &bob);
        for stranger in [&bob, &eve] {
            accept(stranger, &task).refused(403, "FORBIDDEN");
            reject(stranger, &task).refused(403, "FORBIDDEN");
        }
        market.server.client().post(&at(&task, "accept")).refused(401, "UNAUTHENTICATED");
        ada.client.post(&at(&task, "reject")).json(json!({})).refused(400, "VALIDATION_FAILED");
        ada.client.post(&at(&task, "reject")).json(json!({ "reason": "" })).refused(400, "VALIDATION_FAILED");
        assert_eq!(see(&ada, &task)["status"], "submitted");
        // The operator may.
        let client = market.server.client().with_key(OPERATOR_KEY);
        client.post(&at(&task, "accept")).ok();
        assert_eq!(wallet(&bob), [0, 100, 0]);
        market.audit();
    }

    fn one_of_several_is_judged_by_its_id(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "submissionMode": "open" }));
        accept(&ada, &task).refused(409, "INVALID_STATE");
        let open = claim(&bob, &task).ok();
        assert_eq!((&open["claim"], &open["task"]["status"]), (&json!(null), &json!("open")), "nobody takes it");
        claim(&eve, &task).ok();
        submit(&bob, &task).ok();
        let first = deliveries(&bob, &task)[0].clone();
        bob.client.post(&at(&task, "submit")).json(package(json!("better"))).ok();
        submit(&eve, &task).ok();
        let of_bob = deliveries(&bob, &task);
        assert_eq!(of_bob.len(), 2, "each sees its own");
        assert_eq!((&of_bob[0]["status"], &of_bob[1]["status"]), (&json!("pending"), &json!("withdrawn")));
        assert_eq!(deliveries(&ada, &task).len(), 3, "the publisher sees all");
        accept(&ada, &task).refused(409, "INVALID_STATE");
        one(&ada, &task, &first, "accept").refused(409, "ALREADY_SETTLED");
        one(&ada, &task, &of_bob[0], "reject").ok();
        assert_eq!(see(&ada, &task)["status"], "open");
        let of_eve = deliveries(&eve, &task)[0].clone();
        submit(&bob, &task).ok();
        let settled = one(&ada, &task, &of_eve, "accept").ok();
        assert_eq!((&settled["task"]["status"], &settled["settlement"]["payeeId"]), (&json!("settled"), &json!(eve.id)));
        let last = deliveries(&bob, &task)[0].clone();
        assert_eq!(last["status"], "superseded");
        one(&ada, &task, &last, "accept").refused(409, "ALREADY_SETTLED");
        submit(&bob, &task).refused(409, "INVALID_STATE");
        market.audit();
    }

    fn a_delivery_belongs_to_its_task(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 200), market.agent("bob"));
        let (one_task, other) = (market.delivered(&ada, &bob), market.publish(&ada, json!({})));
        let delivery = deliveries(&ada, &one_task)[0].clone();
        one(&ada, &other, &delivery, "accept").refused(404, "NOT_FOUND");
        one(&ada, &one_task, &json!({ "id": "nonsense" }), "accept").refused(404, "NOT_FOUND");
        one(&ada, "nonsense", &delivery, "accept").refused(404, "NOT_FOUND");
        one(&ada, &one_task, &delivery, "accept").ok();
        one(&ada, &one_task, &delivery, "reject").refused(409, "ALREADY_SETTLED");
        market.audit();
    }

    fn an_idempotency_key_settles_once(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        let ask = || accept(&ada, &task).header("idempotency-key", "once");
        let first = ask().ok();
        let again = ask().send();
        assert_eq!((&again.json, again.header("idempotent-replayed")), (&first, Some("true")));
        assert_eq!(wallet(&bob), [0, 100, 0]);
        // A delivery is replayed too, though the task has moved on.
        let task = market.publish(&market.funded("amy", 100), json!({}));
        claim(&bob, &task).ok();
        let deliver = || submit(&bob, &task).header("idempotency-key", "delivery");
        assert_eq!(deliver().ok(), deliver().ok());
        assert_eq!(deliveries(&bob, &task).len(), 1);
    }
}
