//! What is set in an environment, its log, and health (Polpo 2.5, 2.12).

use serde_json::json;
use testkit::engine::Engine;
use testkit::on_both_engines;
use testkit::server::Server;

on_both_engines! {
    fn settings_are_changed_field_by_field(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let set = |body: serde_json::Value| hosting.live.patch("/api/v1/config/settings").json(body);
        set(json!({ "orchestratorModel": "mock/echo", "maxConcurrency": 3, "unknown": true })).ok();
        let config = set(json!({ "maxConcurrency": null, "reasoning": "low" })).ok();
        let data = &config["data"];
        assert_eq!(data["settings"], json!({ "orchestratorModel": "mock/echo", "reasoning": "low" }));
        assert_eq!((&data["version"], &data["project"], &data["tasks"]), (&json!("1"), &json!("compass"), &json!([])));
        assert_eq!(data["teams"][0]["name"], "default");
        assert_eq!(hosting.live.get("/v1/orchestrator-config").ok()["settings"], data["settings"]);
        assert_eq!(hosting.test.get("/v1/config").ok()["settings"], json!({}));
        set(json!({ "taskTimeout": 0, "approvalGates": [1] })).refused(400, "VALIDATION_ERROR");
        hosting.live.post("/api/v1/config/reload").ok();
        hosting.live.post("/api/v1/config/reload").header("content-type", "application/json").ok();
    }

    fn the_log_tells_what_happened(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        live.post("/api/v1/agents").json(json!({ "name": "dev" })).ok();
        let logs = live.get("/api/v1/logs").ok();
        let id = logs["data"][0]["sessionId"].as_str().expect("a log").to_owned();
        assert_eq!(logs["data"][0]["entries"], 2);
        let entries = live.get(&format!("/v1/logs/{id}")).ok();
        assert_eq!(entries[1]["event"], "agent:added");
        assert_eq!(live.get("/api/v1/logs/other").ok()["data"], json!([]));
    }

    fn health_needs_no_key(engine: Engine) {
        let server = Server::start(engine);
        let health = server.client().get("/api/v1/health").ok();
        assert_eq!((&health["ok"], &health["data"]["status"]), (&json!(true), &json!("ok")));
        assert!(health["data"]["uptime"].is_u64() && health["data"]["version"].is_string(), "{health}");
        for path in ["/health", "/v1/health"] {
            assert_eq!(server.client().get(path).ok()["status"], "ok", "{path}");
        }
    }

    fn the_state_has_everything_and_providers_no_keys(engine: Engine) {
        let server = Server::start_with(engine, |settings| {
            let provider = server::Provider {
                base_url: "http://127.0.0.1:1/v1".into(),
                api_key: Some("a secret".into()),
                ..server::Provider::default()
            };
            settings.providers.insert("groq".into(), provider);
        });
        let live = server.hosting("compass").live;
        live.post("/v1/tasks").json(json!({ "title": "t", "description": "d", "assignTo": "dev", "draft": true })).ok();
        let state = live.get("/api/v1/state").ok()["data"].clone();
        assert_eq!((&state["tasks"][0]["title"], &state["processes"]), (&json!("t"), &json!([])));
        assert!(state["startedAt"].is_string() && state["teams"].is_array(), "{state}");
        let status = live.get("/api/v1/auth/status").send();
        assert!(!status.text.contains("a secret"), "{status}");
        assert_eq!(status.ok()["data"]["providers"]["groq"]["hasEnvKey"], true);
    }

    fn what_there_is_is_described(engine: Engine) {
        let server = Server::start(engine);
        let bare = server.client().get("/v1/openapi.json").ok();
        assert_eq!(bare["openapi"], "3.1.0");
        for path in ["/v1/chat/completions", "/v1/missions/{id}/execute", "/v1/models/{id}", "/v1/events"] {
            assert!(bare["paths"].get(path).is_some(), "{path} is missing");
        }
        let enveloped = server.client().get("/api/v1/openapi.json").ok();
        for path in ["/api/v1/tasks", "/api/v1/agent/tasks/{taskId}/claim"] {
            assert!(enveloped["paths"].get(path).is_some(), "{path} is missing");
        }
    }
}
