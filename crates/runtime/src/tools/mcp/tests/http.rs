//! Servers at addresses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::ports::agents::Toolbox;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::super::tests::{World, is_whole, ok, refused, reply, serve};
use super::super::wire::Wire;
use super::{SOON, tools_of};

fn body(asked: &str) -> &str {
    asked.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// What a small server answers; nothing to what needs no answer.
fn answer(asked: &str) -> Option<Value> {
    let message: Value = serde_json::from_str(asked).ok()?;
    let id = message.get("id")?.clone();
    let result = match message["method"].as_str()? {
        "initialize" => json!({
            "protocolVersion": "2025-06-18", "capabilities": {},
            "serverInfo": { "name": "t", "version": "1" },
        }),
        "tools/list" => {
            json!({ "tools": [{ "name": "echo", "description": "Echoes", "inputSchema": { "type": "object" } }] })
        }
        _ => {
            json!({ "content": [{ "type": "text", "text": format!("you said {}", message["params"]["arguments"]) }] })
        }
    };
    Some(json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn answered(asked: &str) -> String {
    match answer(body(asked)) {
        None => reply("202 Accepted", "", ""),
        Some(answer) => reply(
            "200 OK",
            "content-type: application/json\r\n",
            &answer.to_string(),
        ),
    }
}

#[tokio::test]
async fn a_server_at_an_address_lends_its_tools() {
    let world = World::with(false, true).await;
    let url = serve(|asked| match answer(body(asked)) {
        None => reply("202 Accepted", "", ""),
        Some(answer) if answer["result"].get("tools").is_some() => {
            let events = format!("event: message\ndata: {answer}\n\n");
            reply("200 OK", "content-type: text/event-stream\r\n", &events)
        }
        Some(answer) => {
            let headers = "content-type: application/json\r\nmcp-session-id: s1\r\n";
            reply("200 OK", headers, &answer.to_string())
        }
    })
    .await;
    let servers = json!({ "mcpServers": { "far": { "url": url }, "gone": { "url": "https://10.0.0.1/" }, "odd": {} } });
    let mut tools = world.tools(Toolbox::Working, servers).await;
    let told = ok(&mut tools, "mcp__far__echo", json!({ "a": 1 })).await;
    assert_eq!(told, "you said {\"a\":1}");
    let notes = tools.notes().expect("notes");
    assert!(
        notes.contains("gone") && notes.contains("odd") && !notes.contains("far is"),
        "{notes}"
    );
    refused(&mut tools, "mcp__far__echo", json!([1])).await;
    let mut narrow = json!({ "allowedTools": ["read"], "mcpServers": { "far": { "url": url } } });
    assert_eq!(
        world
            .tools(Toolbox::Working, narrow.clone())
            .await
            .specs()
            .len(),
        1
    );
    narrow["allowedTools"] = json!(["mcp__far__*"]);
    assert_eq!(world.tools(Toolbox::Working, narrow).await.specs().len(), 1);
}

#[tokio::test]
async fn a_session_is_kept_and_ended_with_the_headers_of_the_document() {
    let world = World::with(false, true).await;
    let (heard, mut requests) = mpsc::unbounded_channel();
    let url = serve(move |asked| {
        // The test may be over.
        let _ = heard.send(asked.to_ascii_lowercase());
        let session = "content-type: application/json\r\nmcp-session-id: s1\r\n";
        match answer(body(asked)) {
            Some(answer) if answer["result"].get("serverInfo").is_some() => {
                reply("200 OK", session, &answer.to_string())
            }
            _ => answered(asked),
        }
    })
    .await;
    let headers = json!({ "Authorization": "Bearer hush", "Mcp-Session-Id": "other", "Host": "h" });
    let mut tools = tools_of(&world, json!({ "url": url, "headers": headers })).await;
    ok(&mut tools, "mcp__far__echo", json!({})).await;
    drop(tools);
    let mut all = Vec::new();
    while !all
        .last()
        .is_some_and(|last: &String| last.starts_with("delete"))
    {
        let next = timeout(SOON, requests.recv()).await;
        all.push(next.expect("an end").expect("a request"));
    }
    // Hello, ready, list, call, goodbye.
    assert_eq!(all.len(), 5, "{all:#?}");
    for (at, request) in all.iter().enumerate() {
        assert!(request.contains("authorization: bearer hush"), "{request}");
        assert!(!request.contains("other") && !request.contains("host: h\r"));
        assert_eq!(request.contains("mcp-session-id: s1"), at > 0, "{request}");
        let version = request.contains("mcp-protocol-version: 2025-06-18");
        assert_eq!(version, at > 0, "{request}");
    }
}

#[tokio::test]
async fn an_answer_is_taken_from_a_stream_that_stays_open() {
    let world = World::with(false, true).await;
    let url = serve_open(|asked| {
        let answer = answer(asked)?;
        let aside = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": 0, "progress": 1 } });
        Some(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {aside}\n\n: hm\n\ndata: {answer}\n\n"))
    })
    .await;
    let mut tools = tools_of(&world, json!({ "url": url })).await;
    assert_eq!(tools.notes(), None);
    let called = ok(&mut tools, "mcp__far__echo", json!({}));
    assert_eq!(timeout(SOON, called).await.expect("soon"), "you said {}");
}

/// Answers requests and leaves their connections open.
async fn serve_open(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let asked = read(&mut stream).await;
            let told = answer(body(&asked)).unwrap_or_else(|| reply("202 Accepted", "", ""));
            // The other end may be gone.
            let _ = stream.write_all(told.as_bytes()).await;
            open.push(stream);
        }
    });
    format!("http://{address}/")
}

async fn read(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    let mut buffer = [0; 4_096];
    while !is_whole(&asked) {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => asked.extend_from_slice(&buffer[..n]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&asked).into_owned()
}

#[tokio::test]
async fn a_server_that_misbehaves_costs_its_tools_and_no_time() {
    let world = World::with(false, true).await;
    let json = "content-type: application/json\r\n";
    let long = "x".repeat(5 << 20);
    for (told, why) in [
        (reply("500 Broken", json, "{}"), "500"),
        (
            reply("302 Found", "location: http://10.0.0.1/\r\n", ""),
            "302",
        ),
        (
            reply("200 OK", "content-type: text/html\r\n", "<html>"),
            "no sense",
        ),
        (
            reply(
                "200 OK",
                json,
                "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}",
            ),
            "no sense",
        ),
        (
            reply(
                "200 OK",
                json,
                "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}",
            ),
            "no sense",
        ),
        (
            reply(
                "200 OK",
                json,
                "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-1,\"message\":\"go away\"}}",
            ),
            "go away",
        ),
        (reply("200 OK", json, &"[".repeat(10_000)), "no sense"),
        (reply("200 OK", json, &long), "too long"),
        (
            reply("200 OK", "content-type: text/event-stream\r\n", &long),
            "too long",
        ),
        (
            reply(
                "200 OK",
                "content-type: text/event-stream\r\n",
                "data: x\n\n",
            ),
            "ended",
        ),
        (reply("202 Accepted", "", ""), "no sense"),
        ("SSH-2.0\r\n".to_owned(), "not reached"),
        (String::new(), "not reached"),
    ] {
        let url = serve(move |_| told.clone()).await;
        let tools = tools_of(&world, json!({ "url": url })).await;
        let notes = tools.notes().expect("notes");
        assert!(notes.contains(why) && notes.len() < 600, "{why}: {notes}");
    }
}

#[tokio::test]
async fn a_call_ends_after_its_time_and_the_next_one_works() {
    let world = World::with(false, true).await;
    let calls = Arc::new(Mutex::new(0));
    let url = serve_open(move |asked| {
        let told = answer(asked).map(|answer| {
            let told = answer.to_string();
            reply("200 OK", "content-type: application/json\r\n", &told)
        });
        if !asked.contains("tools/call") {
            return told;
        }
        let mut calls = calls.lock().expect("no panic");
        *calls += 1;
        match *calls {
            1 => Some(String::new()),
            _ => told,
        }
    })
    .await;
    let kit = world.tools(Toolbox::Working, json!({})).await.kit;
    let kit = kit.expect("a kit");
    let wire = Wire::open(&kit, &json!({ "url": url })).await;
    let wire = wire.unwrap_or_else(|error| panic!("{error:?}"));
    let call = |time| wire.call("echo".into(), &Value::Null, time);
    let stalled = timeout(SOON, call(Duration::from_millis(100))).await;
    let error = stalled.expect("soon").expect_err("no answer");
    assert_eq!(error.code, "mcp_timeout");
    call(SOON).await.expect("an answer");
}

#[tokio::test]
async fn calls_are_broken_off_when_nobody_waits() {
    let world = World::with(false, true).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let opening = tools_of(&world, json!({ "url": format!("http://{address}/") }));
    let mut stream = tokio::select! {
        _ = opening => panic!("it has not answered"),
        accepted = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            read(&mut stream).await;
            stream
        } => accepted,
    };
    // Now the opening is dropped, as with the turn.
    let end = timeout(SOON, stream.read(&mut [0; 1])).await;
    assert_eq!(end.expect("soon").unwrap_or(0), 0);
}

#[tokio::test]
async fn what_tools_are_called_and_how_long_they_are_is_bounded() {
    let world = World::with(false, true).await;
    let tools: Vec<_> = (0..150)
        .map(|n| json!({ "name": format!("t{n}"), "inputSchema": { "type": "object" } }))
        .collect();
    let odd = [
        json!({ "name": "a.b", "description": "d".repeat(10_000), "inputSchema": { "type": "object" } }),
        json!({ "name": "a_b", "inputSchema": { "type": "object" } }),
        json!({ "name": "bare" }),
        json!({ "name": 7 }),
        json!({ "name": "huge", "inputSchema": { "type": "object", "title": "x".repeat(100_000) } }),
    ];
    let listed = Value::from([&odd[..], &tools[..]].concat());
    let url = serve(move |asked| match answer(body(asked)) {
        Some(mut answer) if answer["result"].get("tools").is_some() => {
            answer["result"]["tools"] = listed.clone();
            reply(
                "200 OK",
                "content-type: application/json\r\n",
                &answer.to_string(),
            )
        }
        _ => answered(asked),
    })
    .await;
    let tools = tools_of(&world, json!({ "url": url })).await;
    let lent = tools.specs().iter().map(|spec| &spec["function"]);
    let lent: Vec<_> = lent
        .filter(|tool| {
            tool["name"]
                .as_str()
                .is_some_and(|name| name.starts_with("mcp__"))
        })
        .collect();
    assert_eq!(lent.len(), domain::limits::MCP_TOOLS);
    let names: Vec<_> = lent.iter().take(3).map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["mcp__far__a_b", "mcp__far__bare", "mcp__far__t0"]);
    let told = lent[0]["description"].as_str().expect("a text");
    assert!(told.chars().count() <= domain::limits::SUMMARY_CHARS);
}
