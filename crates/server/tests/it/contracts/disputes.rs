//! Disputes, to the credit (AGI ATM 4).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::Agent;

use super::world::{
    HOUR, Market, accept, at, claim, deliveries, dispute, reject, see, submit, text, wallet,
};
use crate::program::eventually;

fn resolve(market: &Market, id: &Value, share: Value) -> testkit::http::Request {
    let path = format!("disputes/{}/resolve", text(id));
    market.admin("POST", &path).json(share)
}

fn resolved(market: &Market, id: &Value, share: Value) -> Value {
    resolve(market, id, share).ok()
}

/// Work of bob's that passed because its publisher said nothing.
fn passed_by_silence(market: &Market, ada: &Agent, bob: &Agent) -> String {
    let task = market.delivered(ada, bob);
    market.advance(73 * HOUR);
    eventually("silence accepts", || see(ada, &task)["status"] == "settled");
    task
}

testkit::on_both_engines! {
    fn a_worker_disputes_a_rejection_and_is_paid_a_part(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 101), market.agent("bob"), market.agent("eve"));
        let task = market.publish(&ada, json!({ "budgetCredits": 101 }));
        claim(&bob, &task).ok();
        dispute(&bob, &task).refused(409, "INVALID_STATE");
        submit(&bob, &task).ok();
        dispute(&bob, &task).refused(409, "INVALID_STATE");
        reject(&ada, &task).ok();
        dispute(&eve, &task).refused(409, "INVALID_STATE");
        let opened = dispute(&bob, &task).send().expect_status(201).json;
        assert_eq!(opened["task"]["status"], "disputed");
        let id = &opened["dispute"]["id"];
        dispute(&bob, &task).refused(409, "INVALID_STATE");
        dispute(&ada, &task).refused(409, "INVALID_STATE");
        submit(&bob, &task).refused(409, "INVALID_STATE");
        ada.client.post(&at(&task, "cancel")).refused(409, "INVALID_STATE");
        let delete = format!("/api/tasks/{task}");
        assert_eq!(market.server.operator().delete(&delete).send().status, 409);
        assert_eq!(wallet(&ada), [0, 0, 101], "the credits stay frozen");
        let listed = market.admin("GET", "disputes").ok();
        assert_eq!((&listed["total"], &listed["disputes"][0]["id"]), (&json!(1), id));
        market.audit();
        for unfit in [json!({}), json!({ "payWorker": 102 }), json!({ "payWorker": -1 }), json!({ "payWorkerPercent": 101 })] {
            resolve(&market, id, unfit).refused(400, "VALIDATION_FAILED");
        }
        let done = resolved(&market, id, json!({ "payWorkerPercent": 50, "note": "Half of it was right." }));
        assert_eq!((&done["task"]["status"], &done["dispute"]["workerCredits"]), (&json!("settled"), &json!(50)));
        assert_eq!((&done["settlement"]["credits"], &done["settlement"]["payeeId"]), (&json!(50), &json!(bob.id)));
        assert_eq!((wallet(&ada), wallet(&bob)), ([51, 0, 0], [0, 50, 0]));
        assert_eq!(deliveries(&bob, &task)[0]["status"], "accepted");
        resolve(&market, id, json!({ "payWorker": 0 })).refused(409, "INVALID_STATE");
        assert_eq!(market.admin("GET", "disputes").ok()["total"], 0);
        market.audit();
        market.advance(25 * HOUR);
        assert_eq!(wallet(&bob), [50, 0, 0]);
        market.audit();
    }

    fn a_worker_who_is_wrong_gets_nothing(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        // The third time it is taken away, and disputed all the same.
        for _ in 0..2 {
            reject(&ada, &task).ok();
            submit(&bob, &task).ok();
        }
        reject(&ada, &task).ok();
        let opened = dispute(&bob, &task).ok();
        let done = resolved(&market, &opened["dispute"]["id"], json!({ "payWorker": 0 }));
        assert_eq!((&done["task"]["status"], &done["settlement"]), (&json!("cancelled"), &json!(null)));
        assert_eq!((wallet(&ada), wallet(&bob)), ([100, 0, 0], [0, 0, 0]));
        market.audit();
    }

    fn the_window_of_a_rejection_closes(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 200), market.agent("bob"), market.agent("eve"));
        let task = market.delivered(&ada, &bob);
        reject(&ada, &task).ok();
        market.advance(72 * HOUR + 60);
        dispute(&bob, &task).refused(409, "INVALID_STATE");
        // What somebody else works on by now is not taken away.
        let task = market.delivered(&ada, &bob);
        for _ in 0..2 {
            reject(&ada, &task).ok();
            submit(&bob, &task).ok();
        }
        reject(&ada, &task).ok();
        claim(&eve, &task).ok();
        dispute(&bob, &task).refused(409, "INVALID_STATE");
        market.audit();
    }

    fn a_publisher_disputes_what_passed_by_silence(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 300), market.agent("bob"));
        for (share, paid) in [(json!({ "payWorker": 30 }), 30), (json!({ "payWorker": 0 }), 0), (json!({ "payWorkerPercent": 100 }), 100)] {
            let before = (wallet(&ada), wallet(&bob));
            let task = passed_by_silence(&market, &ada, &bob);
            dispute(&bob, &task).refused(409, "INVALID_STATE");
            let opened = dispute(&ada, &task).ok();
            assert_eq!(opened["task"]["status"], "disputed");
            assert_eq!(wallet(&ada)[2], 100, "the money is back in escrow");
            market.audit();
            resolved(&market, &opened["dispute"]["id"], share);
            let spent = wallet(&ada);
            assert_eq!(spent, [before.0[0] - paid, 0, 0]);
            market.audit();
            market.advance(25 * HOUR);
            assert_eq!(wallet(&bob)[0], before.1[0] + before.1[1] + paid);
            market.audit();
        }
    }

    fn what_was_accepted_or_released_stays(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 200), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        accept(&ada, &task).ok();
        dispute(&ada, &task).refused(409, "INVALID_STATE");
        let task = passed_by_silence(&market, &ada, &bob);
        market.advance(25 * HOUR);
        dispute(&ada, &task).refused(409, "INVALID_STATE");
        assert_eq!(wallet(&bob), [200, 0, 0]);
        market.audit();
    }

    fn others_wait_while_open_work_is_disputed(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob, eve) = (market.funded("ada", 200), market.agent("bob"), market.agent("eve"));
        for (share, status) in [(json!({ "payWorker": 100 }), "superseded"), (json!({ "payWorker": 0 }), "withdrawn")] {
            let task = market.publish(&ada, json!({ "submissionMode": "open" }));
            submit(&bob, &task).ok();
            reject(&ada, &task).ok();
            submit(&eve, &task).ok();
            let opened = dispute(&bob, &task).ok();
            accept(&ada, &task).refused(409, "ALREADY_SETTLED");
            market.audit();
            resolved(&market, &opened["dispute"]["id"], share);
            assert_eq!(deliveries(&eve, &task)[0]["status"], status);
            market.audit();
        }
        assert_eq!((wallet(&ada), wallet(&bob)), ([100, 0, 0], [0, 100, 0]));
    }

    fn only_the_operator_decides(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.delivered(&ada, &bob);
        reject(&ada, &task).ok();
        let id = text(&dispute(&bob, &task).ok()["dispute"]["id"]);
        let path = format!("/api/v1/admin/disputes/{id}/resolve");
        for who in [&ada, &bob] {
            let share = json!({ "payWorker": 100 });
            who.client.post(&path).json(share).refused(403, "FORBIDDEN");
            who.client.get("/api/v1/admin/disputes").refused(403, "FORBIDDEN");
        }
        market.admin("POST", "disputes/nonsense/resolve").json(json!({ "payWorker": 1 })).refused(404, "NOT_FOUND");
        assert_eq!(see(&ada, &task)["status"], "disputed");
    }
}
