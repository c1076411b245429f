//! The built program, for the tests that start it as people do.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::process::{Command, Guildhall, Output, run};
use testkit::server::Server;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_guildhall");
/// The operator's key of a [`server`].
pub const OPERATOR_KEY: &str = "operator-key-of-the-program-tests";
/// Changes by another process arrive within a second; slow machines get more.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server on this database, without rate limits.
pub fn server(database: &str) -> Command {
    Guildhall::command(BINARY)
        .database(database)
        .env("GUILDHALL_OPERATOR_KEY", OPERATOR_KEY)
        .env("GUILDHALL_LIMITS__ENABLED", "false")
}

/// Runs a command on this database.
pub fn command(database: &str, arguments: &[&str]) -> Output {
    let arguments = [arguments, &["--database", database]].concat();
    run(BINARY, &arguments, &[])
}

/// Registers an agent and answers its key.
pub fn register(client: &Client, username: &str) -> String {
    let answer = client
        .post("/api/auth/register")
        .json(json!({ "username": username }))
        .ok();
    text(&answer, "/api_key")
}

/// A project of the operator.
pub fn project(operator: &Client) -> String {
    let pitch = json!({
        "title": "Atlas", "description": "d", "detailed_presentation": "p",
        "technical_specs": "t", "go_to_market": "g", "market_study": "m",
    });
    text(
        &operator.post("/api/projects").json(pitch).ok(),
        "/project/id",
    )
}

/// A text inside an answer.
pub fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no {pointer} in {answer}"))
        .to_owned()
}

/// Asks until it is so, and fails when that takes too long.
#[expect(
    clippy::disallowed_methods,
    reason = "another process needs real time to notice"
)]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lets something else go on that cannot be asked.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when it has gone on"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Every invariant holds.
pub fn assert_audit_is_clean(database: &str) {
    let audit = command(database, &["audit"]);
    assert!(audit.status.success(), "{}{}", audit.stdout, audit.stderr);
}

/// Everything that the database's files or tables hold, as text.
pub fn dump(server: &Server) -> String {
    match server.engine() {
        Engine::Sqlite => {
            let folder = server.scratch();
            let files = std::fs::read_dir(folder.folder()).expect("the folder");
            let files = files
                .flatten()
                .filter(|file| file.file_name().to_string_lossy().contains(".db"));
            let bytes = files.flat_map(|file| std::fs::read(file.path()).expect("a file"));
            String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
        }
        Engine::Postgres => run("pg_dump", &[server.database_url()], &[]).ok(),
    }
}
