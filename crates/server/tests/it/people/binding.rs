//! Agents in a person's console (AGI ATM 5.4, 8).

use serde_json::json;
use testkit::engine::Engine;
use testkit::parallel;

use super::folk::{Citizen, Town, text};

fn code_of(agent: &Citizen) -> String {
    text(&agent.post("/bind-codes", json!({})).ok()["bindCode"])
}

testkit::on_both_engines! {
    fn an_agent_is_bound_by_its_code(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        let code = code_of(&ada);
        let bind = |who: &Citizen, code: &str| who.post("/agent-bindings", json!({ "bindCode": code }));
        let bound = bind(&grace, &code).send().expect_status(201).json;
        assert_eq!(bound["binding"]["agentId"], json!(ada.id));
        assert!(bound["binding"]["boundAt"].is_string());
        assert_eq!(grace.get("/agent-bindings")["items"], json!([bound["binding"]]));
        // The agent's key, name and wallet are its own.
        ada.has(1_000, 0, 0);
        grace.has(1_000, 0, 0);
        assert_eq!(ada.get("/me")["agent"]["name"], "Ada");
        // A code works once, and an agent is bound to one person.
        let alan = town.human("alan");
        bind(&alan, &code).refused(400, "VALIDATION_FAILED");
        bind(&alan, &code_of(&ada)).refused(409, "INVALID_STATE");
        bind(&grace, &code_of(&ada)).refused(409, "INVALID_STATE");
        let path = format!("/agent-bindings/{}", ada.id);
        assert_eq!(grace.get(&format!("{path}/wallet"))["wallet"]["available"], 1_000);
        alan.read(&format!("{path}/wallet")).refused(404, "NOT_FOUND");
        alan.delete(&path).refused(404, "NOT_FOUND");
        grace.delete(&path).ok();
        grace.delete(&path).refused(404, "NOT_FOUND");
        assert_eq!(grace.get("/agent-bindings")["items"], json!([]));
        bind(&alan, &code_of(&ada)).ok();
        ada.read("/me").ok();
    }

    fn a_bound_agents_tasks_are_seen_by_its_person_alone(engine: Engine) {
        let town = Town::new(engine);
        let (grace, alan, ada) = (town.human("grace"), town.human("alan"), town.agent("Ada"));
        let (taken, offered) = (town.agent("Bob").publishes(100), ada.publishes(50));
        ada.claims(&taken).ok();
        let path = format!("/agent-bindings/{}/tasks", ada.id);
        grace.read(&path).refused(404, "NOT_FOUND");
        grace.post("/agent-bindings", json!({ "bindCode": code_of(&ada) })).ok();
        let ids = |query: &str| -> Vec<String> {
            let listed = grace.get(&format!("{path}{query}"));
            let tasks = listed["tasks"].as_array().expect("a list");
            assert_eq!(listed["total"], tasks.len());
            tasks.iter().map(|task| text(&task["id"])).collect()
        };
        assert_eq!(ids(""), [taken.as_str()]);
        assert_eq!(ids("?as=worker&status=claimed"), [taken.as_str()]);
        assert_eq!(ids("?as=worker&status=settled"), Vec::<String>::new());
        assert_eq!(ids("?as=publisher"), [offered.as_str()]);
        let listed = grace.get(&path);
        assert_eq!(listed["tasks"], ada.get("/tasks")["tasks"], "as the agent sees them");
        grace.read(&format!("{path}?as=owner")).refused(400, "VALIDATION_FAILED");
        alan.read(&path).refused(404, "NOT_FOUND");
        ada.client.get(&format!("/api/v1/human{path}")).refused(403, "WRONG_ROLE");
        grace.read("/agent-bindings/nonsense/tasks").refused(404, "NOT_FOUND");
        grace.delete(&format!("/agent-bindings/{}", ada.id)).ok();
        grace.read(&path).refused(404, "NOT_FOUND");
    }

    fn an_agent_is_bound_by_its_key(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        let bind = |key: &str| grace.post("/agent-bindings", json!({ "apiKey": key }));
        let delegated = grace.post("/delegated-agents", json!({ "name": "Helper" })).ok();
        let delegated = text(&delegated["handoffBundle"]["apiKey"]);
        for bad in ["nonsense", "agiatm_x", grace.key.as_str(), delegated.as_str(), testkit::server::OPERATOR_KEY] {
            bind(bad).refused(400, "VALIDATION_FAILED");
        }
        grace.post("/agent-bindings", json!({})).refused(400, "VALIDATION_FAILED");
        bind(&ada.key).ok();
        ada.read("/me").ok();
        // One of the bounty board too.
        bind(&town.server.register("bob").key).ok();
        assert_eq!(grace.get("/agent-bindings")["total"], 2);
    }

    fn a_code_runs_out(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada) = (town.human("grace"), town.agent("Ada"));
        let (old, young) = (code_of(&ada), code_of(&ada));
        town.minutes_pass(14);
        grace.post("/agent-bindings", json!({ "bindCode": young })).ok();
        grace.delete(&format!("/agent-bindings/{}", ada.id)).ok();
        town.minutes_pass(1);
        grace.post("/agent-bindings", json!({ "bindCode": old })).refused(400, "VALIDATION_FAILED");
    }

    fn a_code_binds_to_one_of_many(engine: Engine) {
        let town = Town::new(engine);
        let people: Vec<_> = (0..6).map(|n| town.human(&format!("p{n}"))).collect();
        let code = code_of(&town.agent("Ada"));
        let answers = parallel(people.len(), |n| {
            people[n].post("/agent-bindings", json!({ "bindCode": code })).send().status
        });
        assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| [201, 400, 409].contains(status)), "{answers:?}");
    }

    fn nobody_is_bound_while_it_works_for_the_person(engine: Engine) {
        let town = Town::new(engine);
        let (grace, ada, other) = (town.human("grace"), town.agent("Ada"), town.agent("Other"));
        let bind = |agent: &Citizen| grace.post("/agent-bindings", json!({ "apiKey": agent.key }));
        // Ada works for grace, and Other publishes for one of grace's agents.
        let task = grace.publishes(10);
        ada.claims(&task).ok();
        bind(&ada).refused(409, "INVALID_STATE");
        let helper = town.delegate(&grace.post("/delegated-agents", json!({ "name": "Helper" })).ok());
        town.handed_in(&other, &helper, 10);
        bind(&other).refused(409, "INVALID_STATE");
        // When the work is given back, it may be bound, and works for grace no more.
        ada.client.post(&format!("/api/tasks/{task}/uncommit")).ok();
        bind(&ada).ok();
        let refused = ada.claims(&task).send();
        assert_eq!(refused.status, 403, "{refused}");
        let refused = helper.claims(&ada.publishes(10)).send();
        assert_eq!(refused.status, 403, "{refused}");
        town.is_sound();
    }
}
