//! The whole way with real keys: sealed and opened by the command line, and
//! nothing readable in between.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::on_both_engines;
use testkit::process::{Output, run};

use super::world::{World, ask, bundle, text};
use crate::program::BINARY;

const PASSWORD: &str = "correct horse battery staple";

/// Files of one person.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn at(&self, name: &str) -> String {
        self.0
            .path()
            .join(name)
            .to_str()
            .expect("a path")
            .to_owned()
    }

    fn put(&self, name: &str, content: &Value) -> String {
        std::fs::write(self.at(name), content.to_string()).expect("written");
        self.at(name)
    }

    fn key(&self) -> Value {
        self.key_for("rsa")
    }

    fn key_for(&self, algorithm: &str) -> Value {
        let file = self.at("private.pem");
        let made = ["--algorithm", algorithm, "--bits", "2048", "--out", &file];
        json_of(guildhall(&[&["seal", "keygen"], &made[..]].concat()))
    }
}

fn guildhall(arguments: &[&str]) -> Output {
    run(BINARY, arguments, &[])
}

fn json_of(output: Output) -> Value {
    serde_json::from_str(&output.ok()).expect("JSON")
}

on_both_engines! {
    fn what_is_sealed_is_opened_by_the_agent_that_was_granted(engine: Engine) {
        all_the_way(engine, "rsa");
    }

    fn an_agent_may_have_an_x25519_key(engine: Engine) {
        all_the_way(engine, "x25519");
    }
}

fn all_the_way(engine: Engine, algorithm: &str) {
    let world = World::open(engine);
    let (publisher, worker) = (Desk::new(), Desk::new());
    let fields = json!({ "login": "ann", "password": PASSWORD });
    let owner_key = publisher.put("public.json", &publisher.key());
    let fields_file = publisher.put("fields.json", &fields);
    let sealed = json_of(guildhall(&[
        "seal",
        "payload",
        "--owner-key",
        &owner_key,
        "--fields",
        &fields_file,
    ]));
    let task = world.publish(json!({ "protectedPayload": sealed }));

    world.claim(&world.worker, &task);
    let key = worker.key_for(algorithm);
    let registered = world
        .worker
        .client
        .put("/api/v1/agent/encryption-key")
        .json(&key)
        .ok();
    assert_eq!(registered["encryptionKey"]["keyId"], key["keyId"]);
    ask(&world.worker.client, &task).expect_status(201);

    let listed = world
        .publisher
        .client
        .get(&format!("/api/v1/agent/tasks/{task}/secret-access"))
        .ok();
    let request = &listed["requests"][0];
    let recovered = world
        .publisher
        .client
        .get(&format!("/api/v1/agent/tasks/{task}/protected-payload"))
        .ok();
    let payload = publisher.put("payload.json", &recovered);
    let private = publisher.at("private.pem");
    let grant = json_of(guildhall(&[
        "seal",
        "grant",
        "--owner-private",
        &private,
        "--payload",
        &payload,
        "--agent-key",
        &request.to_string(),
    ]));
    world.decide(&task, request, "grant").json(&grant).ok();

    let granted = worker.put("bundle.json", &bundle(&world.worker.client, &task).ok());
    let open = |desk: &Desk| {
        guildhall(&[
            "open",
            "--private",
            &desk.at("private.pem"),
            "--bundle",
            &granted,
        ])
    };
    assert_eq!(json_of(open(&worker)), fields);
    // The publisher's key opens its own wrapping, not the agent's.
    let refused = open(&publisher);
    assert!(
        !refused.status.success() && refused.stderr.contains("not wrapped for this"),
        "{}",
        refused.stderr
    );
    if engine == Engine::Sqlite {
        nothing_is_readable(&world, &[&publisher, &worker]);
    }
}

/// Looks through every byte of the database.
fn nothing_is_readable(world: &World, desks: &[&Desk]) {
    let file = world
        .server
        .database_url()
        .trim_start_matches("sqlite:")
        .to_owned();
    let mut dump = Vec::new();
    for part in ["", "-wal"] {
        dump.extend(std::fs::read(format!("{file}{part}")).unwrap_or_default());
    }
    let has = |text: &str| {
        dump.windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(
        has("A256GCM") && has("Check the report"),
        "this is the database"
    );
    assert!(!has(PASSWORD) && !has("BEGIN PRIVATE KEY"));
    for desk in desks {
        let pem = std::fs::read_to_string(desk.at("private.pem")).expect("a key");
        for line in pem.lines().filter(|line| !line.starts_with("-----")) {
            assert!(!has(line), "a line of a private key");
        }
    }
}

#[test]
fn a_private_key_is_for_its_owner_and_never_overwritten() {
    let desk = Desk::new();
    let key = desk.key();
    assert_eq!(text(&key, "/keyId").len(), 43);
    let file = desk.at("private.pem");
    let mode = std::fs::metadata(Path::new(&file))
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = guildhall(&["seal", "keygen", "--bits", "2048", "--out", &file]);
    assert!(
        !again.status.success() && again.stderr.contains("never overwritten"),
        "{}",
        again.stderr
    );
}
