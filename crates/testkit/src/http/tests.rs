//! The client against a small server that writes prepared answers.

use super::{Client, raw};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::thread;

/// Answers each connection with `answer` and gives what it read first, as one string per connection.
fn server(answer: &'static str, connections: usize) -> (Client, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = Client::new(&format!(
        "http://{}",
        listener.local_addr().expect("an address")
    ));
    let serve = move || {
        (0..connections)
            .map(|_| exchange(&listener, answer))
            .collect()
    };
    (client, thread::spawn(serve))
}

fn exchange(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut bytes = Vec::new();
    while !is_complete(&bytes) {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).expect("a request");
        assert_ne!(count, 0, "the request breaks off");
        bytes.extend_from_slice(&buffer[..count]);
    }
    stream
        .write_all(on_the_wire(answer).as_bytes())
        .expect("an answer");
    String::from_utf8(bytes).expect("text")
}

/// Adds the version and, where needed, the length.
fn on_the_wire(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let length = if head.contains("chunked") {
        String::new()
    } else {
        format!("\r\ncontent-length: {}", body.len())
    };
    format!("HTTP/1.1 {head}{length}\r\n\r\n{body}")
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().expect("a length"))
}

const OK: &str = "200 OK\r\nx-a: b\r\n\r\n{\"id\": 7}";
const TAKEN: &str = "409 Conflict\r\n\r\n{\"code\": \"TAKEN\"}";
const NESTED: &str = "402 Payment Required\r\n\r\n{\"error\": {\"code\": \"POOR\"}}";
const MOVED: &str = "302 Found\r\nlocation: /b\r\n\r\n";
const CHUNKED: &str = "200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";

#[test]
fn an_answer_carries_status_headers_text_and_json() {
    let (client, server) = server(OK, 1);
    let answer = client.get("/a?b=c").send();
    assert_eq!((answer.status, answer.header("x-a")), (200, Some("b")));
    assert_eq!(
        (answer.text.as_str(), &answer.json),
        ("{\"id\": 7}", &json!({"id": 7}))
    );
    let requests = server.join().expect("the server");
    assert!(
        requests[0].starts_with("GET /a?b=c HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
}

/// What the server reads of a request; the client writes the names of headers in lower case.
fn sent(build: impl FnOnce(&Client) -> super::Request) -> String {
    let (client, server) = server(OK, 1);
    build(&client).ok();
    server.join().expect("the server").remove(0)
}

#[test]
fn a_post_without_a_body_has_no_content_type_and_length_0() {
    let request = sent(|client| client.post("/"));
    assert!(request.contains("content-length: 0\r\n"), "{request}");
    assert!(
        !request.contains("content-type") && !request.contains("transfer-encoding"),
        "{request}"
    );
}

#[test]
fn a_delete_may_declare_a_type_and_have_no_body() {
    let request = sent(|client| {
        client
            .delete("/")
            .header("Content-Type", "application/json")
    });
    assert!(
        request.contains("content-type: application/json\r\n"),
        "{request}"
    );
    assert!(
        !request.contains("content-length") && !request.contains("transfer-encoding"),
        "{request}"
    );
}

#[test]
fn a_declared_json_body_may_be_empty() {
    let request = sent(|client| {
        client
            .post("/")
            .header("content-type", "application/json")
            .body("")
    });
    assert!(
        request.contains("content-type: application/json\r\n"),
        "{request}"
    );
    assert!(
        request.contains("content-length: 0\r\n") && request.ends_with("\r\n\r\n"),
        "{request}"
    );
}

#[test]
fn a_delete_and_a_get_may_have_a_body() {
    for method in ["DELETE", "GET"] {
        let request = sent(|client| client.request(method, "/").json(json!({"a": 1})));
        assert!(
            request.starts_with(method) && request.ends_with("\r\n\r\n{\"a\":1}"),
            "{request}"
        );
    }
}

#[test]
fn the_key_is_sent_and_a_header_replaces_it() {
    let request = sent(|client| client.with_key("polt_1").get("/"));
    assert!(
        request.contains("authorization: Bearer polt_1\r\n"),
        "{request}"
    );
    let request = sent(|client| {
        client
            .with_key("polt_1")
            .get("/")
            .header("Authorization", "Basic x")
    });
    assert!(
        request.contains("authorization: Basic x\r\n") && !request.contains("polt_1"),
        "{request}"
    );
    assert!(
        !sent(|client| client.with_key("polt_1").anonymous().get("/")).contains("authorization")
    );
}

#[test]
fn a_code_is_found_at_the_top_and_in_the_error() {
    server(TAKEN, 1).0.post("/").refused(409, "TAKEN");
    server(NESTED, 1).0.post("/").refused(402, "POOR");
}

#[test]
fn redirects_are_answers() {
    let answer = server(MOVED, 1).0.get("/").send();
    assert_eq!(
        (answer.status, answer.header("location")),
        (302, Some("/b"))
    );
}

fn panic_of(test: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(AssertUnwindSafe(test)).expect_err("a panic");
    *panic.downcast::<String>().expect("a message")
}

#[test]
fn a_wrong_expectation_shows_the_exchange() {
    let (client, _server) = server(TAKEN, 3);
    let request = client.post("/api/tasks").json(json!({"title": "x"}));
    for message in [
        panic_of(|| drop(request.clone().ok())),
        panic_of(|| drop(request.clone().refused(404, "TAKEN"))),
        panic_of(|| drop(request.clone().refused(409, "OTHER"))),
    ] {
        for part in [
            "POST /api/tasks",
            "{\"title\":\"x\"}",
            "409",
            "{\"code\": \"TAKEN\"",
        ] {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
    }
}

#[test]
fn a_server_that_is_gone_is_an_error() {
    let (client, server) = server(OK, 1);
    client.get("/").ok();
    server.join().expect("the server");
    assert!(client.get("/").try_send().is_err());
}

#[test]
#[should_panic(expected = "not a server on a loopback address")]
fn only_loopback_is_reached() {
    let _ = Client::new("http://192.0.2.1:80");
}

#[test]
fn raw_bytes_go_out_as_they_are_and_the_answer_ends_by_its_length() {
    let (client, server) = server(TAKEN, 1);
    let request = "DELETE / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\r\n";
    assert_eq!(raw(client.address(), request), on_the_wire(TAKEN));
    assert_eq!(server.join().expect("the server"), [request]);
}

#[test]
fn a_chunked_answer_ends_by_its_last_chunk() {
    let (client, _server) = server(CHUNKED, 2);
    assert_eq!(client.get("/").send().text, "hi");
    let answer = raw(client.address(), "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(answer, on_the_wire(CHUNKED));
}

#[test]
#[should_panic(expected = "not a loopback address")]
fn raw_reaches_only_loopback() {
    raw(SocketAddr::from(([192, 0, 2, 1], 80)), "");
}
