//! What hosted agents remember (Polpo 2.12).

use serde_json::json;
use testkit::engine::Engine;
use testkit::on_both_engines;
use testkit::server::Server;

on_both_engines! {
    fn what_is_saved_is_remembered_by_whom_it_is_for(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let nothing = json!({ "ok": true, "data": { "exists": false, "content": "" } });
        assert_eq!(live.get("/api/v1/memory").ok(), nothing);
        let saved = live.put("/api/v1/memory").json(json!({ "content": "We use Rust." })).ok();
        assert_eq!(saved, json!({ "ok": true, "data": { "saved": true } }));
        let told = live.put("/api/v1/memory/agent/dev").json(json!({ "content": "I am dev." })).ok();
        assert_eq!(told["data"], json!({ "saved": true, "agent": "dev" }));
        let own = live.get("/api/v1/memory/agent/dev").ok();
        assert_eq!(own["data"], json!({ "exists": true, "content": "I am dev.", "agent": "dev" }));
        let shared = live.get("/v1/memory").ok();
        assert_eq!(shared, json!({ "id": "shared", "exists": true, "content": "We use Rust." }));
        let other = live.get("/v1/memory/agent/ada").ok();
        assert_eq!(other, json!({ "id": "ada", "exists": false, "content": "", "agent": "ada" }));
        let bare = live.put("/v1/memory").json(json!({ "content": "" })).ok();
        assert_eq!(bare, json!({ "id": "shared", "exists": true, "content": "" }));
    }

    fn environments_share_no_memory(engine: Engine) {
        let server = Server::start(engine);
        let (ours, theirs) = (server.hosting("compass"), server.hosting("anchor"));
        ours.live.put("/v1/memory").json(json!({ "content": "ours" })).ok();
        for other in [&ours.test, &theirs.live] {
            assert_eq!(other.get("/v1/memory").ok()["exists"], false);
        }
        ours.test.put("/v1/memory").json(json!({ "content": "for trying" })).ok();
        assert_eq!(ours.live.get("/v1/memory").ok()["content"], "ours");
    }

    fn what_cannot_be_remembered_is_refused(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let long = "x".repeat(100_001);
        for body in [json!({}), json!({ "content": 1 }), json!({ "content": long }), json!({ "content": "a\u{0}b" })] {
            live.put("/api/v1/memory").json(&body).refused(400, "VALIDATION_ERROR");
            live.put("/v1/memory/agent/dev").json(&body).refused(400, "bad_request");
        }
        let name = "n".repeat(101);
        live.put(&format!("/api/v1/memory/agent/{name}")).json(json!({ "content": "x" })).refused(400, "VALIDATION_ERROR");
        server.client().get("/api/v1/memory").refused(401, "AUTH_REQUIRED");
    }

    fn remembering_is_told_without_what_is_remembered(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let mut events = live.get("/api/v1/events").stream();
        live.put("/v1/memory/agent/dev").json(json!({ "content": "hush" })).ok();
        let told = events.wait_for("memory:saved");
        assert_eq!(told.json()["agent"], "dev");
        assert!(!told.data.contains("hush"));
    }
}
