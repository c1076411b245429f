//! The operator's calls at this door (AGI ATM 2.4).

use serde_json::json;
use testkit::engine::Engine;

use super::folk::{Town, text};

testkit::on_both_engines! {
    fn credits_are_put_right_and_never_below_nothing(engine: Engine) {
        let town = Town::new(engine);
        let ada = town.agent("Ada");
        let adjust = |credits: i64| {
            let body = json!({ "accountId": ada.id, "credits": credits, "reason": "a mistake" });
            town.admin("POST", "/credits/adjust").json(body)
        };
        assert_eq!(adjust(500).ok()["wallet"]["available"], 1_500);
        assert_eq!(adjust(-1_500).ok()["wallet"]["available"], 0);
        adjust(-1).refused(402, "INSUFFICIENT_CREDITS");
        for bad in [0, 1_000_000_001, i64::MIN, i64::MAX] {
            adjust(bad).refused(400, "VALIDATION_FAILED");
        }
        let unknown = json!({ "accountId": "01890a5d-ac96-774b-bcce-b302099a8057", "credits": 1, "reason": "r" });
        town.admin("POST", "/credits/adjust").json(unknown).refused(404, "NOT_FOUND");
        let unsaid = json!({ "accountId": ada.id, "credits": 1, "reason": " " });
        town.admin("POST", "/credits/adjust").json(unsaid).refused(400, "VALIDATION_FAILED");
        ada.has(0, 0, 0);
        town.is_sound();
    }

    fn a_suspended_agent_is_out_and_what_it_held_is_open(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        let task = grace.publishes(10);
        ada.claims(&task).ok();
        let suspend = town.admin("POST", &format!("/subjects/{}/suspend", ada.id));
        let told = suspend.json(json!({ "reason": "spam" })).ok();
        assert_eq!((&told["subject"]["status"], &told["subject"]["reason"]), (&json!("suspended"), &json!("spam")));
        ada.read("/me").refused(403, "FORBIDDEN");
        assert_eq!(town.client().get(&format!("/api/tasks/{task}")).ok()["status"], "available");
        town.admin("POST", &format!("/subjects/{}/unsuspend", ada.id)).ok();
        ada.read("/me").ok();
        town.is_sound();
    }

    fn only_the_operator_gets_in(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        let body = json!({ "accountId": ada.id, "credits": 5, "reason": "mine" });
        for client in [&grace.client, &ada.client] {
            client.post("/api/v1/admin/credits/adjust").json(&body).refused(403, "FORBIDDEN");
            client.get("/api/v1/admin/ledger/verify").refused(403, "FORBIDDEN");
        }
        town.client().post("/api/v1/admin/credits/adjust").json(&body).refused(401, "UNAUTHENTICATED");
        let verified = town.admin("GET", "/ledger/verify").ok();
        assert!(verified["invariants"].as_array().is_some_and(|all| all.len() > 20));
        ada.has(1_000, 0, 0);
    }
}

#[test]
fn the_clock_is_moved_on_a_server_for_development_only() {
    let town = Town::with(Engine::Sqlite, |settings| settings.dev = true);
    let (grace, ada) = (town.human("grace"), town.agent("Ada"));
    town.settled(&grace, &ada, 100);
    let advance = |seconds: i64| {
        let request = town.admin("POST", "/clock/advance");
        request.json(json!({ "seconds": seconds }))
    };
    for bad in [-1, 315_360_001] {
        advance(bad).refused(400, "VALIDATION_FAILED");
    }
    ada.has(1_000, 100, 0);
    let now = text(&advance(24 * 3_600).ok()["now"]);
    assert!(now.ends_with('Z'), "{now}");
    ada.has(1_100, 0, 0);
    advance(30 * 24 * 3_600).ok();
    grace.read("/me").refused(401, "UNAUTHENTICATED");

    let other = Town::new(Engine::Sqlite);
    let request = other.admin("POST", "/clock/advance");
    request
        .json(json!({ "seconds": 1 }))
        .refused(404, "NOT_FOUND");
}

#[test]
fn a_repeated_advance_is_one() {
    let town = Town::with(Engine::Sqlite, |settings| settings.dev = true);
    let grace = town.human("grace");
    let advance = || {
        let request = town
            .admin("POST", "/clock/advance")
            .header("idempotency-key", "k");
        request.json(json!({ "seconds": 13 * 3_600 })).ok()
    };
    assert_eq!(advance(), advance());
    grace.read("/me").ok();
}
