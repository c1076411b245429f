//! The stream of what happens in an environment (Polpo 2.11).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::Server;

use super::models::Nodes;

const EVENTS: &str = "/api/v1/events";

fn add(client: &Client, name: &str) {
    client
        .post("/api/v1/agents")
        .json(json!({ "name": name }))
        .ok();
}

on_both_engines! {
    fn what_happens_is_told_to_the_environment_alone(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let mut live = hosting.live.get(EVENTS).stream();
        let mut bare = hosting.live.get("/v1/events").stream();
        let mut test = hosting.test.get(EVENTS).stream();
        assert_eq!((live.status(), live.header("content-type")), (200, Some("text/event-stream")));
        add(&hosting.live, "dev");
        add(&hosting.test, "other");
        for stream in [&mut live, &mut bare] {
            let event = stream.wait_for("agent:added");
            assert_eq!(event.json()["agent"]["name"], "dev");
            assert!(!event.id.is_empty());
        }
        assert_eq!(test.wait_for("agent:added").json()["agent"]["name"], "other");
    }

    fn a_stream_goes_on_where_it_was_left(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let mut stream = live.get(EVENTS).stream();
        add(&live, "one");
        let seen = stream.wait_for("agent:added").id;
        drop(stream);
        add(&live, "two");
        add(&live, "three");
        let resumed = [
            live.get(EVENTS).header("last-event-id", &seen).stream(),
            live.get(&format!("{EVENTS}?lastEventId={seen}")).stream(),
        ];
        for mut stream in resumed {
            let names = ["two", "three", "four"];
            for (place, name) in names.into_iter().enumerate() {
                if place == 2 && live.get("/api/v1/agents/four").send().status == 404 {
                    add(&live, "four");
                }
                assert_eq!(stream.wait_for("agent:added").json()["agent"]["name"], *name);
            }
        }
        live.get(EVENTS).header("last-event-id", "evt_1").refused(400, "VALIDATION_ERROR");
    }

    fn a_filter_and_a_key_in_the_query(engine: Engine) {
        let server = Server::start(engine);
        let made = server.operator().post("/guild/v1/projects").json(json!({ "name": "compass" })).ok();
        let key = made["keys"]["live"].as_str().expect("a key");
        let live = server.client().with_key(key);
        let mut stream = server.client().get(&format!("{EVENTS}?apiKey={key}&filter=config:*,log")).stream();
        assert_eq!(stream.status(), 200);
        add(&live, "dev");
        live.post("/api/v1/agents/teams").json(json!({ "name": "core" })).ok();
        // What was committed just before may come, too: the log is heard from
        // its oldest running transaction on.
        let first = stream.next_event().expect("an event").name;
        if first == "config:created" {
            assert_eq!(stream.next_event().expect("an event").name, "config:reloaded");
        } else {
            assert_eq!(first, "config:reloaded");
        }
        server.client().get(&format!("/api/v1/agents?apiKey={key}")).refused(401, "AUTH_REQUIRED");
        server.client().get(EVENTS).refused(401, "AUTH_REQUIRED");
    }
}

#[test]
fn events_of_another_node_are_told() {
    let nodes = Nodes::start(|_| {});
    let [there, here] = &nodes.live;
    let mut stream = here.get(EVENTS).stream();
    add(there, "dev");
    assert_eq!(
        stream.wait_for("agent:added").json()["agent"]["name"],
        "dev"
    );
}

/// More events than wait in memory for a listener that does not read.
const MISSED: usize = 1_200;

#[test]
fn a_slow_reader_gets_everything_later() {
    let server = Server::start(Engine::Sqlite);
    let made = server.operator().post("/guild/v1/projects");
    let made = made.json(json!({ "name": "compass" })).ok();
    let key = made["keys"]["live"].as_str().expect("a key");
    let live = server.client().with_key(key);
    add(&live, "dev");
    let mut slow = TcpStream::connect(server.client().address()).expect("a connection");
    let ask = format!("GET {EVENTS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n");
    slow.write_all(ask.as_bytes()).expect("sent");
    let mut reader = BufReader::new(slow);
    let mut line = String::new();
    while !line.starts_with("retry:") {
        line.clear();
        reader.read_line(&mut line).expect("a line");
    }
    // Each is larger than what the way to the reader holds of all of them.
    let prompt = "x".repeat(16_000);
    for n in 0..MISSED {
        let change = json!({ "role": n.to_string(), "systemPrompt": prompt });
        live.patch("/api/v1/agents/dev").json(change).ok();
    }
    let mut next = 0;
    while next < MISSED {
        line.clear();
        assert!(
            reader.read_line(&mut line).expect("a line") > 0,
            "the stream ended at {next}"
        );
        let data = line.strip_prefix("data: ");
        let Some(data) = data.and_then(|data| serde_json::from_str::<Value>(data).ok()) else {
            continue;
        };
        assert_eq!(data["agent"]["role"], next.to_string());
        next += 1;
    }
}
