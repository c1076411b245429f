//! Tasks with a bounty go to the market under the same id and follow what
//! happens to them there (design 5).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::{Agent, Hosting, OPERATOR_KEY, Server};

const TASKS: &str = "/api/v1/tasks";

/// A project whose wallet holds so many credits.
fn funded(server: &Server, credits: i64) -> Hosting {
    let hosting = server.hosting("compass");
    let projects = server.operator().get("/guild/v1/projects").ok();
    let mut sides = projects.as_array().expect("a list").iter();
    let live = sides
        .find(|side| side["environment"] == "live")
        .expect("the live side");
    if credits > 0 {
        let body = json!({ "accountId": live["account"], "credits": credits, "reason": "a test" });
        let adjust = server.client().post("/api/v1/admin/credits/adjust");
        adjust.header("x-admin-key", OPERATOR_KEY).json(body).ok();
    }
    hosting
}

fn offer(client: &Client, title: &str, more: Value) -> Value {
    let mut body = json!({ "title": title, "description": "Do it.", "assignTo": "dev", "bounty": { "credits": 100 } });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    client.post(TASKS).json(body).send().expect_status(201).ok()["data"].clone()
}

fn status(client: &Client, task: &Value) -> Value {
    let path = format!("{TASKS}/{}", task["id"].as_str().expect("an id"));
    client.get(&path).ok()["data"]["status"].clone()
}

fn at(task: &Value, what: &str) -> String {
    format!(
        "/api/v1/agent/tasks/{}/{what}",
        task["id"].as_str().expect("an id")
    )
}

fn deliver(worker: &Agent, task: &Value) {
    worker.client.post(&at(task, "claim")).ok();
    let package = json!({ "output": "the manual", "summaryText": "It is done." });
    worker.client.post(&at(task, "submit")).json(package).ok();
}

on_both_engines! {
    fn a_bounty_is_worked_on_at_the_market(engine: Engine) {
        let server = Server::start(engine);
        let live = funded(&server, 100).live;
        let bob = server.register("bob");
        let task = offer(&live, "Manual", json!({ "expectations": [{ "type": "file_exists", "paths": ["m.md"] }] }));
        assert_eq!((&task["status"], &task["bounty"]), (&json!("pending"), &json!({ "credits": 100 })));
        let listed = server.client().get("/api/tasks?status=available").ok();
        assert_eq!((&listed["tasks"][0]["id"], &listed["tasks"][0]["payout_display"]), (&task["id"], &json!("100 credits")));
        assert_eq!(status(&live, &task), "pending", "no hosted agent takes it");
        deliver(&bob, &task);
        assert_eq!(status(&live, &task), "review");
        let next = json!({ "title": "behind", "description": "d", "assignTo": "nobody", "dependsOn": ["Manual"] });
        let next = live.post(TASKS).json(next).ok()["data"].clone();
        live.post(&at(&task, "accept")).ok();
        let path = format!("{TASKS}/{}", task["id"].as_str().expect("an id"));
        let done = live.get(&path).ok()["data"].clone();
        assert_eq!((&done["status"], &done["result"]["stdout"]), (&json!("done"), &json!("the manual")));
        crate::program::eventually("what waited for it begins", || status(&live, &next) != "pending");
        let wallet = bob.client.get("/api/v1/agent/wallet").ok();
        assert_eq!(wallet["wallet"]["pending"], 100);
    }

    fn what_cannot_be_paid_is_not_offered(engine: Engine) {
        let server = Server::start(engine);
        let hosting = funded(&server, 99);
        let body = json!({ "title": "t", "description": "d", "assignTo": "dev", "bounty": { "credits": 100 } });
        hosting.live.post(TASKS).json(body.clone()).send().expect_status(402);
        assert_eq!(hosting.live.get(TASKS).ok()["data"], json!([]));
        hosting.test.post(TASKS).json(body.clone()).refused(400, "VALIDATION_ERROR");
        for bad in [json!(7), json!("much"), json!({ "credits": 0 }), json!({ "credits": "1" }), json!({})] {
            let mut body = body.clone();
            body["bounty"] = bad;
            hosting.live.post(TASKS).json(body).refused(400, "VALIDATION_ERROR");
        }
        // Ready only later: nobody is there to be refused.
        let gate = json!({ "title": "gate", "description": "d", "assignTo": "dev", "draft": true });
        let gate = hosting.live.post(TASKS).json(gate).ok()["data"].clone();
        let late = offer(&hosting.live, "late", json!({ "dependsOn": ["gate"] }));
        let gate_path = format!("{TASKS}/{}", gate["id"].as_str().expect("an id"));
        hosting.live.patch(&gate_path).json(json!({ "status": "done" })).ok();
        crate::program::eventually("it fails", || status(&hosting.live, &late) == "failed");
    }

    fn who_ends_it_takes_it_off_the_market(engine: Engine) {
        let server = Server::start(engine);
        let live = funded(&server, 200).live;
        let bob = server.register("bob");
        let task = offer(&live, "one", json!({}));
        let path = format!("{TASKS}/{}", task["id"].as_str().expect("an id"));
        live.post(&format!("{path}/kill")).ok();
        assert_eq!(status(&live, &task), "failed");
        bob.client.post(&at(&task, "claim")).send().expect_status(409);
        live.post(&format!("{path}/retry")).refused(409, "INVALID_STATE");
        let wallet = live.get("/api/v1/agent/wallet").send();
        assert!(wallet.status == 200 || wallet.status == 403, "{wallet}");
        let busy = offer(&live, "two", json!({ "bounty": "150 credits" }));
        bob.client.post(&at(&busy, "claim")).ok();
        assert_eq!(status(&live, &busy), "assigned");
        let path = format!("{TASKS}/{}", busy["id"].as_str().expect("an id"));
        live.post(&format!("{path}/kill")).refused(409, "CONFLICT");
        live.delete(&path).refused(409, "CONFLICT");
        bob.client.post(&at(&busy, "release")).ok();
        assert_eq!(status(&live, &busy), "pending");
        live.delete(&path).ok();
        // Both came back.
        offer(&live, "three", json!({ "bounty": { "credits": 200 } }));
    }
}

