//! Paths, queries, headers and sizes that cannot be.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::server::{OPERATOR_KEY, Server};

use super::world::{BODYLESS, World, path};
use crate::wire_talk::{Told, send, talk};

#[track_caller]
fn is_refused(told: &Told) {
    assert!((400..500).contains(&told.status), "{told:?}");
    assert!(
        told.head.contains("content-type: application/json"),
        "{told:?}"
    );
    assert_eq!(told.json()["statusCode"], told.status, "{told:?}");
    for name in ["error", "message", "code"] {
        assert!(told.json()[name].is_string(), "{name}\n{told:?}");
    }
}

/// What stands in a path where an id or a name should.
fn odd_parameters() -> Vec<String> {
    let odd = [
        "%00",
        "a%00b",
        "%FF",
        "%C3%28",
        "%",
        "%zz",
        "..",
        "%2e%2e",
        "..%2f..%2fetc",
        "'%20or%20'1'='1",
        "%F0%9F%92%A9",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "01890a5dac96774bbcceb302099a8057",
        "-1",
        "NaN",
    ];
    let long = ["x".repeat(300), "x".repeat(10_000), "%00".repeat(1_000)];
    odd.map(str::to_owned).into_iter().chain(long).collect()
}

fn as_operator(server: &Server, line: &str, body: Option<&Value>) -> Told {
    let authorization = format!("authorization: Bearer {OPERATOR_KEY}");
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = format!("content-length: {}", body.len());
    let mut headers = vec![authorization.as_str()];
    if !body.is_empty() {
        headers.extend(["content-type: application/json", &length]);
    }
    talk(&server.client(), line, &headers, body)
}

testkit::on_both_engines! {
    fn paths_that_name_nothing(engine: Engine) {
        let world = World::new(engine);
        let before = world.state();
        let reads = api::routes()
            .into_iter()
            .filter(|route| route.door == "polt" && route.method == "GET")
            .map(|route| (route.method, route.path, None));
        let bodyless = BODYLESS.map(|(method, route)| (method, route, None));
        let writes = world
            .writes()
            .into_iter()
            .map(|write| (write.method, write.route, Some(write.body)));
        for (method, route, body) in reads.chain(bodyless).chain(writes) {
            if !route.contains('{') {
                continue;
            }
            for odd in odd_parameters() {
                let line = format!("{method} {}", path(route, &odd));
                is_refused(&as_operator(&world.server, &line, body.as_ref()));
            }
        }
        assert_eq!(world.state(), before);
    }

    fn queries_that_ask_for_nothing(engine: Engine) {
        let world = World::new(engine);
        let numbers = [
            "0",
            "-1",
            "-0",
            "1.5",
            "1e3",
            "NaN",
            "Infinity",
            "0x10",
            "9223372036854775808",
            "%00",
            "%FF",
            "1%00",
            "+",
            "one",
        ];
        let words = [
            "nonsense",
            "%00",
            "%FF",
            "AVAILABLE",
            "available%00",
            "'%20or%20'1'='1",
        ];
        let parameters: [(&str, &[&str]); 8] = [
            (
                "/api/tasks",
                &["status", "difficulty", "sort", "project_id"],
            ),
            ("/api/tasks?limit=5&page=1", &["status"]),
            ("/api/projects", &["status", "sort"]),
            ("/api/meme-ideas", &["status", "sort"]),
            ("/api/activity", &["type", "actor"]),
            ("/api/launches", &[]),
            ("/api/agents/ada/contributions", &[]),
            ("/api/agents/ada/replies", &[]),
        ];
        for (path, names) in parameters {
            let join = if path.contains('?') { '&' } else { '?' };
            for (name, value) in names
                .iter()
                .flat_map(|name| words.map(|value| (name, value)))
            {
                is_refused(&as_operator(
                    &world.server,
                    &format!("GET {path}{join}{name}={value}"),
                    None,
                ));
            }
            for value in numbers.iter().filter(|_| join == '?') {
                for name in ["page", "limit"] {
                    is_refused(&as_operator(
                        &world.server,
                        &format!("GET {path}?{name}={value}"),
                        None,
                    ));
                }
            }
        }
    }
}

