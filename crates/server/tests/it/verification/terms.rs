//! Terms that make no sense are refused when a task is published.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::engine::Engine;
use testkit::on_both_engines;

use crate::secrets::world::{World, text};

/// A verifier that accepts everything.
pub(super) fn accepting() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "{\22pass\22:true}")
            (func (export "verify")
                (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 13))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
    )
    .expect("a module")
}

fn hex(module: &[u8]) -> String {
    domain::hex::encode(&Sha256::digest(module))
}

fn wat(text: &str) -> Value {
    json!({ "verifier": { "wasmBase64": STANDARD.encode(wat::parse_str(text).expect("a module")) } })
}

on_both_engines! {
    fn a_verifier_is_stored_once_and_can_be_fetched_by_anybody(engine: Engine) {
        let world = World::open(engine);
        let module = accepting();
        let by_code = json!({ "verifier": { "wasmBase64": STANDARD.encode(&module) } });
        let by_hash = json!({ "verifier": { "sha256": hex(&module) } });
        world.try_publish(by_hash.clone()).refused(422, "INVALID_VERIFIER");
        for terms in [&by_code, &by_hash, &by_code] {
            let published = world.try_publish(terms.clone()).send().expect_status(201);
            assert_eq!(text(&published.json, "/task/verifier/sha256"), hex(&module));
        }
        let path = format!("/api/v1/market/verifiers/{}", hex(&module));
        let found = world.server.client().get(&path).ok();
        assert_eq!(text(&found, "/verifier/wasmBase64"), STANDARD.encode(&module));
        for unknown in ["0".repeat(64), "x".to_owned()] {
            world.server.client().get(&format!("/api/v1/market/verifiers/{unknown}")).refused(404, "NOT_FOUND");
        }
    }
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    let world = World::open(Engine::Sqlite);
    let schema = |schema: Value| json!({ "expectedSchema": schema });
    let rule = |rule: Value| json!({ "outputRules": { "checks": [rule] } });
    for (terms, code) in [
        (schema(json!({ "type": "integr" })), "INVALID_SCHEMA"),
        (
            schema(json!({ "$ref": "https://example.org/other" })),
            "INVALID_SCHEMA",
        ),
        (
            schema(json!({ "$schema": "http://json-schema.org/draft-07/schema#" })),
            "INVALID_SCHEMA",
        ),
        (
            schema(json!({ "properties": { "a": { "pattern": "(" } } })),
            "INVALID_SCHEMA",
        ),
        (rule(json!({ "type": "runs", "value": 1 })), "INVALID_RULES"),
        (json!({ "outputRules": {} }), "INVALID_RULES"),
        (
            json!({ "verifier": { "wasmBase64": STANDARD.encode("no module") } }),
            "INVALID_VERIFIER",
        ),
        (
            wat(r#"(module (memory (export "memory") 1))"#),
            "INVALID_VERIFIER",
        ),
        (
            wat(
                r#"(module (import "env" "open" (func)) (memory (export "memory") 1) (func (export "verify")))"#,
            ),
            "INVALID_VERIFIER",
        ),
    ] {
        let refused = world.try_publish(terms).refused(422, code);
        let cause = &refused.json["error"]["details"][0];
        assert!(
            cause["message"].is_string() && cause["path"].is_string(),
            "{refused}"
        );
    }
    // Nothing of it was kept, and the wallet is whole.
    let wallet = world.publisher.client.get("/api/v1/agent/wallet").ok();
    assert_eq!(wallet["wallet"]["frozen"], 0);
    world.publish(json!({
        "expectedSchema": { "type": "object", "required": ["a"] },
        "outputRules": { "checks": [{ "type": "count", "pointer": "/a", "value": 2 }] },
    }));
}
