//! Skills of hosted agents (Polpo 2.13).

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

const SKILLS: &str = "/api/v1/skills";

fn review() -> Value {
    json!({
        "name": "code-review", "description": "When code is reviewed",
        "content": "# Review\nBe kind.", "allowedTools": ["read", "grep"],
    })
}

fn agent(client: &Client, name: &str, skills: Value) {
    let body = json!({ "name": name, "skills": skills });
    client.post("/api/v1/agents").json(body).ok();
}

on_both_engines! {
    fn a_skill_is_written_given_and_removed(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        agent(&live, "dev", json!([]));
        agent(&live, "ada", json!(["code-review"]));
        let made = live.post(&format!("{SKILLS}/create")).json(review()).send().expect_status(201).ok();
        assert_eq!(made["data"], json!({ "name": "code-review", "path": "skills/code-review/SKILL.md" }));
        live.post(&format!("{SKILLS}/create")).json(review()).refused(409, "CONFLICT");
        let given = live.post(&format!("{SKILLS}/code-review/assign")).json(json!({ "agent": "dev" })).ok();
        assert_eq!(given["data"], json!({ "skill": "code-review", "agent": "dev" }));
        let listed = live.get(SKILLS).ok();
        assert_eq!(listed["data"], json!([{
            "name": "code-review", "description": "When code is reviewed", "allowedTools": ["read", "grep"],
            "source": "project", "path": "skills/code-review/SKILL.md", "assignedTo": ["ada", "dev"],
        }]));
        for name in ["ada", "dev"] {
            live.post(&format!("{SKILLS}/code-review/unassign")).json(json!({ "agent": name })).ok();
        }
        let content = live.get("/v1/skills/code-review/content").ok();
        assert_eq!((&content["content"], &content["assignedTo"]), (&json!("# Review\nBe kind."), &json!([])));
        assert_eq!(live.get("/v1/agents/ada").ok()["skills"], json!([]));
        let removed = live.delete(&format!("{SKILLS}/code-review")).ok();
        assert_eq!(removed["data"], json!({ "removed": "code-review" }));
        live.get(&format!("{SKILLS}/code-review/content")).refused(404, "NOT_FOUND");
        live.delete("/v1/skills/code-review").refused(404, "not_found");
    }

    fn the_index_has_tags_and_categories(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        live.post(&format!("{SKILLS}/create")).json(review()).ok();
        let index = format!("{SKILLS}/code-review/index");
        let set = live.put(&index).json(json!({ "tags": ["code"], "category": "quality" })).ok();
        assert_eq!(set["data"], json!({ "skill": "code-review", "tags": ["code"], "category": "quality" }));
        live.put(&index).json(json!({ "tags": ["code", "rust"] })).ok();
        let shown = live.get("/v1/skills/index").ok();
        assert_eq!(shown, json!({ "code-review": { "tags": ["code", "rust"], "category": "quality" } }));
        live.put(&index).json(json!({ "tags": "code" })).refused(400, "VALIDATION_ERROR");
        live.put(&format!("{SKILLS}/none/index")).json(json!({})).refused(404, "NOT_FOUND");
    }

    fn the_orchestrators_shelf_is_its_own(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        live.post(&format!("{SKILLS}/orchestrator/create")).json(review()).send().expect_status(201);
        assert_eq!(live.get(SKILLS).ok()["data"], json!([]));
        assert_eq!(live.get(&format!("{SKILLS}/orchestrator")).ok()["data"][0]["name"], "code-review");
        live.get(&format!("{SKILLS}/code-review/content")).refused(404, "NOT_FOUND");
        live.get(&format!("{SKILLS}/orchestrator/code-review/content")).ok();
        live.delete(&format!("{SKILLS}/orchestrator/code-review")).ok();
        assert_eq!(live.get("/v1/skills/orchestrator").ok(), json!([]));
    }

    fn what_cannot_be_is_refused(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let live = &hosting.live;
        live.post(&format!("{SKILLS}/create")).json(review()).ok();
        agent(live, "dev", json!([]));
        let with = |field: &str, value: Value| {
            let mut body = review();
            body[field] = value;
            body
        };
        for body in [
            with("name", json!("../x")),
            with("name", json!("index")),
            with("name", json!("a b")),
            with("name", json!("n".repeat(65))),
            with("content", json!("")),
            with("content", json!("c".repeat(100_001))),
            with("description", Value::Null),
            with("allowedTools", json!("read")),
        ] {
            live.post(&format!("{SKILLS}/create")).json(body).refused(400, "VALIDATION_ERROR");
        }
        let assign = |skill: &str, body: Value| live.post(&format!("{SKILLS}/{skill}/assign")).json(body);
        assign("code-review", json!({ "agent": "nobody" })).refused(404, "NOT_FOUND");
        assign("none", json!({ "agent": "dev" })).refused(404, "NOT_FOUND");
        assign("code-review", json!({})).refused(400, "VALIDATION_ERROR");
        let added = live.post(&format!("{SKILLS}/add")).json(json!({ "source": "somebody/skills" }));
        added.refused(400, "NOT_AVAILABLE");
        assert_eq!(hosting.test.get(SKILLS).ok()["data"], json!([]));
        hosting.test.get(&format!("{SKILLS}/code-review/content")).refused(404, "NOT_FOUND");
    }
}