#[test]
fn pages_far_beyond_the_end() {
    let world = World::new(Engine::Sqlite);
    for page in ["10000001", "9223372036854775807", &"9".repeat(400)] {
        is_refused(&as_operator(
            &world.server,
            &format!("GET /api/tasks?page={page}"),
            None,
        ));
    }
    let last = world
        .server
        .client()
        .get("/api/tasks?page=10000000&limit=100")
        .ok();
    assert_eq!((&last["tasks"], &last["total"]), (&json!([]), &json!(4)));
}

#[test]
fn parameters_that_nobody_knows_change_nothing() {
    let world = World::new(Engine::Sqlite);
    let plain = world.server.client().get("/api/tasks").ok();
    for query in [
        "?",
        "?&&",
        "?unknown=%00",
        "?=",
        "?status",
        "?%FF=%FF",
        "?page=1&page=nonsense",
    ] {
        assert_eq!(
            world
                .server
                .client()
                .get(&format!("/api/tasks{query}"))
                .ok(),
            plain,
            "{query}"
        );
    }
}

#[test]
fn credentials_that_cannot_be() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let key = &world.ada.key;
    let (long, longer) = ("x".repeat(10_000), "x".repeat(100_000));
    let odd: Vec<String> = vec![
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer  \t ".into(),
        key.clone(),
        format!("Basic {key}"),
        format!("Bearer{key}"),
        format!("Bearer={key}"),
        format!("Bearer {key}x"),
        format!("Bearer {}", &key[..key.len() - 1]),
        format!("Bearer {}", key.to_uppercase()),
        format!("Bearer \"{key}\""),
        format!("Bearer {key} {key}"),
        format!("Bearer {long}"),
        format!("Bearer polt_{long}"),
        format!("Bearer {longer}"),
        "Bearer \u{1f511}".into(),
        "Bearer ' or '1'='1".into(),
    ];
    for value in odd {
        let header = format!("authorization: {value}");
        for line in [
            "POST /api/auth/verify",
            "DELETE /api/tasks/nothing",
            "GET /api/cto/pending-reviews",
        ] {
            let told = talk(&world.server.client(), line, &[&header], "");
            assert_eq!(told.status, 401, "{header}\n{told:?}");
            is_refused(&told);
            assert!(told.head.contains("www-authenticate: bearer"), "{told:?}");
        }
        // Who needs no key is not asked for one.
        assert_eq!(
            talk(&world.server.client(), "GET /api/tasks", &[&header], "").status,
            200,
            "{header}"
        );
    }
    assert_eq!(world.state(), before);
}

#[test]
fn names_of_three_hundred_characters() {
    let world = World::new(Engine::Sqlite);
    let long = "x".repeat(300);
    let register = world.server.client().post("/api/auth/register");
    register
        .json(json!({"username": long}))
        .refused(400, "FST_ERR_VALIDATION");
    world
        .server
        .client()
        .get(&format!("/api/agents/{long}"))
        .refused(404, "AGENT_NOT_FOUND");
}

#[test]
fn ten_megabytes() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let text = "x".repeat(10 << 20);
    for write in world.writes() {
        let name = write
            .body
            .as_object()
            .expect("an object")
            .keys()
            .next()
            .expect("a field");
        write
            .send(&json!({name.as_str(): text}))
            .refused(413, "FST_ERR_CTP_BODY_TOO_LARGE");
    }
    for (method, route) in BODYLESS {
        let request = world
            .server
            .operator()
            .request(method, &path(route, "nothing"));
        request
            .body(text.as_str())
            .refused(413, "FST_ERR_CTP_BODY_TOO_LARGE");
    }
    assert_eq!(world.state(), before);
}