/// A hosted agent whose model calls a tool once and answers with what it said.
fn working(client: &Client, title: &str, tool: &str, arguments: &Value) -> Value {
    let description = format!("[tool {tool} {arguments}]");
    let task = json!({ "title": title, "description": description, "assignTo": "scout" });
    let task = client.post(TASKS).json(task).ok()["data"].clone();
    crate::program::eventually("the agent has worked", || status(client, &task) == "done");
    let path = format!("{TASKS}/{}", task["id"].as_str().expect("an id"));
    client.get(&path).ok()["data"]["result"]["stdout"].clone()
}

on_both_engines! {
    fn a_hosted_agent_earns_on_the_market(engine: Engine) {
        let server = Server::start(engine);
        let publisher = server.client().post("/api/v1/agent/register");
        let publisher = publisher.json(json!({ "name": "Publisher" })).ok();
        let publisher = server.client().with_key(publisher["apiKey"].as_str().expect("a key"));
        let published = publisher.post("/api/v1/agent/tasks").json(json!({
            "title": "A map", "description": "Of the sea.", "budgetCredits": 40, "reviewMode": "manual",
        })).ok();
        let id = published["task"]["id"].as_str().expect("an id").to_owned();
        let hosting = server.hosting("compass");
        let scout = json!({ "name": "scout", "model": "mock/echo", "allowedTools": ["market_*"] });
        hosting.live.post("/api/v1/agents").json(&scout).ok();
        let found = working(&hosting.live, "look", "market_search", &json!({ "query": "map" }));
        assert!(found.as_str().is_some_and(|said| said.contains(&id)), "{found}");
        working(&hosting.live, "take", "market_claim", &json!({ "task_id": id }));
        let wrong = working(&hosting.live, "wrong", "market_deliver", &json!({ "task_id": "none", "output": "x", "summary": "x" }));
        assert!(wrong.as_str().is_some_and(|said| said.contains("task_id")), "{wrong}");
        let delivered = working(&hosting.live, "deliver", "market_deliver", &json!({ "task_id": id, "output": "the map", "summary": "A map." }));
        assert!(delivered.as_str().is_some_and(|said| said.contains("submitted")), "{delivered}");
        publisher.post(&format!("/api/v1/agent/tasks/{id}/accept")).ok();
        let wallet = hosting.live.get("/api/v1/agents/scout/wallet").ok()["data"].clone();
        assert_eq!((&wallet["pending"], &wallet["available"]), (&json!(40), &json!(0)));
        // What is held cannot be collected yet.
        hosting.live.post("/api/v1/agents/scout/wallet/collect").ok();
        let own = hosting.live.get("/api/v1/agent/wallet").ok();
        assert_eq!(own["wallet"]["available"], 0);
        // An agent without these tools has none of them, and a sandbox neither.
        hosting.live.patch("/api/v1/agents/scout").json(json!({ "allowedTools": null })).ok();
        let none = working(&hosting.live, "again", "market_search", &json!({}));
        assert!(none.as_str().is_some_and(|said| said.contains("no tool")), "{none}");
        hosting.test.post("/api/v1/agents").json(&scout).ok();
        let sandboxed = working(&hosting.test, "look", "market_search", &json!({}));
        assert!(sandboxed.as_str().is_some_and(|said| said.contains("sandbox")), "{sandboxed}");
    }
}
