//! Chat completions with the model that is built in: fields, answers, streams.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Answer, Client};
use testkit::on_both_engines;
use testkit::server::Server;

pub(super) const CHAT: &str = "/v1/chat/completions";

/// Says something to the model that is built in.
pub(super) fn say(client: &Client, text: &str) -> Answer {
    client.post(CHAT).json(asked(text)).send()
}

/// As [`say`], bit by bit.
pub(super) fn say_streamed(client: &Client, text: &str) -> Answer {
    let mut body = asked(text);
    body["stream"] = true.into();
    client.post(CHAT).json(body).send()
}

pub(super) fn asked(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": text }] })
}

/// The events of a stream: JSON, and the last one as a text.
pub(super) fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer}");
    let mut blocks: Vec<_> = answer.text.split("\n\n").collect();
    assert_eq!(
        blocks.pop(),
        Some(""),
        "a blank line ends a stream\n{answer}"
    );
    assert_eq!(blocks.pop().and_then(data), Some("[DONE]"), "{answer}");
    let read = |block: &&str| {
        let data = data(block).unwrap_or_else(|| panic!("no data in {block:?}\n{answer}"));
        serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"))
    };
    blocks.iter().map(read).collect()
}

fn data(block: &str) -> Option<&str> {
    block.lines().find_map(|line| line.strip_prefix("data: "))
}

/// What a stream said, put together.
pub(super) fn text(events: &[Value]) -> String {
    let bits = events
        .iter()
        .filter_map(|it| it["choices"][0]["delta"]["content"].as_str());
    bits.collect()
}

/// The session of an answer.
pub(super) fn session(answer: &Answer) -> String {
    let session = answer.header("x-session-id");
    session
        .unwrap_or_else(|| panic!("no session\n{answer}"))
        .to_owned()
}

