//! The machine of funded work: each way through it, and what each state
//! refuses (AGI ATM 3.1).

use serde_json::json;
use testkit::engine::Engine;

use super::world::{
    HOUR, Market, accept, at, claim, deliveries, reject, see, submit, text, wallet,
};
use crate::program::eventually;

testkit::on_both_engines! {
    fn from_publishing_to_settlement(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 150), market.agent("bob"));
        let task = market.publish(&ada, json!({}));
        assert_eq!(wallet(&ada), [50, 0, 100]);
        let claimed = claim(&bob, &task).ok();
        assert_eq!(claimed["task"]["status"], "claimed");
        assert_eq!(claimed["claim"]["agentId"], bob.id);
        assert_eq!(claimed["claim"], claimed["task"]["claim"]);
        let delivered = submit(&bob, &task).send().expect_status(201).json;
        assert_eq!((&delivered["task"]["status"], &delivered["delivery"]["status"]), (&json!("submitted"), &json!("pending")));
        assert!(delivered.get("settlement").is_none(), "nothing is paid yet");
        let accepted = accept(&ada, &task).json(json!({ "note": "Good." })).ok();
        assert_eq!((&accepted["task"]["status"], &accepted["delivery"]["status"]), (&json!("settled"), &json!("accepted")));
        assert_eq!(accepted["delivery"]["reviewNote"], "Good.");
        let settlement = &accepted["settlement"];
        assert_eq!((&settlement["credits"], &settlement["payeeId"]), (&json!(100), &json!(bob.id)));
        assert_eq!((&settlement["taskId"], &settlement["deliveryId"]), (&json!(task), &delivered["delivery"]["id"]));
        assert_eq!((wallet(&ada), wallet(&bob)), ([50, 0, 0], [0, 100, 0]));
        market.audit();
        market.advance(25 * HOUR);
        assert_eq!(wallet(&bob), [100, 0, 0], "what was held is free, timer or not");
        market.audit();
    }

    fn a_task_has_one_holder_who_renews_or_gives_back(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 100), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "claimLeaseMinutes": 60 }));
        let first = claim(&bob, &task).ok();
        claim(&eve, &task).refused(409, "ALREADY_CLAIMED");
        market.advance(600);
        let again = claim(&bob, &task).ok();
        assert_ne!(first["claim"]["leaseExpiresAt"], again["claim"]["leaseExpiresAt"], "the lease is renewed");
        assert_eq!(first["claim"]["claimedAt"], again["claim"]["claimedAt"]);
        let release = |agent: &testkit::server::Agent| agent.client.post(&at(&task, "release"));
        release(&eve).refused(403, "FORBIDDEN");
        assert_eq!(release(&bob).ok()["task"]["status"], "open");
        submit(&bob, &task).refused(403, "FORBIDDEN");
        claim(&eve, &task).ok();
        submit(&eve, &task).ok();
        submit(&eve, &task).refused(409, "INVALID_STATE");
        release(&eve).refused(409, "INVALID_STATE");
        market.audit();
    }

    fn nobody_works_for_themselves(engine: Engine) {
        let market = Market::new(engine);
        let ada = market.funded("ada", 200);
        let task = market.publish(&ada, json!({}));
        claim(&ada, &task).refused(403, "SELF_DEALING");
        let open = market.publish(&ada, json!({ "submissionMode": "open" }));
        submit(&ada, &open).refused(403, "SELF_DEALING");
        let commit = format!("/api/tasks/{task}/commit");
        assert_eq!(ada.client.post(&commit).send().status, 403, "nor at the other door");
        assert_eq!(deliveries(&ada, &open).len(), 0);
    }

    fn ten_at_once_and_no_more(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 1_100), market.agent("bob"));
        for _ in 0..10 {
            claim(&bob, &market.publish(&ada, json!({}))).ok();
        }
        let more = market.publish(&ada, json!({}));
        let refusal = claim(&bob, &more).refused(409, "INVALID_STATE");
        assert_eq!(refusal.json["error"]["details"]["reason"], "claim_limit_reached");
    }

    fn a_third_rejection_reopens(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        for _ in 0..2 {
            let rejected = reject(&ada, &task).ok();
            assert_eq!(rejected["delivery"]["status"], "rejected");
            assert_eq!(rejected["delivery"]["reviewNote"], "Not what was asked.");
            assert_eq!(rejected["task"]["claim"]["agentId"], bob.id, "it stays with its worker");
            submit(&bob, &task).ok();
        }
        let rejected = reject(&ada, &task).ok();
        assert_eq!((&rejected["task"]["status"], &rejected["task"]["claim"]), (&json!("open"), &json!(null)));
        assert_eq!(wallet(&ada), [0, 0, 100], "the reward stays set aside");
        submit(&bob, &task).refused(403, "FORBIDDEN");
        market.audit();
    }

    fn a_publisher_cancels_what_nobody_relies_on(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 300), market.agent("bob"));
        let cancel = |agent: &testkit::server::Agent, task: &str| agent.client.post(&at(task, "cancel"));
        let free = market.publish(&ada, json!({}));
        cancel(&bob, &free).refused(403, "FORBIDDEN");
        let cancelled = cancel(&ada, &free).ok();
        assert_eq!((&cancelled["task"]["status"], &cancelled["task"]["escrow"]["state"]), (&json!("cancelled"), &json!("refunded")));
        assert_eq!((&cancelled["wallet"]["available"], &cancelled["wallet"]["frozen"]), (&json!(300), &json!(0)));
        cancel(&ada, &free).refused(409, "INVALID_STATE");
        claim(&bob, &free).refused(409, "ALREADY_CLAIMED");
        let held = market.publish(&ada, json!({}));
        claim(&bob, &held).ok();
        cancel(&ada, &held).refused(409, "INVALID_STATE");
        submit(&bob, &held).ok();
        cancel(&ada, &held).refused(409, "INVALID_STATE");
        accept(&ada, &held).ok();
        cancel(&ada, &held).refused(409, "INVALID_STATE");
        let abandoned = market.publish(&ada, json!({ "claimLeaseMinutes": 15 }));
        claim(&bob, &abandoned).ok();
        market.advance(HOUR);
        assert_eq!(cancel(&ada, &abandoned).ok()["task"]["claim"], json!(null));
        assert_eq!(wallet(&ada), [200, 0, 0]);
        market.audit();
    }

    fn a_deadline_ends_it_and_refunds(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let deadline = deadline_in(&market, HOUR);
        let task = market.publish(&ada, json!({ "deadline": deadline }));
        claim(&bob, &task).ok();
        market.advance(2 * HOUR);
        submit(&bob, &task).refused(410, "TASK_EXPIRED");
        eventually("the deadline is noticed", || see(&ada, &task)["status"] == "expired");
        assert_eq!(wallet(&ada), [100, 0, 0]);
        claim(&bob, &task).refused(410, "TASK_EXPIRED");
        assert_eq!(market.log(&task).last().map(String::as_str), Some("task.expired"));
        market.offer(&ada, json!({ "deadline": deadline })).refused(400, "VALIDATION_FAILED");
        market.audit();
    }

    fn a_package_must_be_complete(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.publish(&ada, json!({}));
        claim(&bob, &task).ok();
        let link = json!({ "name": "a.csv", "url": "https://a.example/a.csv", "sizeBytes": 5 });
        let unfit = [
            json!({ "summaryText": "x" }),
            json!({ "output": 1 }),
            json!({ "output": 1, "summaryText": " " }),
            json!({ "output": 1, "summaryText": "x".repeat(4_001) }),
            json!({ "output": 1, "summaryText": "x", "attachments": [{ "name": "a" }] }),
            json!({ "output": 1, "summaryText": "x", "attachments": [{ "url": "https://a.example" }] }),
            json!({ "output": 1, "summaryText": "x", "attachments": [{ "name": "a", "url": "file:///etc/passwd" }] }),
            json!({ "output": 1, "summaryText": "x", "attachments": [{ "name": "a", "storageRef": "r", "sha256": "no" }] }),
            json!({ "output": 1, "summaryText": "x", "attachments": vec![link.clone(); 51] }),
        ];
        for body in unfit {
            bob.client.post(&at(&task, "submit")).json(&body).refused(400, "VALIDATION_FAILED");
        }
        assert_eq!(see(&bob, &task)["status"], "claimed", "nothing changed");
        let body = json!({ "output": ["any", { "json": null }], "summaryText": "x", "attachments": [link] });
        let delivered = bob.client.post(&at(&task, "submit")).json(body).ok();
        let delivery = &delivered["delivery"];
        assert_eq!(delivery["output"], json!(["any", { "json": null }]));
        assert_eq!((&delivery["attachments"][0]["name"], &delivery["attachments"][0]["sizeBytes"]), (&json!("a.csv"), &json!(5)));
        assert_eq!(text(&delivery["agentName"]), "bob");
        assert_eq!(delivery["verification"]["errors"], json!([]));
        market.audit();
    }
}

fn deadline_in(market: &Market, seconds: i64) -> String {
    let at = market.now() + seconds;
    // Days since 1970 are not worth a library here: the server writes times.
    let lease = domain::Time(at * 1_000_000);
    super::timers::iso(lease)
}
