//! One market at every door: the terms of work hold wherever it is taken,
//! delivered and judged (design 5).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::Agent;

use super::world::{
    HOUR, Market, accept, at, claim, deliveries, dispute, package, see, submit, text, wallet,
};

fn commit(agent: &Agent, task: &str) {
    agent.client.post(&format!("/api/tasks/{task}/commit")).ok();
}

fn hand_in(agent: &Agent, task: &str, content: &str) -> Value {
    let submit = agent.client.post(&format!("/api/tasks/{task}/submit"));
    submit.json(json!({ "submission_content": content })).ok()["submission"].clone()
}

/// A project at the OpenPod door with a ticket in the market, and its owner.
fn ticket(market: &Market, cents: i64) -> (Agent, String) {
    let client = market.server.client();
    let body = json!({ "name": "Owner", "capabilities": ["planning"], "pricing_cents": 0 });
    let answer = client.post("/api/agent/v1/register").json(body).ok();
    let key = text(&answer["data"]["api_key"]);
    let owner = Agent {
        id: text(&answer["data"]["id"]),
        username: "owner".into(),
        client: client.with_key(&key),
        key,
    };
    let credit = format!("/api/agent/v1/agents/{}/credit", owner.id);
    let grant = json!({ "amount_cents": cents, "memo": "a test" });
    market.server.operator().post(&credit).json(grant).ok();
    let founded = json!({ "title": "Build a REST API", "description": "A service with many endpoints.", "budget_cents": 100_000 });
    let founded = owner
        .client
        .post("/api/agent/v1/projects")
        .json(founded)
        .ok();
    let project = text(&founded["data"]["project"]["id"]);
    let fund = format!("/api/agent/v1/projects/{project}/fund");
    owner
        .client
        .post(&fund)
        .json(json!({ "amount_cents": cents }))
        .ok();
    let body = json!({
        "project_id": project,
        "title": "Implement the endpoint",
        "description": "With tests, documentation and a short text.",
        "bounty_cents": cents,
    });
    let made = owner.client.post("/api/agent/v1/tickets").json(body).ok();
    (owner, text(&made["data"]["id"]))
}

testkit::on_both_engines! {
    fn a_contract_is_worked_on_at_the_bounty_board(engine: Engine) {
        let market = Market::new(engine);
        let (ada, bob) = (market.funded("ada", 100), market.agent("bob"));
        let task = market.publish(&ada, json!({}));
        let listed = market.server.client().get("/api/tasks?status=available").ok();
        assert_eq!((&listed["tasks"][0]["id"], &listed["tasks"][0]["payout_display"]), (&json!(task), &json!("100 credits")));
        commit(&bob, &task);
        assert_eq!(see(&ada, &task)["claim"]["agentId"], bob.id);
        hand_in(&bob, &task, "the secret answer is 42");
        let page = market.server.client().get(&format!("/api/tasks/{task}")).send();
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("secret answer"), "only its parties see it\n{page}");
        let submissions = market.server.client().get(&format!("/api/tasks/{task}/submissions")).send();
        assert!(!submissions.text.contains("secret answer"), "{submissions}");
        let seen = deliveries(&ada, &task);
        assert_eq!((&seen[0]["output"], &seen[0]["summaryText"]), (&json!("the secret answer is 42"), &json!("")));
        accept(&ada, &task).ok();
        // The hold holds, wherever the work was done.
        assert_eq!(wallet(&bob), [0, 100, 0]);
        let board = market.server.client().get(&format!("/api/tasks/{task}")).ok();
        assert_eq!(board["task"]["status"], "completed");
        market.advance(25 * HOUR);
        assert_eq!(wallet(&bob), [100, 0, 0]);
        market.audit();
    }

    fn a_bounty_is_worked_on_here(engine: Engine) {
        let market = Market::new(engine);
        let bob = market.agent("bob");
        let task = market.server.task(&market.server.project("Compass"), "Write the manual");
        let seen = see(&bob, &task);
        assert_eq!((&seen["budgetCredits"], &seen["reward"]["asset"], &seen["escrow"]["state"]), (&json!(0), &json!("POLT"), &json!("none")));
        claim(&bob, &task).ok();
        submit(&bob, &task).ok();
        accept(&bob, &task).refused(403, "FORBIDDEN");
        dispute(&bob, &task).refused(409, "INVALID_STATE");
        let reviews = market.server.operator().get("/api/cto/pending-reviews").ok();
        let id = find_id(&reviews, &task);
        market.server.operator().patch(&format!("/api/submissions/{id}/review")).json(json!({ "action": "approve" })).ok();
        assert_eq!(see(&bob, &task)["status"], "settled");
        let earned = bob.client.get("/api/agents/me/wallet").ok();
        assert_eq!((&earned["wallet"][0]["asset"], &earned["wallet"][0]["amount"]), (&json!("POLT"), &json!("500")));
        market.audit();
    }

    fn a_ticket_is_worked_on_here(engine: Engine) {
        let market = Market::new(engine);
        let (owner, ticket) = ticket(&market, 1_000);
        let (bob, eve) = (market.agent("bob"), market.agent("eve"));
        claim(&bob, &ticket).ok();
        submit(&bob, &ticket).ok();
        accept(&eve, &ticket).refused(403, "FORBIDDEN");
        assert_eq!(deliveries(&eve, &ticket).len(), 0);
        assert_eq!(deliveries(&owner, &ticket).len(), 1);
        let accepted = accept(&owner, &ticket).ok();
        assert_eq!((&accepted["task"]["status"], &accepted["settlement"]["reward"]), (&json!("settled"), &json!({ "units": 900, "asset": "USD" })));
        accept(&owner, &ticket).refused(409, "ALREADY_SETTLED");
        let balance = bob.client.get("/api/agent/v1/me/balance").ok();
        assert_eq!(balance["data"]["available_cents"], 900);
        market.audit();
    }

    fn a_ticket_is_judged_at_its_own_door(engine: Engine) {
        let market = Market::new(engine);
        let (owner, ticket) = ticket(&market, 1_000);
        let bob = market.agent("bob");
        claim(&bob, &ticket).ok();
        bob.client.post(&at(&ticket, "submit")).json(package(json!("https://a.example/work"))).ok();
        let path = format!("/api/agent/v1/tickets/{ticket}/approve");
        owner.client.post(&path).json(json!({ "action": "approve" })).ok();
        assert_eq!((&see(&bob, &ticket)["status"], &deliveries(&bob, &ticket)[0]["status"]), (&json!("settled"), &json!("accepted")));
        market.audit();
    }
}

/// The id of the submission that waits for a verdict on a task.
fn find_id(reviews: &Value, task: &str) -> String {
    let found = reviews
        .as_object()
        .and_then(|object| object.values().find_map(Value::as_array))
        .and_then(|list| {
            list.iter()
                .find(|waiting| waiting.to_string().contains(task))
        });
    let found = found.unwrap_or_else(|| panic!("nothing waits: {reviews}"));
    let id = found["submission"]["id"].as_str().or(found["id"].as_str());
    id.expect("an id").to_owned()
}
