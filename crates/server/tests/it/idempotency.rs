//! The same request twice, with an `Idempotency-Key`: one effect, one answer.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Answer, Client, Request};
use testkit::parallel;
use testkit::server::Server;

const REPLAYED: &str = "idempotent-replayed";

trait Once {
    fn once(self, key: &str) -> Self;
}

impl Once for Request {
    fn once(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }
}

fn register(client: &Client, username: &str) -> Request {
    client
        .post("/api/auth/register")
        .json(json!({"username": username}))
}

fn say(client: &Client, project: &str, text: &str) -> Request {
    client
        .post(&format!("/api/projects/{project}/replies"))
        .json(json!({"body": text}))
}

/// How many replies a project has.
fn replies(server: &Server, project: &str) -> Value {
    server
        .client()
        .get(&format!("/api/projects/{project}/replies"))
        .ok()["total"]
        .clone()
}

#[track_caller]
fn assert_replays(first: &Answer, second: &Answer) {
    assert_eq!(
        (second.status, &second.text),
        (first.status, &first.text),
        "{second}"
    );
    assert_eq!(
        (first.header(REPLAYED), second.header(REPLAYED)),
        (None, Some("true")),
        "{second}"
    );
}

testkit::on_both_engines! {
    fn a_repeated_registration_gives_the_same_key_again(engine: Engine) {
        let server = Server::start(engine);
        let first = register(&server.client(), "ada")
            .once("k")
            .send()
            .expect_status(201);
        let second = register(&server.client(), "ada").once("k").send();
        assert_replays(&first, &second);
        let key = second.json["api_key"].as_str().expect("a key");
        server.client().with_key(key).post("/api/auth/verify").ok();
    }

    fn a_repeated_change_has_one_effect(engine: Engine) {
        let server = Server::start(engine);
        let (ada, project) = (server.register("ada").client, server.project("Compass"));
        let first = say(&ada, &project, "North?")
            .once("k")
            .send()
            .expect_status(201);
        assert_replays(&first, &say(&ada, &project, "North?").once("k").send());
        assert_eq!(replies(&server, &project), 1);
        say(&ada, &project, "North?").once("another key").ok();
        say(&ada, &project, "North?").ok();
        assert_eq!(replies(&server, &project), 3);
    }

    fn an_answer_survives_a_restart(engine: Engine) {
        let server = Server::start(engine);
        let first = register(&server.client(), "ada")
            .once("k")
            .send()
            .expect_status(201);
        let database = server.scratch();
        drop(server);
        let server = Server::start_on(database, |_| {});
        assert_replays(&first, &register(&server.client(), "ada").once("k").send());
    }

    fn a_key_belongs_to_one_request(engine: Engine) {
        let server = Server::start(engine);
        let (ada, project) = (server.register("ada").client, server.project("Compass"));
        say(&ada, &project, "North?").once("k").ok();
        say(&ada, &project, "South?")
            .once("k")
            .refused(422, "IDEMPOTENCY_KEY_REUSED");
        let other = server.project("Map");
        say(&ada, &other, "North?")
            .once("k")
            .refused(422, "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(
            (replies(&server, &project), replies(&server, &other)),
            (json!(1), json!(0))
        );
    }

    fn a_key_belongs_to_one_caller(engine: Engine) {
        let server = Server::start(engine);
        let project = server.project("Compass");
        for name in ["ada", "bob"] {
            let answer = say(&server.register(name).client, &project, "North?")
                .once("k")
                .send();
            assert_eq!(
                (answer.status, answer.header(REPLAYED)),
                (201, None),
                "{answer}"
            );
        }
        assert_eq!(replies(&server, &project), 2);
    }

    fn a_refusal_is_not_kept(engine: Engine) {
        let server = Server::start(engine);
        let (ada, bob) = (server.register("ada").client, server.register("bob").client);
        let task = server.task(&server.project("Compass"), "Write the manual");
        let commit = |client: &Client| client.post(&format!("/api/tasks/{task}/commit"));
        commit(&bob).ok();
        commit(&ada).once("k").refused(409, "TASK_NOT_AVAILABLE");
        bob.post(&format!("/api/tasks/{task}/uncommit")).ok();
        let answer = commit(&ada).once("k").send().expect_status(200);
        assert_eq!(answer.header(REPLAYED), None, "{answer}");
        commit(&ada).refused(409, "TASK_NOT_AVAILABLE");
        assert_eq!(
            commit(&ada)
                .once("k")
                .send()
                .expect_status(200)
                .header(REPLAYED),
            Some("true")
        );
    }

    fn the_same_request_sixteen_times_at_once_has_one_effect(engine: Engine) {
        let server = Server::start(engine);
        let (ada, project) = (server.register("ada").client, server.project("Compass"));
        let answers = parallel(16, |_| say(&ada, &project, "North?").once("k").send());
        let (given, waiting): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 201);
        assert!(given.iter().all(|answer| answer.text == given[0].text) && !given.is_empty());
        assert_eq!(
            given
                .iter()
                .filter(|answer| answer.header(REPLAYED).is_none())
                .count(),
            1
        );
        for answer in waiting {
            answer.refused(409, "IDEMPOTENCY_KEY_IN_FLIGHT");
        }
        assert_eq!(replies(&server, &project), 1);
    }

    fn sixteen_registrations_at_once_make_one_account(engine: Engine) {
        let server = Server::start(engine);
        let answers = parallel(16, |_| register(&server.client(), "ada").once("k").send());
        let (given, waiting): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 201);
        assert!(given.iter().all(|answer| answer.text == given[0].text) && !given.is_empty());
        for answer in waiting {
            answer.refused(409, "IDEMPOTENCY_KEY_IN_FLIGHT");
        }
    }
}