#[test]
fn ten_megabytes_where_something_else_is_wrong() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let (client, text) = (world.server.client(), "x".repeat(10 << 20));
    let send = |method: &str, path: &str| client.request(method, path).body(text.as_str());
    send("POST", "/api/tasks").refused(401, "MISSING_CREDENTIAL");
    let by_ada = world.ada.client.post("/api/tasks").body(text.as_str());
    by_ada.refused(403, "OPERATOR_ONLY");
    send("POST", "/api/nothing").refused(404, "ROUTE_NOT_FOUND");
    send("PUT", "/api/tasks").refused(405, "METHOD_NOT_ALLOWED");
    assert_eq!(world.state(), before);
}

#[test]
fn ten_megabytes_of_unknown_length() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let mut body = format!("{:x}\r\n", 10 << 20);
    body.push_str(&"x".repeat(10 << 20));
    body.push_str("\r\n0\r\n\r\n");
    let headers = [
        "content-type: application/json",
        "transfer-encoding: chunked",
    ];
    let told = talk(
        &world.server.client(),
        "POST /api/auth/register",
        &headers,
        &body,
    );
    assert_eq!(
        (told.status, told.code().as_str()),
        (413, "FST_ERR_CTP_BODY_TOO_LARGE"),
        "{told:?}"
    );
    is_refused(&told);
    assert_eq!(world.state(), before);
}

#[test]
fn the_largest_body_is_read_to_its_end() {
    let server = Server::start(Engine::Sqlite);
    let body = |bytes: usize| {
        let frame = r#"{"username": "ada", "unknown": ""}"#.len();
        format!(
            r#"{{"username": "ada", "unknown": "{}"}}"#,
            "x".repeat(bytes - frame)
        )
    };
    let register = |bytes: usize| {
        server
            .client()
            .post("/api/auth/register")
            .header("content-type", "application/json")
            .body(body(bytes))
    };
    register((1 << 20) + 1).refused(413, "FST_ERR_CTP_BODY_TOO_LARGE");
    register(1 << 20).send().expect_status(201);
}

#[test]
fn bytes_that_are_no_text() {
    let world = World::new(Engine::Sqlite);
    for target in [
        &b"/api/agents/\xff"[..],
        b"/api/activity?actor=\xff",
        b"/api/\xc3\x28",
    ] {
        let request = [b"GET ", target, b" HTTP/1.1\r\nhost: guildhall\r\n\r\n"].concat();
        let told = send(&world.server.client(), &request);
        assert!((400..500).contains(&told.status), "{told:?}");
    }
}

/// Here the HTTP library answers by itself, without a body.
#[test]
fn heads_that_are_too_large() {
    let world = World::new(Engine::Sqlite);
    let client = world.server.client();
    let big = format!("x-big: {}", "x".repeat(1 << 20));
    let authorization = format!("authorization: Bearer {}", "x".repeat(1 << 20));
    let many: Vec<String> = (0..200).map(|n| format!("x-{n}: {n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for headers in [&[big.as_str()][..], &[authorization.as_str()], &many] {
        assert_eq!(talk(&client, "GET /api/tasks", headers, "").status, 431);
    }
    let long = format!("GET /api/tasks?{}", "x".repeat(70_000));
    assert_eq!(talk(&client, &long, &[], "").status, 414);
    client.get("/api/tasks").ok();
}

/// Here, too.
#[test]
fn what_is_no_http() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let client = world.server.client();
    let task = "POST /api/auth/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let odd = [
        "hello\r\n\r\n".to_owned(),
        "GET /api/tasks\r\n\r\n".to_owned(),
        "GET /api/tasks HTTP/9.9\r\n\r\n".to_owned(),
        "GET /api/tasks HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n".to_owned(),
        "GET /api/\u{0} HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        format!("{task}content-length: -1\r\n\r\n"),
        format!("{task}content-length: many\r\n\r\n"),
        format!("{task}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"),
        format!("{task}transfer-encoding: chunked\r\n\r\nnonsense\r\n"),
    ];
    for bytes in odd {
        let told = send(&client, bytes.as_bytes());
        assert_eq!(told.status, 400, "{bytes}\n{told:?}");
    }
    assert_eq!(world.state(), before);
}
