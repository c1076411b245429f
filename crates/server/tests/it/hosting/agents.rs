//! Hosted agents and their teams (Polpo 2.10).

use serde_json::json;
use testkit::engine::Engine;
use testkit::on_both_engines;
use testkit::server::Server;

const AGENTS: &str = "/api/v1/agents";

on_both_engines! {
    fn an_agent_is_added_read_changed_and_removed(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let added = live.post(AGENTS).json(json!({
            "name": "dev", "role": "Backend engineer", "maxConcurrency": 2, "unknown": 1,
            "identity": { "title": "Engineer", "tone": "dry" },
        }));
        let added = added.send().expect_status(201).ok();
        assert_eq!(added, json!({ "ok": true, "data": { "added": true } }));
        let agent = live.get("/v1/agents/dev").ok();
        assert!(agent["id"].as_str().is_some_and(|id| id.starts_with("agt_")), "{agent}");
        assert_eq!((&agent["role"], &agent["teamName"]), (&json!("Backend engineer"), &json!("default")));
        assert!(agent.get("unknown").is_none() && agent.get("model").is_none(), "{agent}");
        let change = json!({ "identity": { "tone": null, "company": "Inn" }, "model": "mock/echo" });
        let changed = live.patch(&format!("{AGENTS}/dev")).json(change).ok();
        assert_eq!(changed["data"]["identity"], json!({ "title": "Engineer", "company": "Inn" }));
        live.delete(&format!("{AGENTS}/dev")).ok();
        live.get(&format!("{AGENTS}/dev")).refused(404, "NOT_FOUND");
        live.get("/v1/agents/dev").refused(404, "not_found");
        live.delete(&format!("{AGENTS}/dev")).refused(404, "NOT_FOUND");
    }

    fn names_are_unique_and_fields_are_checked(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let add = |body: serde_json::Value| live.post(AGENTS).json(body);
        add(json!({ "name": "dev" })).ok();
        add(json!({ "name": "dev" })).refused(409, "CONFLICT");
        let wrong = add(json!({ "name": "x", "maxTurns": "many", "reasoning": "much" }));
        let wrong = wrong.refused(400, "VALIDATION_ERROR");
        assert_eq!(wrong.json["details"].as_array().map(Vec::len), Some(2), "{wrong}");
        add(json!({ "name": "" })).refused(400, "VALIDATION_ERROR");
        add(json!({ "role": "x" })).refused(400, "VALIDATION_ERROR");
        add(json!({ "name": "y", "team": "nobody" })).refused(404, "NOT_FOUND");
        live.post(AGENTS).body("{").refused(400, "VALIDATION_ERROR");
        live.post("/v1/agents").refused(400, "bad_request");
    }

    fn environments_and_projects_see_nothing_of_each_other(engine: Engine) {
        let server = Server::start(engine);
        let (one, other) = (server.hosting("one"), server.hosting("other"));
        one.live.post(AGENTS).json(json!({ "name": "dev" })).ok();
        for stranger in [&one.test, &other.live, &other.test] {
            assert_eq!(stranger.get(AGENTS).ok()["data"], json!([]));
            stranger.get(&format!("{AGENTS}/dev")).refused(404, "NOT_FOUND");
            stranger.patch(&format!("{AGENTS}/dev")).json(json!({ "role": "x" })).refused(404, "NOT_FOUND");
        }
        assert_eq!(one.live.get("/v1/agents").ok().as_array().map(Vec::len), Some(1));
    }

    fn teams_have_agents(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let teams = "/api/v1/agents/teams";
        let team = "/api/v1/agents/team";
        live.post(teams).json(json!({ "name": "core", "description": "The core." })).ok();
        live.post(teams).json(json!({ "name": "core" })).refused(409, "CONFLICT");
        live.post(&format!("{AGENTS}?team=core")).json(json!({ "name": "dev" })).ok();
        let shown = live.get(&format!("{team}?name=core")).ok();
        assert_eq!(shown["data"]["agents"][0]["name"], "dev");
        assert_eq!(live.get(team).ok()["data"]["name"], "default");
        assert_eq!(live.get(&format!("{team}?name=none")).ok()["data"], json!(null));
        live.patch(team).json(json!({ "oldName": "core", "name": "heart" })).ok();
        assert_eq!(live.get("/v1/agents/dev").ok()["teamName"], "heart");
        live.delete(&format!("{teams}/heart")).refused(409, "INVALID_STATE");
        live.delete(&format!("{teams}/default")).ok();
        live.delete(&format!("{AGENTS}/dev")).ok();
        live.delete(&format!("{teams}/heart")).refused(409, "INVALID_STATE");
        live.delete(&format!("{teams}/none")).refused(404, "NOT_FOUND");
    }

    fn an_agent_has_a_picture_and_leaves_nothing_behind(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let add = || live.post(AGENTS).json(json!({ "name": "dev" })).ok();
        add();
        let form = |media: &str| {
            let part = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: {media}\r\n\r\nGIF89a\r\n--b--\r\n");
            let ask = live.post(&format!("{AGENTS}/dev/avatar"));
            ask.header("content-type", "multipart/form-data; boundary=b").body(part)
        };
        form("text/html").refused(400, "VALIDATION_ERROR");
        let path = form("image/gif").ok()["data"]["avatar"].as_str().expect("a path").to_owned();
        let picture = live.get(&path).send().expect_status(200);
        assert_eq!((picture.header("content-type"), picture.text.as_str()), (Some("image/gif"), "GIF89a"));
        assert_eq!(live.get("/v1/agents/dev").ok()["identity"]["avatar"], json!(path));
        live.put("/api/v1/memory/agent/dev").json(json!({ "content": "secret" })).ok();
        let entry = json!({ "agent": "dev", "service": "mail", "type": "login", "credentials": { "password": "x" } });
        live.post("/api/v1/vault/entries").json(entry).ok();
        live.delete(&format!("{AGENTS}/dev")).ok();
        add();
        live.get(&path).refused(404, "NOT_FOUND");
        assert_eq!(live.get("/api/v1/memory/agent/dev").ok()["data"]["exists"], false);
        assert_eq!(live.get("/api/v1/vault/entries/dev").ok()["data"], json!([]));
        form("image/gif").ok();
        live.delete(&path).ok();
        live.get(&path).refused(404, "NOT_FOUND");
    }
}