#[test]
fn a_key_is_one_to_255_visible_characters() {
    let server = Server::start(Engine::Sqlite);
    let tell = |key: &str| register(&server.client(), "ada").once(key).send();
    for bad in ["", &"k".repeat(256), "schl\u{fc}ssel"] {
        tell(bad).refused(400, "INVALID_IDEMPOTENCY_KEY");
    }
    tell(&"k".repeat(255)).expect_status(201);
}

#[test]
fn a_read_ignores_the_key() {
    let server = Server::start(Engine::Sqlite);
    let count = || server.client().get("/api/projects").once("k").ok()["total"].clone();
    assert_eq!(count(), 0);
    let _project = server.project("Compass");
    assert_eq!(count(), 1);
}

#[test]
fn the_embedded_database_holds_no_clear_key() {
    let server = Server::start(Engine::Sqlite);
    let answer = register(&server.client(), "ada-of-the-file").once("k").ok();
    let key = answer["api_key"].as_str().expect("a key");
    let rotated = server
        .client()
        .with_key(key)
        .post("/api/auth/rotate")
        .once("r")
        .ok();
    let file = server
        .database_url()
        .strip_prefix("sqlite:")
        .expect("a file")
        .to_owned();
    let folder = Path::new(&file).parent().expect("a folder");
    let bytes: Vec<u8> = fs::read_dir(folder)
        .expect("the folder of the database")
        .flat_map(|entry| fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect();
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("ada-of-the-file"), "the search finds what is there");
    assert!(!holds(key) && !holds(&key["polt_".len()..]));
    assert!(!holds(rotated["api_key"].as_str().expect("a key")));
}

#[test]
fn the_shared_database_holds_no_clear_key() {
    let database = testkit::postgres::database().expect("a scratch database");
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.database = database.url().into();
    });
    let answer = register(&server.client(), "ada-of-the-rows").once("k").ok();
    let key = answer["api_key"].as_str().expect("a key");
    let query = |sql: &str| database.query(sql).expect("an answer");
    let tables = query("select tablename from pg_tables where schemaname = 'public'");
    let rows: String = tables
        .lines()
        .map(|table| query(&format!("select t::text from {table} t")))
        .collect();
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    assert!(
        rows.contains("ada-of-the-rows"),
        "the search finds what is there"
    );
    let body = &key["polt_".len()..];
    assert!(!rows.contains(body) && !rows.contains(&hex(body)));
}
