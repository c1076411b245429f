//! Keys that people hand to agents (AGI ATM 5.3).

use serde_json::{Value, json};
use testkit::engine::Engine;

use super::folk::{Citizen, Town, and, text};

fn hand_over(person: &Citizen, more: Value) -> Value {
    let body = and(json!({ "name": "Helper" }), more);
    person
        .post("/delegated-agents", body)
        .send()
        .expect_status(201)
        .json
}

testkit::on_both_engines! {
    fn a_bundle_is_whole(engine: Engine) {
        let town = Town::with(engine, |settings| {
            settings.server.public_url = Some("https://guild.example.org/".into());
        });
        let grace = town.human("grace");
        let handoff = hand_over(&grace, json!({ "skills": ["maps"], "budgetCredits": 100, "expiresInHours": 5 }));
        let bundle = &handoff["handoffBundle"];
        assert_eq!((&bundle["bundleVersion"], &bundle["role"]), (&json!(1), &json!("delegated-agent")));
        assert_eq!(bundle["apiBaseUrl"], "https://guild.example.org");
        assert_eq!(bundle["skillUrl"], "https://guild.example.org/skill.md");
        assert_eq!(bundle["issuedBy"], json!({ "humanId": grace.id, "displayName": "grace" }));
        assert_eq!(bundle["scopes"], json!([
            "market:read", "thread:write", "tasks:claim", "tasks:submit", "wallet:read", "secrets:access",
        ]));
        let delegated = &handoff["delegatedAgent"];
        assert_eq!((&bundle["agentId"], &bundle["keyId"]), (&delegated["id"], &delegated["keyId"]));
        assert_eq!((&delegated["status"], &delegated["budgetCredits"]), (&json!("active"), &json!(100)));
        let helper = town.delegate(&handoff);
        let me = helper.get("/me");
        assert_eq!((&me["agent"]["role"], &me["agent"]["scopes"]), (&json!("delegated-agent"), &bundle["scopes"]));
        helper.has(100, 0, 0);
        grace.has(900, 0, 0);
        assert_eq!(grace.get("/delegated-agents")["items"], json!([delegated]));
        assert_eq!(town.human("alan").get("/delegated-agents")["items"], json!([]));
        town.is_sound();
    }

    fn scopes_are_kept_to(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let reader = town.delegate(&hand_over(&grace, json!({ "scopes": ["market:read"], "budgetCredits": 50 })));
        reader.read("/me").ok();
        reader.read("/wallet").refused(403, "SCOPE_MISSING");
        reader.offers(1).refused(403, "SCOPE_MISSING");
        let task = town.agent("Publisher").publishes(10);
        // The bounty board asks the same policy.
        let refused = reader.claims(&task).send();
        assert_eq!(refused.status, 403, "{refused}");
        reader.post("/keys/rotate", json!({})).refused(403, "WRONG_ROLE");
        reader.post("/bind-codes", json!({})).refused(403, "WRONG_ROLE");
        for bad in [
            json!({ "scopes": ["everything"] }),
            json!({ "scopes": "market:read" }),
            json!({ "expiresInHours": 0 }),
            json!({ "expiresInHours": 8_761 }),
            json!({ "budgetCredits": -1 }),
            json!({ "name": "" }),
        ] {
            let body = and(json!({ "name": "Another" }), bad);
            grace.post("/delegated-agents", body).refused(400, "VALIDATION_FAILED");
        }
        let dear = json!({ "name": "Another", "budgetCredits": 951 });
        grace.post("/delegated-agents", dear).refused(402, "INSUFFICIENT_CREDITS");
        grace.post("/delegated-agents", json!({ "name": "HELPER" })).refused(409, "NAME_TAKEN");
        assert_eq!(grace.get("/delegated-agents")["total"], 1);
        grace.has(950, 0, 0);
    }

    fn a_budget_is_not_exceeded(engine: Engine) {
        let town = Town::new(engine);
        let (grace, publisher) = (town.human("grace"), town.human("alan"));
        let scopes = json!(["tasks:publish", "tasks:claim", "tasks:submit", "wallet:read"]);
        let handoff = hand_over(&grace, json!({ "scopes": scopes, "budgetCredits": 100 }));
        let helper = town.delegate(&handoff);
        helper.publishes(60);
        helper.offers(41).refused(402, "BUDGET_EXHAUSTED");
        // What it earns is not its to spend.
        town.settled(&publisher, &helper, 500);
        town.hours_pass(24);
        helper.has(540, 0, 60);
        helper.offers(41).refused(402, "BUDGET_EXHAUSTED");
        helper.publishes(40);
        let listed = &town.again("grace").get("/delegated-agents")["items"][0];
        assert_eq!((&listed["budgetCredits"], &listed["spentCredits"]), (&json!(100), &json!(100)));
        town.is_sound();
    }

    fn a_key_that_is_taken_back_stops_at_once(engine: Engine) {
        let town = Town::new(engine);
        let (grace, publisher) = (town.human("grace"), town.agent("Publisher"));
        let handoff = hand_over(&grace, json!({ "budgetCredits": 100 }));
        let helper = town.delegate(&handoff);
        town.settled(&publisher, &helper, 70);
        let task = publisher.publishes(10);
        helper.claims(&task).ok();
        let path = format!("/delegated-agents/{}", helper.id);
        town.human("eve").delete(&path).refused(404, "NOT_FOUND");
        let revoked = grace.delete(&path).ok();
        assert_eq!(revoked["delegatedAgent"]["status"], "revoked");
        helper.read("/me").refused(401, "UNAUTHENTICATED");
        let shown = town.client().get(&format!("/api/tasks/{task}")).ok();
        assert_eq!(shown["status"], "available", "{shown}");
        grace.has(1_000, 0, 0);
        // What was earned before and is due later goes to the person too.
        town.hours_pass(24);
        let grace = town.again("grace");
        crate::program::eventually("the reward arrives", || {
            grace.get("/wallet")["wallet"]["available"] == 1_070
        });
        grace.post(&format!("{path}/rotate"), json!({})).refused(409, "INVALID_STATE");
        grace.delete(&path).ok();
        grace.has(1_070, 0, 0);
        town.is_sound();
    }

    fn what_was_set_aside_goes_to_the_person_once_the_key_is_gone(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let scopes = json!(["tasks:publish", "wallet:read"]);
        let handoff = hand_over(&grace, json!({ "scopes": scopes, "budgetCredits": 100 }));
        let helper = town.delegate(&handoff);
        let (early, late) = (helper.publishes(20), helper.publishes(50));
        let withdraw = |task: &str| town.server.operator().delete(&format!("/api/tasks/{task}")).ok();
        withdraw(&early);
        // While the key works it is the agent's to spend again.
        helper.has(50, 0, 50);
        grace.delete(&format!("/delegated-agents/{}", helper.id)).ok();
        grace.has(950, 0, 0);
        withdraw(&late);
        grace.has(1_000, 0, 0);
        town.is_sound();
    }

    fn a_key_runs_out_by_the_clock(engine: Engine) {
        let town = Town::new(engine);
        let (grace, publisher) = (town.human("grace"), town.human("alan"));
        let handoff = hand_over(&grace, json!({ "expiresInHours": 2, "budgetCredits": 100 }));
        let helper = town.delegate(&handoff);
        town.settled(&publisher, &helper, 70);
        town.hours_pass(1);
        helper.read("/me").ok();
        town.hours_pass(1);
        helper.read("/me").refused(401, "UNAUTHENTICATED");
        let listed = &grace.get("/delegated-agents")["items"][0];
        assert_eq!(listed["status"], "expired", "{listed}");
        grace.delete(&format!("/delegated-agents/{}", helper.id)).ok();
        grace.has(1_000, 0, 0);
        town.is_sound();
    }

    fn a_key_is_exchanged_for_one_of_the_same_terms(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let scopes = json!(["tasks:publish", "market:read"]);
        let handoff = hand_over(&grace, json!({ "scopes": scopes, "budgetCredits": 100 }));
        let helper = town.delegate(&handoff);
        helper.publishes(30);
        let path = format!("/delegated-agents/{}/rotate", helper.id);
        let fresh = grace.post(&path, json!({})).ok();
        helper.read("/me").refused(401, "UNAUTHENTICATED");
        let bundle = &fresh["handoffBundle"];
        assert_eq!(bundle["scopes"], json!(["market:read", "tasks:publish"]));
        assert_eq!(bundle["budgetCredits"], 70);
        assert_eq!(bundle["expiresAt"], handoff["handoffBundle"]["expiresAt"]);
        let helper = town.delegate(&fresh);
        helper.offers(71).refused(402, "BUDGET_EXHAUSTED");
        helper.publishes(70);
    }

    fn one_does_not_work_for_its_own_person(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let helper = town.delegate(&hand_over(&grace, json!({})));
        let task = grace.publishes(10);
        let refused = helper.claims(&task).send();
        assert_eq!(refused.status, 403, "{refused}");
    }

    fn a_delegated_agent_is_suspended_with_its_person(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let helper = town.delegate(&hand_over(&grace, json!({})));
        helper.read("/me").ok();
        town.admin("POST", &format!("/subjects/{}/suspend", grace.id)).ok();
        helper.read("/me").refused(403, "FORBIDDEN");
        town.admin("POST", &format!("/subjects/{}/unsuspend", grace.id)).ok();
        helper.read("/me").ok();
        // A bound agent stands for itself.
        let ada = town.agent("Ada");
        grace.post("/agent-bindings", json!({ "apiKey": ada.key })).ok();
        town.admin("POST", &format!("/subjects/{}/suspend", grace.id)).ok();
        ada.read("/me").ok();
    }

    fn what_is_done_names_the_person(engine: Engine) {
        let town = Town::new(engine);
        let grace = town.human("grace");
        let handoff = hand_over(&grace, json!({}));
        let helper = town.delegate(&handoff);
        let task = town.agent("Publisher").publishes(10);
        helper.claims(&task).ok();
        assert_eq!(text(&handoff["delegatedAgent"]["id"]), helper.id);
        let feed = town.client().get("/api/activity").ok().to_string();
        assert!(feed.contains(&task), "{feed}");
    }
}
