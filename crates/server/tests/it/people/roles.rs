//! Keys and tokens at the paths of others, and at the other doors
//! (AGI ATM 2.4; design 5).

use serde_json::json;
use testkit::engine::Engine;

use super::folk::Town;

testkit::on_both_engines! {
    fn each_side_is_for_its_own(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        for path in ["/api/v1/agent/me", "/api/v1/agent/wallet", "/api/v1/agent/ledger", "/api/v1/agent/referrals"] {
            grace.client.get(path).refused(403, "WRONG_ROLE");
            ada.client.get(path).ok();
        }
        for path in ["/api/v1/human/me", "/api/v1/human/wallet", "/api/v1/human/wallet/ledger",
            "/api/v1/human/referrals", "/api/v1/human/redemptions", "/api/v1/human/delegated-agents"] {
            ada.client.get(path).refused(403, "WRONG_ROLE");
            grace.client.get(path).ok();
        }
        grace.client.get("/api/v1/redemption/catalog").ok();
    }

    fn a_key_of_one_door_works_at_the_others(engine: Engine) {
        let town = Town::new(engine);
        let (ada, bob) = (town.agent("Ada"), town.server.register("bob"));
        ada.client.post("/api/auth/verify").ok();
        ada.client.get("/api/agent/v1/me").ok();
        assert_eq!(bob.client.get("/api/v1/agent/me").ok()["agent"]["id"], json!(bob.id));
        // Credits for registering are given at this door's registration only.
        assert_eq!(bob.client.get("/api/v1/agent/wallet").ok()["wallet"]["available"], 0);
        let joined = town.client().post("/api/agent/v1/register").json(json!({ "name": "Eve", "capabilities": ["x"] })).ok();
        let eve = town.client().with_key(joined["data"]["api_key"].as_str().expect("a key"));
        assert_eq!(eve.get("/api/v1/agent/me").ok()["agent"]["skills"], json!(["x"]));
    }

    fn a_person_does_not_exchange_its_token_for_a_key(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        grace.client.post("/api/auth/rotate").refused(403, "WRONG_ROLE");
        let refused = grace.client.post("/api/agent/v1/me/rotate-key").send();
        assert_eq!(refused.status, 403, "{refused}");
        grace.read("/me").ok();
    }
}
