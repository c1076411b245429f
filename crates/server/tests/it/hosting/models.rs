//! Models of a provider: what it is asked, and what becomes of its faults.

use crate::program::{eventually, pause};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use ::server::Settings;
use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::server::{Hosting, Server};
use testkit::upstream::{API_KEY, Script, Upstream};

use super::chat::{CHAT, asked, events, say, say_streamed, session, text};
use super::sessions::messages;

/// A provider, a server that asks it, a project there.
pub(super) fn world(engine: Engine) -> (Upstream, Server, Hosting) {
    let upstream = Upstream::start();
    let server = Server::start_with(engine, |settings| upstream.configure(settings));
    let hosting = server.hosting("compass");
    (upstream, server, hosting)
}

/// Two nodes on one database, and a project that is live on both. The embedded
/// engine has one server, and commands beside it.
pub(super) struct Nodes {
    pub(super) servers: [Server; 2],
    /// The project's live environment, by node.
    pub(super) live: [Client; 2],
    /// Its key.
    pub(super) key: String,
}

impl Nodes {
    pub(super) fn start(configure: impl Fn(&mut Settings)) -> Self {
        let one = Server::start_on(Arc::new(Engine::Postgres.scratch()), &configure);
        let made = one.operator().post("/guild/v1/projects");
        let made = made.json(json!({ "name": "compass" })).ok();
        let key = made["keys"]["live"].as_str().expect("a key").to_owned();
        let two = Server::start_on(one.scratch(), &configure);
        let servers = [one, two];
        let live = servers.each_ref().map(|node| node.client().with_key(&key));
        Self { servers, live, key }
    }
}

/// Sends a chat request and leaves after the first bytes of the answer.
pub(super) fn say_and_leave(client: &Client, key: &str, body: &Value, until: &str) {
    say_and_leave_with(client, key, "", body, until);
}

/// As [`say_and_leave`], with more lines of headers.
pub(super) fn say_and_leave_with(
    client: &Client,
    key: &str,
    headers: &str,
    body: &Value,
    until: &str,
) {
    let body = body.to_string();
    let request = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nx-session-id: left\r\n{headers}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(client.address()).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(until) {
        let read = stream.read(&mut buffer).expect("bytes");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..read]);
    }
}

/// A project's key, which `Client` does not tell.
pub(super) fn key(server: &Server) -> String {
    let issued = server.operator().post("/guild/v1/projects/compass/keys");
    let issued = issued.json(json!({ "environment": "live" })).ok();
    issued["key"].as_str().expect("a key").to_owned()
}

/// Waits until an answer has come to the session of [`say_and_leave`].
fn wait_for_answer(client: &Client) -> String {
    let mut said = String::new();
    eventually("an answer is stored", || {
        let answer = client.get("/api/v1/chat/sessions/left/messages").send();
        let stored = &answer.json["data"]["messages"][1]["content"];
        said = stored.as_str().unwrap_or_default().to_owned();
        !said.is_empty()
    });
    said
}

