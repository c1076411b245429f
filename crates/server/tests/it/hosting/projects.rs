//! Projects, their environments and the keys of those.

use serde_json::json;
use testkit::engine::Engine;
use testkit::on_both_engines;
use testkit::server::Server;

on_both_engines! {
    fn a_project_has_a_live_and_a_test_key(engine: Engine) {
        let server = Server::start(engine);
        let made = server
            .operator()
            .post("/guild/v1/projects")
            .json(json!({ "name": "Compass" }))
            .ok();
        let key = |side: &str| made["keys"][side].as_str().unwrap_or_default().to_owned();
        assert!(key("live").starts_with("sk_live_"), "{made}");
        assert!(key("test").starts_with("sk_test_"), "{made}");
        assert_eq!(made["name"], "compass");
        let again = server.operator().post("/guild/v1/projects");
        again.json(json!({ "name": "compass" })).refused(409, "name_taken");
        let bad = server.operator().post("/guild/v1/projects");
        bad.json(json!({ "name": "no spaces" })).send().expect_status(400);
    }

    fn a_key_is_exchanged_for_a_new_one(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let rotated = hosting.live.post("/api/v1/keys/rotate").ok();
        let new = rotated["data"]["apiKey"].as_str().expect("a key");
        hosting.live.post("/api/v1/keys/rotate").refused(401, "AUTH_REQUIRED");
        hosting.live.post("/v1/keys/rotate").refused(401, "invalid_api_key");
        let bare = server.client().with_key(new).post("/v1/keys/rotate").ok();
        assert!(bare["apiKey"].as_str().is_some_and(|key| key.starts_with("sk_live_")), "{bare}");
    }

    fn the_operator_gives_and_takes_keys(engine: Engine) {
        let server = Server::start(engine);
        let _ = server.hosting("compass");
        let keys = "/guild/v1/projects/compass/keys";
        let issued = server.operator().post(keys).json(json!({ "environment": "test" })).ok();
        let client = server.client().with_key(issued["key"].as_str().expect("a key"));
        let id = issued["id"].as_str().expect("an id");
        server.operator().delete(&format!("{keys}/{id}")).ok();
        client.post("/v1/keys/rotate").refused(401, "invalid_api_key");
        server.operator().delete(&format!("{keys}/{id}")).refused(404, "key_not_found");
        let listed = server.operator().get("/guild/v1/projects").ok();
        assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    }

    fn the_operator_sets_a_budget(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let budget = |body: serde_json::Value| server.operator().patch("/guild/v1/projects/compass").json(body);
        assert_eq!(budget(json!({ "budget": 50 })).ok()["budget"], 50);
        assert_eq!(live.get("/v1/config").ok()["budget"], 50);
        assert_eq!(budget(json!({ "budget": null })).ok()["budget"], json!(null));
        budget(json!({ "budget": -1 })).send().expect_status(400);
        budget(json!({ "budget": 1, "environment": "staging" })).send().expect_status(400);
        let none = server.operator().patch("/guild/v1/projects/none").json(json!({ "budget": 1 }));
        none.refused(404, "project_not_found");
    }

    fn a_project_key_opens_no_other_door_than_it_should(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let agent = server.register("ada");
        agent.client.post("/v1/keys/rotate").refused(403, "forbidden");
        hosting.test.get("/api/v1/agent/wallet").refused(403, "WRONG_ROLE");
        hosting.live.post("/guild/v1/projects").json(json!({ "name": "other" })).refused(403, "wrong_role");
    }
}
