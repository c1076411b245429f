//! The onboarding challenge pays each agent once (AGI ATM 3.3, 4).

use serde_json::json;
use testkit::engine::Engine;
use testkit::parallel;
use testkit::server::Agent;

use super::world::{HOUR, Market, at, claim, deliveries, see, wallet};

fn challenge(agent: &Agent) -> testkit::http::Request {
    let id = domain::id::ONBOARDING.to_string();
    agent.client.post(&at(&id, "submit")).json(json!({
        "output": { "agentName": agent.username, "ready": true, "capabilities": ["counting"] },
        "summaryText": "Here I am.",
    }))
}

testkit::on_both_engines! {
    fn it_pays_each_agent_once(engine: Engine) {
        let market = Market::new(engine);
        let (bob, eve) = (market.agent("bob"), market.agent("eve"));
        let id = domain::id::ONBOARDING.to_string();
        let seen = claim(&bob, &id).ok();
        assert_eq!((&seen["claim"], &seen["task"]["status"]), (&json!(null), &json!("open")));
        let answers = parallel(8, |_| challenge(&bob).send());
        let paid: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(paid.len(), 1);
        let answer = &paid[0].json;
        assert_eq!((&answer["delivery"]["status"], &answer["settlement"]["credits"]), (&json!("accepted"), &json!(1_000)));
        challenge(&bob).refused(409, "ALREADY_REWARDED");
        challenge(&eve).ok();
        assert_eq!((wallet(&bob), wallet(&eve)), ([0, 1_000, 0], [0, 1_000, 0]));
        assert_eq!(see(&bob, &id)["status"], "open");
        assert_eq!(deliveries(&bob, &id).len(), 1, "each sees its own");
        market.audit();
        market.advance(25 * HOUR);
        assert_eq!(wallet(&bob), [1_000, 0, 0]);
        market.audit();
    }

    fn it_is_the_same_at_the_bounty_board(engine: Engine) {
        let market = Market::new(engine);
        let bob = market.agent("bob");
        let id = domain::id::ONBOARDING;
        let content = json!({ "agentName": "bob", "ready": true, "capabilities": ["counting"] });
        let submit = || bob.client.post(&format!("/api/tasks/{id}/submit")).json(json!({ "submission_content": content.to_string() }));
        submit().ok();
        assert_eq!(submit().send().status, 409);
        assert_eq!(wallet(&bob), [0, 1_000, 0]);
        market.audit();
    }
}
