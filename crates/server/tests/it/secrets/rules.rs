//! Who may ask, grant, read and take back.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;

use super::world::{World, ask, bundle, register_key, somehow_sealed, text, wrapped};

/// An id that nothing has.
const MADE_UP: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

on_both_engines! {
    fn a_key_may_come_with_the_registration(engine: Engine) {
        let world = World::open(engine);
        let keys = [
            (json!("-----BEGIN PUBLIC KEY-----"), "pem", "RSA-OAEP-256"),
            (json!({ "publicKey": "a key", "algorithm": "X25519", "format": "raw" }), "raw", "X25519"),
            (json!({ "kty": "RSA", "n": "AQAB" }), "jwk", "RSA-OAEP-256"),
        ];
        for (key, format, algorithm) in keys {
            let body = json!({ "name": format!("agent {format}"), "encryptionPublicKey": key });
            let made = world.server.client().post("/api/v1/agent/register").json(body).send().expect_status(201);
            let agent = world.server.client().with_key(&text(&made.json, "/apiKey"));
            let kept = agent.get("/api/v1/agent/encryption-key").ok();
            let kept = &kept["encryptionKey"];
            assert_eq!((&kept["format"], &kept["algorithm"]), (&json!(format), &json!(algorithm)));
        }
        let empty = json!({ "name": "nobody", "encryptionPublicKey": "" });
        world.server.client().post("/api/v1/agent/register").json(empty).refused(400, "VALIDATION_FAILED");
    }

    fn access_is_asked_for_granted_read_and_taken_back(engine: Engine) {
        let world = World::open(engine);
        let task = world.publish_sealed();
        let request = world.requested(&task);
        assert_eq!(request["status"], "pending");
        let again = ask(&world.worker.client, &task).ok();
        assert_eq!(again["request"]["id"], request["id"]);
        bundle(&world.worker.client, &task).refused(403, "NOT_GRANTED");

        let listed = world.publisher.client.get(&format!("/api/v1/agent/tasks/{task}/secret-access")).ok();
        assert_eq!(listed["requests"], listed["items"]);
        let shown = &listed["items"][0];
        assert_eq!(shown["publicKey"], "a key of the worker");
        assert_eq!((&shown["agentName"], &shown["agentId"]), (&json!("worker"), &json!(world.worker.id)));
        assert_eq!(shown["keyId"], request["keyId"]);

        let grant = world.decide(&task, &request, "grant").json(json!({ "wrappedKey": wrapped(&request) })).ok();
        assert_eq!(grant["grant"]["status"], "granted");
        let opened = bundle(&world.worker.client, &task).ok();
        let (opened, sealed) = (&opened["bundle"], somehow_sealed());
        for field in ["payloadId", "algorithm", "iv", "ciphertext", "fieldNames"] {
            assert_eq!(opened[field], sealed[field], "{field}");
        }
        assert_eq!(opened["wrappedKey"], wrapped(&request));
        assert_eq!(opened["agentId"], json!(world.worker.id));
        assert_eq!((&opened["ownerKey"], &opened["ownerWrappedKey"]), (&Value::Null, &Value::Null));

        world.decide(&task, &request, "grant").json(json!({ "wrappedKey": wrapped(&request) })).refused(409, "INVALID_STATE");
        let revoked = world.decide(&task, &request, "revoke").ok();
        assert_eq!(revoked["request"]["status"], "revoked");
        bundle(&world.worker.client, &task).refused(403, "NOT_GRANTED");
        world.decide(&task, &request, "revoke").refused(409, "INVALID_STATE");
        let own = world.worker.client.get(&format!("/api/v1/agent/tasks/{task}/secret-access")).ok();
        assert_eq!(own["request"]["status"], "revoked");
        let anew = ask(&world.worker.client, &task).ok();
        assert_ne!(anew["request"]["id"], request["id"]);
        let denied = world.decide(&task, &anew["request"], "revoke").ok();
        assert_eq!(denied["request"]["status"], "denied");
    }

    fn only_who_works_on_it_with_a_key_may_ask(engine: Engine) {
        let world = World::open(engine);
        let task = world.publish_sealed();
        let other = world.server.register("other").client;
        register_key(&other, "another key");
        ask(&world.worker.client, &task).refused(403, "FORBIDDEN");
        world.claim(&world.worker, &task);
        ask(&world.worker.client, &task).refused(403, "FORBIDDEN");
        ask(&other, &task).refused(403, "FORBIDDEN");
        bundle(&other, &task).refused(403, "FORBIDDEN");
        ask(&other, MADE_UP).refused(404, "NOT_FOUND");
        let plain = world.publish(json!({}));
        ask(&other, &plain).refused(404, "NOT_FOUND");
        register_key(&world.worker.client, "a key");
        ask(&world.worker.client, &task).expect_status(201);
        // Where everybody may try, everybody with a key may ask.
        let open = world.publish(json!({ "submissionMode": "open", "protectedPayload": somehow_sealed() }));
        ask(&other, &open).expect_status(201);
        ask(&world.worker.client, &open).expect_status(201);
        ask(&world.server.register("keyless").client, &open).refused(403, "FORBIDDEN");
    }

    fn only_the_publisher_decides(engine: Engine) {
        let world = World::open(engine);
        let (task, another) = (world.publish_sealed(), world.publish_sealed());
        let request = world.requested(&task);
        let path = format!("/api/v1/agent/tasks/{task}");
        let id = text(&request, "/id");
        let body = json!({ "wrappedKey": wrapped(&request) });
        for stranger in [&world.worker.client, &world.server.register("stranger").client, &world.server.operator()] {
            for how in ["grant", "revoke"] {
                stranger.post(&format!("{path}/secret-access/{id}/{how}")).json(&body).refused(403, "FORBIDDEN");
            }
            for read in ["secret-audit", "protected-payload"] {
                stranger.get(&format!("{path}/{read}")).refused(403, "FORBIDDEN");
            }
        }
        world.decide(&another, &request, "grant").json(&body).refused(404, "NOT_FOUND");
        for people in ["secret-access", "secret-audit", "protected-payload"] {
            let path = format!("/api/v1/human/tasks/{task}/{people}");
            world.publisher.client.get(&path).refused(403, "WRONG_ROLE");
        }
        for bad in [json!({}), json!({ "wrappedKey": "x" }), json!({ "wrappedKey": { "keyId": "x" } })] {
            world.decide(&task, &request, "grant").json(&bad).refused(400, "VALIDATION_FAILED");
        }
        assert_eq!(world.traces(&task), ["request"]);
    }

    fn a_key_that_was_replaced_ends_what_it_was_granted(engine: Engine) {
        let world = World::open(engine);
        let task = world.publish_sealed();
        let request = world.granted(&task);
        let key = register_key(&world.worker.client, "a new key");
        assert_ne!(key["keyId"], request["keyId"]);
        bundle(&world.worker.client, &task).refused(403, "NOT_GRANTED");
        let anew = ask(&world.worker.client, &task).ok()["request"].clone();
        assert_eq!(anew["keyId"], key["keyId"]);
        let stale = json!({ "wrappedKey": wrapped(&request) });
        world.decide(&task, &anew, "grant").json(&stale).refused(409, "INVALID_STATE");
        // It changes between the asking and the grant.
        register_key(&world.worker.client, "the newest key");
        let late = json!({ "wrappedKey": wrapped(&anew) });
        world.decide(&task, &anew, "grant").json(&late).refused(409, "INVALID_STATE");
        bundle(&world.worker.client, &task).refused(403, "NOT_GRANTED");
        assert_eq!(world.traces(&task), ["request", "grant", "revoke", "request"]);
    }

    fn losing_the_claim_ends_reading(engine: Engine) {
        let world = World::open(engine);
        let (given_back, lapsed) = (world.publish_sealed(), world.publish_sealed());
        let request = world.granted(&given_back);
        world.worker.client.post(&format!("/api/tasks/{given_back}/uncommit")).ok();
        bundle(&world.worker.client, &given_back).refused(403, "FORBIDDEN");
        assert!(!request.is_null());
        let request = world.requested(&lapsed);
        world.advance_hours(25);
        let body = json!({ "wrappedKey": wrapped(&request) });
        world.decide(&lapsed, &request, "grant").json(&body).refused(409, "INVALID_STATE");
        bundle(&world.worker.client, &lapsed).refused(403, "FORBIDDEN");
        ask(&world.worker.client, &lapsed).refused(403, "FORBIDDEN");
    }
}

#[test]
fn keys_are_opaque_and_bounded() {
    let world = World::open(Engine::Sqlite);
    let client = &world.worker.client;
    let path = "/api/v1/agent/encryption-key";
    client.get(path).refused(404, "NOT_FOUND");
    for bad in [
        json!({}),
        json!({ "publicKey": "" }),
        json!({ "publicKey": null }),
        json!({ "publicKey": "x", "algorithm": "" }),
        json!({ "publicKey": "x".repeat(300_000) }),
    ] {
        client
            .put(path)
            .json(&bad)
            .refused(400, "VALIDATION_FAILED");
    }
    let jwk = json!({ "kty": "RSA", "n": "abc", "e": "AQAB" });
    let body = json!({ "publicKey": jwk, "format": "jwk" });
    let set = client.post(path).json(&body).ok();
    assert_eq!(set, client.get(path).ok());
    let key = &set["encryptionKey"];
    assert_eq!(
        (&key["status"], &key["algorithm"]),
        (&json!("active"), &json!("RSA-OAEP-256"))
    );
    let kept: Value = serde_json::from_str(&text(key, "/publicKey")).expect("JSON");
    assert_eq!(kept, jwk);
}
