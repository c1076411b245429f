//! Attachments in messages: what the model reads of them.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::Client;
use testkit::on_both_engines;
use testkit::upstream::{Script, Upstream};

use super::chat::CHAT;
use super::files::form;
use super::models::world;
use super::sessions::messages;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

fn attach(client: &Client, name: &str, bytes: &[u8]) -> Value {
    let post = |path: &str| client.post(path);
    form(post, "/v1/attachments", ("sessionId", "s1"), (name, bytes)).ok()
}

fn id(attachment: &Value) -> &str {
    attachment["id"].as_str().expect("an id")
}

fn naming(ids: &[&str]) -> Value {
    let files = ids
        .iter()
        .map(|id| json!({ "type": "file", "file_id": id }));
    let parts: Vec<_> = std::iter::once(json!({ "type": "text", "text": "Look:" }))
        .chain(files)
        .collect();
    json!({ "messages": [{ "role": "user", "content": parts }] })
}

/// What the model read of the only message.
fn read(upstream: &Upstream) -> Value {
    let asked = upstream.asked();
    let request = asked.last().expect("a request").json();
    request["messages"]
        .as_array()
        .and_then(|it| it.last())
        .expect("a message")["content"]
        .clone()
}

on_both_engines! {
    fn a_model_reads_texts_and_sees_pictures(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        upstream.answer(|_| Script::says(&["ok"]));
        let live = &hosting.live;
        let (notes, pic, blob) = (attach(live, "notes.md", b"# Hello"), attach(live, "pic.txt", PNG), attach(live, "b.bin", b"\xff\x00"));
        let body = naming(&[id(&notes), id(&pic), id(&blob), id(&notes)]);
        live.post(CHAT).json(&body).header("x-session-id", "s1").ok();
        let parts = read(&upstream);
        assert_eq!(parts[1]["text"], "<attachment name=\"notes.md\">\n# Hello\n</attachment>");
        assert_eq!(parts[2], json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw0KGgpyZXN0" } }));
        let blob = parts[3]["text"].as_str().expect("a text");
        assert!(blob.contains("b.bin") && blob.contains("2 bytes") && !blob.contains("tools"), "{blob}");
        assert_eq!(parts[4]["text"], "[file notes.md]");
        assert_eq!(messages(live, "s1")[0]["content"], "Look:\n[file notes.md]\n[file pic.txt]\n[file b.bin]\n[file notes.md]");
    }

    fn an_agent_is_told_where_the_rest_is(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        upstream.answer(|_| Script::says(&["ok"]));
        let live = &hosting.live;
        live.post("/v1/agents").json(json!({ "name": "dev", "model": "double/one" })).ok();
        let long = "line\n".repeat(100_000);
        let (long, huge) = (attach(live, "long.txt", long.as_bytes()), attach(live, "h.png", &[PNG, vec![0; 6 << 20].as_slice()].concat()));
        let mut body = naming(&[id(&long), id(&huge)]);
        body["agent"] = json!("dev");
        live.post(CHAT).json(body).ok();
        let parts = read(&upstream);
        let text = parts[1]["text"].as_str().expect("a text");
        assert!((200_000..300_000).contains(&text.len()), "{}", text.len());
        let path = long["path"].as_str().expect("a path");
        assert!(text.contains("your tools find it at") && text.contains(path));
        let huge = parts[2]["text"].as_str().expect("a text");
        assert!(huge.contains("too large") && huge.contains("/attachments/"), "{huge}");
    }

    fn what_is_not_ones_own_is_refused(engine: Engine) {
        let (upstream, _server, hosting) = world(engine);
        upstream.answer(|_| Script::says(&["ok"]));
        let (live, test) = (&hosting.live, &hosting.test);
        let foreign = attach(test, "a.md", b"theirs");
        let gone = attach(live, "b.md", b"gone");
        live.delete(&format!("/v1/attachments/{}", id(&gone))).ok();
        for bad in [id(&foreign), id(&gone), "f1", "", "../../etc/passwd", &"x".repeat(10_000)] {
            let answer = live.post(CHAT).json(naming(&[bad])).send();
            assert_eq!((answer.status, &answer.json["error"]["code"]), (404, &json!("attachment_not_found")), "{answer}");
            assert_eq!(answer.json["error"]["param"], "messages[0].content[1].file_id");
        }
        let many: Vec<_> = (0..33).map(|n| attach(live, &format!("{n}.md"), b"x")).collect();
        let many: Vec<_> = many.iter().map(id).collect();
        live.post(CHAT).json(naming(&many)).send().expect_status(400);
        assert_eq!(upstream.asked().len(), 0, "nobody is asked");
    }
}
