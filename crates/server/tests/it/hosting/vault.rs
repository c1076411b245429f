//! Credentials of hosted agents: stored sealed, shown without values
//! (Polpo 2.12).

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

use crate::program::dump;

const ENTRIES: &str = "/api/v1/vault/entries";
/// What must be nowhere.
const SECRET: &str = "hush-hush-8f2c";

fn entry(agent: &str, service: &str) -> Value {
    json!({
        "agent": agent, "service": service, "type": "smtp", "label": "Mail",
        "credentials": { "user": "dev", "password": SECRET, "port": 587 },
    })
}

fn keys(client: &Client, agent: &str) -> Value {
    client.get(&format!("{ENTRIES}/{agent}")).ok()["data"].clone()
}

on_both_engines! {
    fn values_come_in_and_never_go_out(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let saved = live.post(ENTRIES).header("Idempotency-Key", "once").json(entry("dev", "mail")).ok();
        let meta = json!({
            "agent": "dev", "service": "mail", "type": "smtp", "label": "Mail",
            "keys": ["password", "port", "user"],
        });
        assert_eq!(saved["data"], meta);
        let listed = json!([{ "service": "mail", "type": "smtp", "label": "Mail", "keys": ["password", "port", "user"] }]);
        assert_eq!(keys(&live, "dev"), listed);
        let patch = json!({ "type": "login", "credentials": { "host": SECRET } });
        let patched = live.patch("/v1/vault/entries/dev/mail").json(patch).ok();
        assert_eq!(patched["keys"], json!(["host", "password", "port", "user"]));
        assert_eq!((&patched["type"], &patched["id"]), (&json!("login"), &json!("dev/mail")));
        let dump = dump(&server);
        assert!(dump.contains("mail"), "the dump holds what there is");
        assert!(!dump.contains(SECRET), "a value is in the database");
    }

    fn an_entry_is_replaced_and_removed(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        live.post(ENTRIES).json(entry("dev", "mail")).ok();
        let other = json!({ "agent": "dev", "service": "mail", "type": "custom", "credentials": {} });
        live.post(ENTRIES).json(other).ok();
        assert_eq!(keys(&live, "dev"), json!([{ "service": "mail", "type": "custom", "keys": [] }]));
        let path = format!("{ENTRIES}/dev/mail");
        assert_eq!(live.delete(&path).ok()["data"], json!({ "removed": true }));
        assert_eq!(live.delete(&path).ok()["data"], json!({ "removed": false }));
        assert_eq!(keys(&live, "dev"), json!([]));
        live.patch(&path).json(json!({ "label": "x" })).refused(404, "NOT_FOUND");
    }

    fn nobody_else_sees_an_entry(engine: Engine) {
        let server = Server::start(engine);
        let (ours, theirs) = (server.hosting("compass"), server.hosting("anchor"));
        ours.live.post(ENTRIES).json(entry("dev", "mail")).ok();
        for other in [&ours.test, &theirs.live] {
            assert_eq!(keys(other, "dev"), json!([]));
            other.patch(&format!("{ENTRIES}/dev/mail")).json(json!({ "label": "x" })).refused(404, "NOT_FOUND");
            assert_eq!(other.delete(&format!("{ENTRIES}/dev/mail")).ok()["data"]["removed"], false);
        }
        assert_eq!(keys(&ours.live, "ada"), json!([]));
        assert_eq!(keys(&ours.live, "dev").as_array().map(Vec::len), Some(1));
    }

    fn what_is_no_entry_is_refused(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let with = |field: &str, value: Value| {
            let mut body = entry("dev", "mail");
            body[field] = value;
            body
        };
        let many: serde_json::Map<_, _> = (0..51).map(|n| (n.to_string(), json!("x"))).collect();
        for body in [
            with("agent", json!("")),
            with("agent", Value::Null),
            with("agent", json!(".")),
            with("service", json!("..")),
            with("service", json!("s".repeat(101))),
            with("type", json!("ftp")),
            with("credentials", json!("password")),
            with("credentials", json!({ "a": { "b": 1 } })),
            with("credentials", json!({ "a": "x".repeat(20_001) })),
            with("credentials", json!(many)),
            json!([]),
        ] {
            let refused = live.post(ENTRIES).json(body).refused(400, "VALIDATION_ERROR");
            assert!(!refused.text.contains(SECRET), "{refused}");
        }
        assert_eq!(keys(&live, "dev"), json!([]));
    }

    fn the_log_tells_of_it_without_values(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let mut events = live.get("/api/v1/events").stream();
        live.post(ENTRIES).json(entry("dev", "mail")).ok();
        let told = events.wait_for("vault:saved");
        assert_eq!(told.json(), json!({ "agent": "dev", "service": "mail", "action": "saved" }));
    }

    fn another_key_opens_nothing_and_says_so(engine: Engine) {
        let scratch = Arc::new(engine.scratch());
        let server = Server::start_on(Arc::clone(&scratch), |_| {});
        let made = server.operator().post("/guild/v1/projects").json(json!({ "name": "compass" })).ok();
        let ours = made["keys"]["live"].as_str().expect("a key");
        server.client().with_key(ours).post(ENTRIES).json(entry("dev", "mail")).ok();
        let key = scratch.folder().join("other-key");
        drop(server);
        std::fs::write(&key, "ab".repeat(32)).expect("a key");
        let other = key.clone();
        let server = Server::start_on(Arc::clone(&scratch), move |settings| settings.vault.key_file = Some(other));
        let live = server.client().with_key(ours);
        assert_eq!(keys(&live, "dev").as_array().map(Vec::len), Some(1), "names need no key");
        let path = format!("{ENTRIES}/dev/mail");
        let refused = live.patch(&path).json(json!({ "credentials": { "a": "b" } })).refused(503, "UNAVAILABLE");
        assert!(refused.text.contains("vault.key_file"), "{refused}");
        live.post(ENTRIES).json(entry("dev", "mail")).ok();
        live.patch(&path).json(json!({ "credentials": { "a": "b" } })).ok();
        drop(server);
        std::fs::write(&key, "no key").expect("written");
        let server = Server::start_on(scratch, move |settings| settings.vault.key_file = Some(key));
        let live = server.client().with_key(ours);
        live.post(ENTRIES).json(entry("dev", "mail")).refused(503, "UNAVAILABLE");
    }
}
