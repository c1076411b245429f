//! The life of a server: how it starts, what it starts with, how it shares a
//! database, how it stops.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use testkit::engine::Engine;
use testkit::http::Client;
use testkit::process::{Command, Guildhall, run};

use crate::program::{BINARY, OPERATOR_KEY, eventually, register, server, text};

/// A server is gone this long after it was asked, whatever its clients do.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Less than a request that is being answered would get.
const AT_ONCE: Duration = Duration::from_secs(4);

fn works(client: &Client, key: &str) -> bool {
    let verified = client.with_key(key).post("/api/auth/verify").send();
    verified.status == 200
}

/// How a server that must not start explains itself; it exits with 1.
#[track_caller]
fn refusal(command: &Command) -> String {
    let refusal = match command.try_start() {
        Ok(_) => panic!("it starts"),
        Err(refusal) => refusal.to_string(),
    };
    assert!(refusal.contains("exit status: 1"), "{refusal}");
    refusal
}

// Stopping.

/// A connection that is sending a request: the server has its head and waits
/// for its body.
fn half_a_request(guildhall: &Guildhall, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(guildhall.address()).expect("a connection");
    let head = format!(
        "POST /api/auth/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_request_that_is_being_answered_is_finished_before_the_server_stops() {
    let scratch = Engine::Sqlite.scratch();
    let mut guildhall = server(scratch.url()).start();
    let body = r#"{"username":"late"}"#;
    let mut request = half_a_request(&guildhall, body);
    guildhall.terminate();
    eventually("it is stopping", || {
        guildhall.stderr().contains("is stopping")
    });
    request.write_all(body.as_bytes()).expect("sent");
    let mut answer = String::new();
    request.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(guildhall.wait(STOP_WITHIN).success());

    let again = server(scratch.url()).start();
    again.client().get("/api/agents/late").ok();
}

#[test]
fn clients_that_ask_for_nothing_do_not_hold_the_server() {
    let scratch = Engine::Sqlite.scratch();
    let mut guildhall = server(scratch.url()).start();
    let keeps_its_connection = guildhall.client();
    keeps_its_connection.get("/healthz").ok();
    let says_nothing = TcpStream::connect(guildhall.address()).expect("a connection");
    guildhall.terminate();
    assert!(guildhall.wait(AT_ONCE).success());
    drop((keeps_its_connection, says_nothing));
}

#[test]
fn requests_that_never_end_do_not_hold_the_server_for_ever() {
    let scratch = Engine::Sqlite.scratch();
    let mut guildhall = server(scratch.url()).start();
    let without_body = half_a_request(&guildhall, "{}");
    let mut without_head = TcpStream::connect(guildhall.address()).expect("a connection");
    without_head
        .write_all(b"GET /api/tasks HTTP/1.1\r\nhos")
        .expect("sent");
    guildhall.terminate();
    assert!(guildhall.wait(STOP_WITHIN).success());
    drop((without_body, without_head));
}

#[test]
fn an_idle_server_stops_at_once_for_both_signals() {
    let scratch = Engine::Sqlite.scratch();
    for signal in ["-TERM", "-INT"] {
        let mut guildhall = server(scratch.url()).start();
        guildhall.client().get("/healthz").ok();
        run(
            "/bin/sh",
            &["-c", &format!("kill {signal} {}", guildhall.id())],
            &[],
        )
        .ok();
        assert!(guildhall.wait(Duration::from_secs(4)).success(), "{signal}");
    }
}

// Sharing.

#[test]
fn a_second_server_on_one_file_is_refused_and_harms_nobody() {
    let scratch = Engine::Sqlite.scratch();
    let first = server(scratch.url()).start();
    let path = scratch.url().trim_start_matches("sqlite:");
    let refusal = refusal(&server(scratch.url()));
    assert!(
        refusal.contains("another guildhall server is running on") && refusal.contains(path),
        "{refusal}"
    );
    register(&first.client(), "unharmed");
    drop(first);
    server(scratch.url())
        .start()
        .client()
        .get("/api/agents/unharmed")
        .ok();
}

#[test]
fn two_servers_share_one_postgres() {
    let scratch = Engine::Postgres.scratch();
    let [here, there] = [(); 2].map(|()| server(scratch.url()).start());
    let operator = here.client().with_key(OPERATOR_KEY);
    let [here, there] = [here.client(), there.client()];
    let key = register(&here, "traveller");
    assert!(works(&there, &key), "what one wrote the other reads");

    let id = there.get("/api/agents/traveller").ok();
    let id = text(&id, "/id");
    operator.post(&format!("/api/moderation/ban/{id}")).ok();
    eventually("a ban reaches the other server", || !works(&there, &key));
    operator.post(&format!("/api/moderation/unban/{id}")).ok();
    eventually("and so does its end", || works(&there, &key));

    let rotated = here.with_key(&key).post("/api/auth/rotate").ok();
    let fresh = text(&rotated, "/api_key");
    assert!(works(&there, &fresh));
    eventually("the old key stops working there too", || {
        !works(&there, &key)
    });
}

#[test]
fn servers_may_start_at_once_on_an_empty_postgres() {
    let scratch = Engine::Postgres.scratch();
    let command = server(scratch.url());
    let started = testkit::parallel(4, |_| {
        command.try_start().map_err(|error| error.to_string())
    });
    for guildhall in started {
        let guildhall = guildhall.unwrap_or_else(|refusal| panic!("{refusal}"));
        let operator = guildhall.client().with_key(OPERATOR_KEY);
        operator.get("/api/cto/pending-reviews").ok();
    }
}

// Starting.

testkit::on_both_engines! {
    fn a_generated_key_is_shown_once_and_stays(engine: Engine) {
        let scratch = engine.scratch();
        let command = Guildhall::command(BINARY).database(scratch.url());
        let first = command.start();
        let printed = first.stderr();
        let (_, rest) = printed.split_once("shown only this once: ").expect("a key");
        let key = rest.split_whitespace().next().expect("a key").to_owned();
        first.client().with_key(&key).get("/api/cto/pending-reviews").ok();
        drop(first);
        let second = command.start();
        assert!(!second.stderr().contains("polt_"), "{}", second.stderr());
        second.client().with_key(&key).get("/api/cto/pending-reviews").ok();
    }

    fn the_probes_answer(engine: Engine) {
        let scratch = engine.scratch();
        let guildhall = server(scratch.url()).start();
        let client = guildhall.client();
        assert_eq!(client.get("/healthz").ok()["status"], "ok");
        assert_eq!(client.get("/readyz").ok()["status"], "ready");
        let metrics = client.get("/metrics").send().expect_status(200);
        assert!(metrics.text.contains("guildhall_request_seconds"), "{metrics}");
        let page = client.get("/").send().expect_status(200);
        assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    }
}

#[test]
fn keys_are_not_logged() {
    let scratch = Engine::Sqlite.scratch();
    let mut guildhall = server(scratch.url())
        .env("GUILDHALL_LOG__FILTER", "debug")
        .start();
    let client = guildhall.client();
    let key = register(&client, "discreet");
    assert!(works(&client, &key));
    client
        .with_key("not-a-key")
        .post("/api/auth/verify")
        .refused(401, "INVALID_KEY");
    guildhall.terminate();
    guildhall.wait(STOP_WITHIN);
    let log = guildhall.stderr();
    assert!(log.contains("/api/auth/verify"), "requests are logged");
    for secret in [key.as_str(), OPERATOR_KEY, "not-a-key"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("guildhall.toml");
    let file = "database = 'sqlite:of-the-file.db'\n[limits]\nregistrations_per_hour = 1\n";
    std::fs::write(&config, file).expect("written");
    let command = Guildhall::command(BINARY)
        .current_dir(folder.path())
        .arg("--config")
        .arg(&config);
    let shown = |command: &Command| command.start().stderr();
    assert!(shown(&command).contains("with sqlite:of-the-file.db"));
    let command = command.env("GUILDHALL_DATABASE", "sqlite:of-the-environment.db");
    assert!(shown(&command).contains("with sqlite:of-the-environment.db"));
    let flagged = command.clone().database("sqlite:of-the-flag.db");
    assert!(shown(&flagged).contains("with sqlite:of-the-flag.db"));

    let registrations = |command: &Command| {
        let guildhall = command.start();
        let register = |name: &str| {
            let body = serde_json::json!({ "username": name });
            guildhall
                .client()
                .post("/api/auth/register")
                .json(body)
                .send()
                .status
        };
        let names = ["a-one", "a-two", "a-three"];
        names
            .iter()
            .take_while(|name| register(name) == 201)
            .count()
    };
    assert_eq!(registrations(&command.clone().database("sqlite:1.db")), 1);
    let two = command.env("GUILDHALL_LIMITS__REGISTRATIONS_PER_HOUR", "2");
    assert_eq!(registrations(&two.database("sqlite:2.db")), 2);
}

#[test]
fn every_operators_key_can_be_set() {
    for key in [
        "12345678901234567890",
        "0123",
        "true",
        "[a]",
        "\"quoted\"",
        "a, b",
    ] {
        let scratch = Engine::Sqlite.scratch();
        let guildhall = server(scratch.url())
            .env("GUILDHALL_OPERATOR_KEY", key)
            .start();
        let operator = guildhall.client().with_key(key);
        let answer = operator.get("/api/cto/pending-reviews").send();
        assert_eq!(answer.status, 200, "{key}: {answer}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("guildhall.toml");
    let path = config.display().to_string();
    let command = server("sqlite:unused.db")
        .current_dir(folder.path())
        .args(["--config", &path]);
    assert!(refusal(&command).contains(&path), "there is none");
    for (text, hint) in [
        ("database = ", "guildhall.toml"),
        ("[limits]\nreads_per_minute = 'few'", "reads_per_minute"),
        ("[server]\nlisten = 'here'", "listen"),
        ("[assets]\n'not a code' = 2", "assets"),
        ("[log]\nfilter = 'guildhall=loud=very'", "log.filter"),
    ] {
        std::fs::write(&config, text).expect("written");
        let refusal = refusal(&command);
        assert!(refusal.contains(hint), "{text}: {refusal}");
    }
    let wrong = command.env("GUILDHALL_LIMITS__REQUESTS_PER_MINUTE", "many");
    std::fs::write(&config, "").expect("written");
    assert!(refusal(&wrong).contains("REQUESTS_PER_MINUTE"));
    assert!(
        !folder.path().join("unused.db").exists(),
        "nothing was begun"
    );
}

#[test]
fn a_mistyped_setting_is_refused_and_the_one_that_was_meant_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("guildhall.toml");
    let path = config.display().to_string();
    let command = server("sqlite:unused.db")
        .current_dir(folder.path())
        .args(["--config", &path]);
    for (text, hint) in [
        (
            "[limits]\nrequets_per_minute = 5",
            "limits.requets_per_minute is not a setting; did you mean limits.requests_per_minute?",
        ),
        (
            "[limit]\nenabled = false",
            "limit is not a setting; did you mean limits?",
        ),
        (
            "listen = '127.0.0.1:1'",
            "listen is not a setting; did you mean server.listen?",
        ),
        (
            "[providers.groq]\nbase_url = 'http://127.0.0.1:1'\napikey = 'hush'",
            "did you mean providers.groq.api_key?",
        ),
        (
            "[[redemption.items]]\nid = 'a'\ntitel = 'A'\nprice = 1",
            "titel is not a setting; did you mean",
        ),
        (
            "[hosting]\nzebra = 'hush'",
            "hosting.zebra is not a setting",
        ),
    ] {
        std::fs::write(&config, text).expect("written");
        let refusal = refusal(&command);
        assert!(
            refusal.contains(hint) && refusal.contains(&path),
            "{text}: {refusal}"
        );
        assert!(!refusal.contains("hush"), "{refusal}");
    }
    std::fs::write(&config, "").expect("written");
    for (mistyped, meant) in [
        ("GUILDHALL_LIMITS__ENABLD", "GUILDHALL_LIMITS__ENABLED"),
        ("GUILDHALL_LIMIT__ENABLED", "GUILDHALL_LIMITS__ENABLED"),
        ("GUILDHALL_DATABSE", "GUILDHALL_DATABASE"),
        ("GUILDHALL_OPERATOR__KEYS", "GUILDHALL_OPERATOR__KEY"),
    ] {
        let refusal = refusal(&command.clone().env(mistyped, "hush"));
        let hint = format!("{mistyped} is not a setting; did you mean {meant}?");
        assert!(refusal.contains(&hint), "{mistyped}: {refusal}");
        assert!(!refusal.contains("hush"), "{refusal}");
    }
    let scratch = Engine::Sqlite.scratch();
    let others = server(scratch.url()).env("GUILDHALL_PORT", "tcp://10.0.0.1:4300");
    let told = others.start().stderr();
    assert!(told.contains("GUILDHALL_PORT is not a setting"), "{told}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let scratch = Engine::Sqlite.scratch();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("an address").to_string();
    let command = Guildhall::command(BINARY).database(scratch.url());
    let refusal = refusal(&command.clone().listen(&address));
    assert!(
        refusal.contains("cannot listen on") && refusal.contains(&address),
        "{refusal}"
    );
    let started = command.start().stderr();
    assert!(
        started.contains("shown only this once"),
        "the key is not lost"
    );
}