on_both_engines! {
    fn a_provider_is_asked_in_its_own_form(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        upstream.answers(vec![Script::says(&["Hel", "lo"])]);
        let mut body = asked("hi");
        for (name, value) in [
            ("temperature", json!(0.5)), ("seed", json!(7)), ("user", json!("u1")), ("agent", json!(null)),
            ("metadata", json!({ "a": "b" })), ("polpo", json!({})), ("model", json!("double:one")), ("max_tokens", json!(9)),
        ] {
            body[name] = value;
        }
        let answer = hosting.live.post(CHAT).json(body).ok();
        assert_eq!(answer["choices"][0]["message"]["content"], "Hello");
        assert_eq!(answer["usage"], json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 }));
        let requests = upstream.asked();
        let request = &requests[0];
        assert_eq!(request.path, "/v1/chat/completions");
        assert_eq!(request.header("authorization"), Some(format!("Bearer {API_KEY}").as_str()));
        assert_eq!(request.json(), json!({
            "model": "one", "messages": [{ "role": "user", "content": "hi" }], "stream": true,
            "stream_options": { "include_usage": true }, "temperature": 0.5, "seed": 7, "max_tokens": 9,
        }));
        for _ in 0..5 {
            say(&hosting.live, "again").ok();
        }
        assert_eq!(upstream.connections(), 1, "a connection is used again");
    }

    fn bits_come_as_they_are_sent(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        let thinking = json!({ "choices": [{ "delta": { "reasoning_content": "hm" } }] });
        let script = Script::stream().send(": hello\r\n\r\n").chunk(thinking);
        upstream.answers(vec![script.texts(&["one ", "two"]).end("length")]);
        let answer = say_streamed(&hosting.live, "count");
        let events = events(&answer);
        assert_eq!(text(&events), "one two");
        assert_eq!(events[1]["choices"][0]["thinking"], "hm", "{answer}");
        let last = events.last().expect("an end");
        assert_eq!(last["choices"][0]["finish_reason"], "length", "{answer}");
    }

    fn refusals_are_tried_again_where_that_helps(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        let busy = |status| Script::refuses(status, "busy").header("retry-after", "0");
        upstream.answers(vec![busy(429), busy(503), Script::says(&["fine"])]);
        let answer = say(&hosting.live, "hi").ok();
        assert_eq!(answer["choices"][0]["message"]["content"], "fine");
        assert_eq!(upstream.asked().len(), 3);
        upstream.answers(vec![Script::refuses(429, "busy").header("retry-after", "3600")]);
        let answer = say(&hosting.live, "hi").refused(502, "upstream_rate_limited");
        assert_eq!(answer.header("retry-after"), Some("3600"), "{answer}");
        assert_eq!(upstream.asked().len(), 4, "an hour is not waited");
    }

    fn refusals_have_names(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        for (script, status, code, tries) in [
            (Script::refuses(401, &format!("bad key {API_KEY}")), 502, "upstream_refused", 1),
            (Script::refuses(403, "no"), 502, "upstream_refused", 1),
            (Script::refuses(400, &format!("temperature is too high {API_KEY}")), 400, "model_refused", 1),
            (Script::refuses(500, "no").header("retry-after", "0"), 502, "upstream_failed", 3),
            (Script::stream().break_off(), 502, "upstream_failed", 3),
            (Script::refuses(200, "no stream"), 502, "upstream_nonsense", 1),
        ] {
            let before = upstream.asked().len();
            upstream.answers(vec![script.clone()]);
            let answer = say(&hosting.live, "hi").refused(status, code);
            assert_eq!(upstream.asked().len() - before, tries, "{code}");
            assert!(!answer.to_string().contains(API_KEY), "{answer}");
            let said = messages(&hosting.live, &session(&answer));
            assert_eq!(said[0]["content"], "hi");
            assert_eq!(said[1]["content"], "[Response interrupted]", "{code}");
            let streamed = events(&say_streamed(&hosting.live, "hi"));
            assert_eq!(streamed.last().expect("an event")["error"]["code"], code);
        }
        let models = server.operator().get("/guild/v1/projects").send();
        assert!(!models.text.contains(API_KEY), "{models}");
    }

    fn what_was_said_before_a_fault_is_kept(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        let begun = || Script::stream().texts(&["Hel", "lo"]);
        let error = json!({ "error": { "message": "out of memory" } });
        for (script, code) in [
            (begun().break_off(), "upstream_broken"),
            (begun(), "upstream_broken"),
            (begun().send("data: [DONE]\n\n"), "upstream_broken"),
            (begun().send("data: {\"choices\": [{\n\n"), "upstream_nonsense"),
            (begun().chunk(error), "upstream_failed"),
            (begun().stall(), "upstream_silent"),
        ] {
            let before = upstream.asked().len();
            upstream.answers(vec![script]);
            let answer = say(&hosting.live, "hi").refused(502, code);
            assert_eq!(answer.json["error"]["type"], "upstream_error", "{answer}");
            assert_eq!(messages(&hosting.live, &session(&answer))[1]["content"], "Hello", "{code}");
            let streamed = say_streamed(&hosting.live, "hi");
            let told = events(&streamed);
            assert_eq!(text(&told), "Hello", "{code}");
            assert_eq!(told.last().expect("an event")["error"]["code"], code, "{streamed}");
            assert!(!streamed.text.contains("finish_reason\":\"stop"), "{streamed}");
            assert_eq!(messages(&hosting.live, &session(&streamed))[1]["content"], "Hello", "{code}");
            assert_eq!(upstream.asked().len() - before, 2, "what has begun is not asked again");
        }
    }

    fn a_caller_who_leaves_ends_the_request(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        let key = key(&server);
        upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
        let mut body = asked("hi");
        body["stream"] = true.into();
        say_and_leave(&hosting.live, &key, &body, "\"lo\"");
        upstream.wait_until_left(1);
        assert_eq!(wait_for_answer(&hosting.live), "Hello");
    }

    fn a_caller_who_does_not_wait_loses_nothing(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        let key = key(&server);
        upstream.answers(vec![Script::stream().texts(&["Hel", "lo"]).stall()]);
        let body = asked("hi").to_string();
        let mut stream = TcpStream::connect(hosting.live.address()).expect("a connection");
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nx-session-id: left\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).expect("sent");
        eventually("the model is asked", || !upstream.asked().is_empty());
        // What it said so far is on its way.
        pause(Duration::from_millis(200));
        drop(stream);
        upstream.wait_until_left(1);
        assert_eq!(wait_for_answer(&hosting.live), "Hello");
    }

    fn costs_are_counted_against_the_budget(engine: Engine) {
        let (upstream, server, hosting) = world(engine);
        upstream.answers(vec![Script::says(&["x"])]);
        let budget = |credits: i64| {
            let request = server.operator().patch("/guild/v1/projects/compass");
            request.json(json!({ "environment": "live", "budget": credits })).ok();
        };
        // 11 and 7 tokens at 1 and 2 credits each are 25 credits.
        budget(50);
        say(&hosting.live, "one").ok();
        say_streamed(&hosting.live, "two").expect_status(200);
        let answer = say(&hosting.live, "three").refused(402, "budget_exhausted");
        assert_eq!(answer.json["error"]["type"], "insufficient_quota", "{answer}");
        say_streamed(&hosting.live, "three").refused(402, "budget_exhausted");
        say(&hosting.test, "another budget").ok();
        budget(1_000);
        say(&hosting.live, "four").ok();
    }

    fn what_the_user_might_say_next_is_suggested(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        let next = "[{\"label\": \"More\", \"prompt\": \"Tell me more\"}]";
        upstream.answers(vec![Script::says(&["Hi"]), Script::says(&[next]), Script::says(&["Hi"]), Script::says(&[next])]);
        let mut body = asked("hello");
        body["polpo"] = json!({ "capabilities": { "suggestions": true } });
        let suggested = json!({ "suggestions": [{ "id": "suggestion-1", "label": "More", "prompt": "Tell me more" }] });
        let answer = hosting.live.post(CHAT).json(&body).ok();
        assert_eq!(answer["polpo"], suggested);
        assert_eq!(answer["choices"][0]["message"]["content"], "Hi");
        assert_eq!(answer["usage"]["total_tokens"], 36);
        body["stream"] = true.into();
        let events = events(&hosting.live.post(CHAT).json(&body).send());
        let told = events.iter().find(|it| it["polpo"].is_object()).expect("suggestions");
        assert_eq!((&told["polpo"], &told["choices"][0]["delta"]), (&suggested, &json!({})));
        assert_eq!(events.last().expect("an end")["choices"][0]["finish_reason"], "stop");
    }

    fn models_are_listed_as_openai_does(engine: Engine) {
        let (_upstream, _server, hosting) = world(engine);
        hosting.live.post("/api/v1/agents").json(json!({ "name": "ada", "role": "a bookkeeper" })).ok();
        let listed = hosting.live.get("/v1/models").ok();
        assert_eq!(listed["object"], "list");
        let ids: Vec<_> = listed["data"].as_array().expect("a list").iter().map(|it| it["id"].as_str()).collect();
        assert_eq!(ids, [Some("ada"), Some("double/one")]);
        let model = hosting.live.get("/v1/models/double/one").ok();
        assert_eq!(model, json!({ "id": "double/one", "object": "model", "created": 0, "owned_by": "double" }));
        assert_eq!(hosting.live.get("/v1/models/ada").ok()["owned_by"], "polpo");
        hosting.live.get("/v1/models/nobody").refused(404, "model_not_found");
        hosting.test.get("/v1/models/ada").refused(404, "model_not_found");
    }

    fn an_agent_is_told_who_it_is(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        let agent = json!({ "name": "ada", "role": "a bookkeeper", "systemPrompt": "Count twice.", "model": "double/special" });
        hosting.live.post("/api/v1/agents").json(agent).ok();
        let body = json!({ "agent": "ada", "messages": [
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hi" },
        ] });
        hosting.live.post(CHAT).json(&body).ok();
        let request = upstream.asked()[0].json();
        assert_eq!(request["model"], "special");
        let told = request["messages"][0]["content"].as_str().expect("a prompt");
        for part in ["You are ada, a bookkeeper.", "Count twice.", "## Instructions\n\nBe brief."] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert_eq!(request["messages"].as_array().map(Vec::len), Some(2));
        let by_model = json!({ "model": "ada", "messages": [{ "role": "user", "content": "Hi" }] });
        hosting.live.post(CHAT).json(&by_model).ok();
        assert_eq!(upstream.asked()[1].json()["model"], "special");
        hosting.test.post(CHAT).json(&body).refused(404, "agent_not_found");
        let sessions = hosting.live.get("/api/v1/chat/sessions").ok();
        assert_eq!(sessions["data"]["sessions"][0]["agent"], "ada");
    }

    fn a_model_that_only_calls_nonsense_comes_to_an_end(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        let call = |name: &str, arguments: &str| {
            let call = json!({ "index": 0, "id": "c", "function": { "name": name, "arguments": arguments } });
            Script::stream().chunk(json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] })).end("tool_calls")
        };
        hosting.live.post("/v1/agents").json(json!({ "name": "dev", "model": "double/one" })).ok();
        for arguments in ["{\"path\": ", "", "[1]", &format!("{}{}", "[".repeat(300), "]".repeat(300))] {
            upstream.answers(vec![call("ls", arguments), call("nothing", arguments)]);
            let before = upstream.asked().len();
            let mut body = asked("go");
            body["agent"] = json!("dev");
            let answer = hosting.live.post(CHAT).json(body).ok();
            assert_eq!(answer["choices"][0]["finish_reason"], "length", "{answer}");
            let asked = upstream.asked();
            assert_eq!(asked.len() - before, 20, "as often as a turn may");
            let told = asked.last().expect("a request").json();
            let calls = told["messages"].as_array().expect("messages").iter().filter(|it| it["role"] == "assistant");
            let sent: Vec<_> = calls.map(|it| it["tool_calls"][0]["function"]["arguments"].clone()).collect();
            assert!(sent.iter().all(|it| it == "{}"), "{sent:?}");
        }
    }

    fn what_no_database_can_hold_is_stored_all_the_same(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        for stream in [false, true] {
            upstream.answers(vec![Script::says(&["a\0", "b"])]);
            let mut body = asked("hi");
            body["stream"] = json!(stream);
            let answer = hosting.live.post(CHAT).json(body).header("x-session-id", &stream.to_string()).send();
            assert_eq!((answer.status, answer.text.contains("\"error\"")), (200, false), "{answer}");
            assert_eq!(messages(&hosting.live, &stream.to_string())[1]["content"], "a\u{fffd}b");
        }
        upstream.answers(vec![Script::refuses(400, "no\0")]);
        let answer = say(&hosting.live, "hi").refused(400, "model_refused");
        assert_eq!(messages(&hosting.live, &session(&answer)).len(), 2);
        let asked_before = upstream.asked().len();
        for content in [json!("a\0"), json!([{ "type": "text", "text": "a\0" }])] {
            let body = json!({ "messages": [{ "role": "user", "content": content }] });
            hosting.live.post(CHAT).json(body).send().expect_status(400);
        }
        assert_eq!(upstream.asked().len(), asked_before, "nobody is asked for what cannot be stored");
    }
}
