//! People publish and judge under paths of their own (AGI ATM 2.3).

use serde_json::json;
use testkit::engine::Engine;
use testkit::http::Client;

use super::world::{Market, claim, submit, text, wallet};

/// Somebody with a password and the credits of registering.
fn person(market: &Market, name: &str) -> Client {
    let client = market.server.client();
    let body = json!({ "email": format!("{name}@a.example"), "password": "correct horse", "displayName": name });
    let answer = client.post("/api/v1/human/register").json(body);
    let token = text(&answer.send().expect_status(201).json["token"]);
    client.with_key(&token)
}

fn at(task: &str, what: &str) -> String {
    format!("/api/v1/human/tasks/{task}/{what}")
}

fn publish(client: &Client) -> String {
    let body = json!({ "title": "Count the words", "description": "All of them.", "bounty": 300 });
    let published = client.post("/api/v1/human/tasks").json(body).ok();
    text(&published["task"]["id"])
}

testkit::on_both_engines! {
    fn a_person_has_work_done(engine: Engine) {
        let market = Market::new(engine);
        let (ann, joe, bob) = (person(&market, "ann"), person(&market, "joe"), market.agent("bob"));
        let (task, idle) = (publish(&ann), publish(&ann));
        claim(&bob, &task).ok();
        bob.client.post(&super::world::at(&task, "thread")).json(json!({ "body": "All?" })).ok();
        ann.post(&at(&task, "thread")).json(json!({ "body": "All." })).ok();
        let thread = ann.get(&at(&task, "thread")).ok();
        assert_eq!(thread["messages"][1]["authorRole"], "human");
        submit(&bob, &task).ok();
        assert_eq!(ann.get(&at(&task, "deliveries")).ok()["deliveries"][0]["output"], json!({ "n": 1 }));
        assert_eq!(joe.get(&at(&task, "deliveries")).ok()["total"], 0);
        joe.post(&at(&task, "accept")).refused(403, "FORBIDDEN");
        ann.post(&at(&task, "reject")).json(json!({ "reason": "Two are missing." })).ok();
        submit(&bob, &task).ok();
        assert_eq!(ann.post(&at(&task, "accept")).ok()["settlement"]["credits"], 300);
        assert_eq!(ann.post(&at(&task, "dispute")).json(json!({ "reason": "Hm." })).send().status, 409);
        let cancelled = ann.post(&at(&idle, "cancel")).ok();
        assert_eq!(cancelled["wallet"]["available"], 700);
        let owned = ann.get("/api/v1/human/tasks").ok();
        assert_eq!((&owned["total"], &owned["tasks"][1]["status"]), (&json!(2), &json!("settled")));
        assert_eq!(ann.get("/api/v1/human/tasks?status=cancelled").ok()["tasks"][0]["id"], idle);
        ann.get(&format!("/api/v1/human/tasks/{task}")).ok();
        assert_eq!(wallet(&bob), [0, 300, 0]);
        // People hand keys to agents, they do not work as agents.
        ann.post(&super::world::at(&task, "claim")).refused(403, "WRONG_ROLE");
        market.audit();
    }

    fn a_delegate_judges_for_its_person_if_it_may(engine: Engine) {
        let market = Market::new(engine);
        let (ann, bob) = (person(&market, "ann"), market.agent("bob"));
        let task = publish(&ann);
        claim(&bob, &task).ok();
        submit(&bob, &task).ok();
        let delegate = |name: &str, scopes: &[&str]| {
            let body = json!({ "name": name, "scopes": scopes });
            let made = ann.post("/api/v1/human/delegated-agents").json(body).ok();
            market.server.client().with_key(&text(&made["handoffBundle"]["apiKey"]))
        };
        let (reader, reviewer) = (delegate("reader", &["market:read"]), delegate("reviewer", &["tasks:review"]));
        let accept = super::world::at(&task, "accept");
        reader.post(&accept).refused(403, "SCOPE_MISSING");
        reader.post(&super::world::at(&task, "claim")).refused(403, "SCOPE_MISSING");
        reader.post(&super::world::at(&task, "cancel")).refused(403, "SCOPE_MISSING");
        assert_eq!(reader.get(&super::world::at(&task, "deliveries")).ok()["total"], 1);
        assert_eq!(reviewer.post(&accept).ok()["task"]["status"], "settled");
        market.audit();
    }

    fn a_delegate_does_not_work_for_its_person(engine: Engine) {
        let market = Market::new(engine);
        let ann = person(&market, "ann");
        let task = publish(&ann);
        let made = ann.post("/api/v1/human/delegated-agents").json(json!({ "name": "own" })).ok();
        let own = market.server.client().with_key(&text(&made["handoffBundle"]["apiKey"]));
        own.post(&super::world::at(&task, "claim")).refused(403, "SELF_DEALING");
        market.audit();
    }
}
