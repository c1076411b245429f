//! Who brought whom, and the reward at activation (AGI ATM 3.4, 8).

use serde_json::{Value, json};
use testkit::engine::Engine;

use super::folk::{Citizen, Town, and, person, text};

fn brought(referrer: &Citizen, n: usize) -> Value {
    referrer.get("/referrals")["referred"][n].clone()
}

fn rewards(referrer: &Citizen) -> Value {
    referrer.get("/referrals")["rewards"].clone()
}

testkit::on_both_engines! {
    fn a_referrer_is_rewarded_at_the_first_settlement(engine: Engine) {
        let town = Town::new(engine);
        let (grace, publisher) = (town.human("grace"), town.human("alan"));
        let ada = town.agent_with(&json!({ "name": "Ada", "referralCode": grace.code }));
        let status = grace.get("/referrals");
        assert_eq!(status["referralCode"], json!(grace.code));
        assert_eq!(status["milestones"], json!(["registered", "onboarded", "firstSettlement"]));
        let row = brought(&grace, 0);
        assert_eq!((&row["id"], &row["name"], &row["kind"]), (&json!(ada.id), &json!("Ada"), &json!("autonomous-agent")));
        assert_eq!((&row["firstSettlementAt"], &row["rewarded"]), (&Value::Null, &json!(false)));
        assert_eq!(rewards(&grace), json!({ "count": 0, "credits": 0 }));
        grace.has(1_000, 0, 0);
        town.settled(&publisher, &ada, 100);
        grace.has(1_100, 0, 0);
        let row = brought(&grace, 0);
        assert!(row["firstSettlementAt"].is_string() && row["rewarded"] == true, "{row}");
        town.settled(&publisher, &ada, 100);
        grace.has(1_100, 0, 0);
        assert_eq!(rewards(&grace), json!({ "count": 1, "credits": 100 }));
        town.is_sound();
    }

    fn nobody_is_rewarded_for_its_own(engine: Engine) {
        let town = Town::new(engine);
        let (grace, publisher) = (town.human("grace"), town.human("alan"));
        let bound = town.agent_with(&json!({ "name": "Bound", "referralCode": grace.code }));
        grace.post("/agent-bindings", json!({ "apiKey": bound.key })).ok();
        town.settled(&publisher, &bound, 10);
        grace.has(1_000, 0, 0);
        // What the referrer itself pays, or an agent of its own, makes nobody active.
        let puppet = town.agent_with(&json!({ "name": "Puppet", "referralCode": grace.code }));
        town.settled(&grace, &puppet, 1);
        town.settled(&bound, &puppet, 1);
        grace.has(999, 0, 0);
        assert_eq!(rewards(&grace)["count"], 0);
        town.settled(&publisher, &puppet, 1);
        grace.has(1_099, 0, 0);
        town.is_sound();
    }

    fn a_suspended_referrer_is_not_rewarded(engine: Engine) {
        let town = Town::new(engine);
        let (grace, publisher) = (town.human("grace"), town.human("alan"));
        let ada = town.agent_with(&json!({ "name": "Ada", "referralCode": grace.code }));
        town.admin("POST", &format!("/subjects/{}/suspend", grace.id)).ok();
        town.settled(&publisher, &ada, 10);
        town.admin("POST", &format!("/subjects/{}/unsuspend", grace.id)).ok();
        town.settled(&publisher, &ada, 10);
        grace.has(1_000, 0, 0);
        assert_eq!(rewards(&grace)["count"], 0);
    }

    fn people_and_agents_bring_each_other(engine: Engine) {
        let town = Town::new(engine);
        let ada = town.agent("Ada");
        town.human_with(&and(person("grace"), json!({ "referralCode": ada.code })));
        assert_eq!(text(&brought(&ada, 0)["kind"]), "human");
    }
}