on_both_engines! {
    fn an_answer_has_the_form_of_openai(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let answer = say(&client, "hello there").expect_status(200);
        let run = answer.header("x-polpo-run-id").expect("a run");
        assert_eq!(run.len(), 36);
        assert!(!session(&answer).is_empty());
        let body = &answer.json;
        assert_eq!(body["object"], "chat.completion", "{answer}");
        assert_eq!(body["model"], "polpo");
        assert_eq!(body["system_fingerprint"], "mock");
        let id = body["id"].as_str().and_then(|id| id.strip_prefix("chatcmpl-"));
        assert_eq!(id.map(str::len), Some(24), "{answer}");
        assert!(body["created"].as_i64().is_some_and(|at| at > 1_700_000_000), "{answer}");
        let choice = json!({
            "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": "mock: hello there" },
        });
        assert_eq!(body["choices"], json!([choice]));
        let usage = json!({ "prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5 });
        assert_eq!(body["usage"], usage);
        let other = client.post("/api/v1/chat/completions").json(asked("hi")).ok();
        assert_eq!(other["choices"][0]["message"]["content"], "mock: hi");
    }

    fn a_stream_has_the_frames_of_openai(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let mut body = asked("[think] one two");
        body["stream"] = true.into();
        body["stream_options"] = json!({ "include_usage": true });
        let answer = client.post(CHAT).json(body).send();
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        assert!(!session(&answer).is_empty());
        let events = events(&answer);
        let first = events.first().expect("an event");
        assert_eq!(first["object"], "chat.completion.chunk");
        assert_eq!(first["model"], "polpo");
        assert!(events.iter().all(|it| it["id"] == first["id"]), "{answer}");
        assert_eq!(first["choices"][0], json!({ "index": 0, "delta": { "role": "assistant" }, "finish_reason": null }));
        assert_eq!(events[1]["choices"][0], json!({ "index": 0, "delta": {}, "thinking": "mock: thinking", "finish_reason": null }));
        assert_eq!(text(&events), "mock: [think] one two");
        let [finish, usage] = events.last_chunk().expect("two more");
        assert_eq!(finish["choices"][0], json!({ "index": 0, "delta": {}, "finish_reason": "stop" }));
        assert_eq!((&usage["choices"], &usage["usage"]["total_tokens"]), (&json!([]), &json!(7)));
    }

    fn bad_requests_are_refused_in_the_form_of_openai(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        for (body, field) in [
            (json!({}), "messages"),
            (json!({ "messages": [] }), "messages"),
            (json!({ "messages": "x" }), "messages"),
            (json!({ "messages": [{ "role": "robot", "content": "x" }] }), "messages"),
            (json!({ "messages": [{ "role": "user" }] }), "messages"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "stream": "yes" }), "stream"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "agent": 7 }), "agent"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "n": 2 }), "n"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "metadata": { "a": 1 } }), "metadata"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "metadata": { "a": "x".repeat(513) } }), "metadata"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "tools": [{ "type": "x" }] }), "tools"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "response_format": { "type": "x" } }), "response_format"),
        ] {
            let answer = client.post(CHAT).json(&body).send().expect_status(400);
            let error = &answer.json["error"];
            assert_eq!(error["type"], "invalid_request_error", "{answer}");
            assert_eq!(error["param"], field, "{answer}");
        }
        client.post(CHAT).json(json!([1])).send().expect_status(400);
        client.post(CHAT).body("{").send().expect_status(400);
        client.post(CHAT).send().expect_status(400);
        let session = client.post(CHAT).json(asked("x")).header("x-session-id", &"x".repeat(129));
        session.send().expect_status(400);
        let mut body = asked("x");
        body["model"] = "nowhere/nothing".into();
        client.post(CHAT).json(&body).refused(400, "model_not_found");
        body["agent"] = "nobody".into();
        client.post(CHAT).json(&body).refused(404, "agent_not_found");
        server.client().post(CHAT).json(asked("x")).refused(401, "invalid_api_key");
    }

    fn key_words_for_the_model_that_is_built_in(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let cut = say(&client, "[length] x").ok();
        assert_eq!(cut["choices"][0]["finish_reason"], "length");
        say(&client, "[fail]").refused(502, "upstream_failed");
        say(&client, "[fail-midway] and more").refused(502, "upstream_failed");
        let said = say(&client, "[say exactly this]").ok();
        assert_eq!(said["choices"][0]["message"]["content"], "exactly this");
    }

    fn a_failure_within_a_stream_is_an_error_and_no_text(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let answer = say_streamed(&client, "[fail-midway] a b c");
        let events = events(&answer);
        let last = events.last().expect("an event");
        assert_eq!(last["error"]["code"], "upstream_failed", "{answer}");
        assert_eq!(last["error"]["type"], "upstream_error", "{answer}");
        assert_eq!(text(&events), "mock: [fail-midway] a ");
        assert!(!answer.text.contains("\"stop\""), "{answer}");
    }

    fn tools_of_an_agent_are_shown_as_they_are_called(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        client.post("/api/v1/agents").json(json!({ "name": "ada" })).ok();
        let mut body = asked("[tool no_such_tool {\"a\": 1}]");
        body["agent"] = "ada".into();
        body["stream"] = true.into();
        let answer = client.post(CHAT).json(&body).send();
        let events = events(&answer);
        let calls: Vec<_> = events.iter().map(|it| &it["choices"][0]["tool_call"]).filter(|it| it.is_object()).collect();
        let states: Vec<_> = calls.iter().map(|it| it["state"].as_str()).collect();
        assert_eq!(states, [Some("preparing"), Some("calling"), Some("error")], "{answer}");
        assert_eq!(calls[0].get("arguments"), None, "{answer}");
        assert_eq!(calls[1]["arguments"], json!({ "a": 1 }));
        assert!(text(&events).starts_with("mock: "), "{answer}");
        let said = super::sessions::messages(&client, &session(&answer));
        let kept = &said[1]["toolCalls"];
        assert_eq!(kept.as_array().map(Vec::len), Some(1), "{kept}");
        assert_eq!((&kept[0]["name"], &kept[0]["state"]), (&json!("no_such_tool"), &json!("error")));
        client.post("/api/v1/agents").json(json!({ "name": "short", "maxTurns": 1 })).ok();
        body["agent"] = "short".into();
        body["stream"] = false.into();
        let answer = client.post(CHAT).json(&body).send();
        assert_eq!(answer.json["choices"][0]["finish_reason"], "length", "{answer}");
        let activity = format!("/api/v1/chat/sessions/{}/activity", session(&answer));
        let activity = client.get(&activity).ok();
        assert_eq!(activity["data"]["runs"][0]["status"], "failed", "used up is no success: {activity}");
    }

    fn what_happens_in_a_chat_is_in_the_log(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let answer = say(&client, "hi");
        let replay = testkit::http::raw(
            client.address(),
            format!(
                "GET /api/v1/events?filter=session:*,message:*,completion:*&apiKey={} HTTP/1.1\r\nhost: x\r\nlast-event-id: 0\r\n\r\n",
                super::models::key(&server),
            ),
        );
        let id = session(&answer);
        for event in ["event: session:created", "event: message:added", "event: completion:finished"] {
            assert!(replay.contains(event), "{event} in {replay}");
        }
        assert!(replay.contains(&format!("\"sessionId\":\"{id}\"")), "{replay}");
    }

    fn tools_of_the_caller_end_the_turn(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let tool = json!({ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } });
        let mut body = asked("[tool weather {\"city\": \"Ulm\"}]");
        body["tools"] = json!([tool]);
        let answer = client.post(CHAT).json(&body).ok();
        let choice = &answer["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls", "{answer}");
        assert_eq!(choice["message"]["content"], Value::Null);
        let call = &choice["message"]["tool_calls"][0];
        assert_eq!(call["function"], json!({ "name": "weather", "arguments": "{\"city\":\"Ulm\"}" }));
        body["messages"].as_array_mut().expect("messages").extend([
            choice["message"].clone(),
            json!({ "role": "tool", "tool_call_id": call["id"], "content": "rain" }),
        ]);
        let answer = client.post(CHAT).json(&body).ok();
        assert_eq!(answer["choices"][0]["message"]["content"], "mock: rain");
        body["messages"] = asked("[args {\"city\": \"Bonn\"}]")["messages"].clone();
        body["tool_choice"] = "required".into();
        body["stream"] = true.into();
        let events = events(&client.post(CHAT).json(&body).send());
        let calls = events.iter().find_map(|it| it["choices"][0]["delta"]["tool_calls"].as_array());
        let call = &calls.expect("calls")[0];
        assert_eq!((&call["index"], &call["function"]["arguments"]), (&json!(0), &json!("{\"city\":\"Bonn\"}")));
        assert_eq!(events.last().expect("an end")["choices"][0]["finish_reason"], "tool_calls");
    }

    fn an_answer_has_the_form_that_was_asked_for(engine: Engine) {
        let server = Server::start(engine);
        let client = server.hosting("compass").live;
        let schema = json!({ "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } });
        let with = |text: &str, format: Value| {
            let mut body = asked(text);
            body["response_format"] = format;
            client.post(CHAT).json(body).send()
        };
        let form = json!({ "type": "json_schema", "json_schema": { "name": "count", "schema": schema } });
        with("[json {\"n\": 1}]", form.clone()).ok();
        with("[json {\"n\": \"1\"}]", form.clone()).refused(400, "invalid_response_format_output");
        with("hello", form.clone()).refused(400, "invalid_response_format_output");
        with("hello", json!({ "type": "json_object" })).refused(400, "invalid_response_format_output");
        with("hello", json!({ "type": "text" })).ok();
        let mut bad = form.clone();
        bad["json_schema"]["schema"]["type"] = 7.into();
        with("hello", bad).refused(400, "invalid_response_format");
        let mut streamed = asked("hello");
        streamed["response_format"] = form;
        streamed["stream"] = true.into();
        let events = events(&client.post(CHAT).json(streamed).send());
        let last = events.last().expect("an event");
        assert_eq!(last["error"]["code"], "invalid_response_format_output");
        assert_eq!(last["error"]["param"], Value::Null);
    }
}
