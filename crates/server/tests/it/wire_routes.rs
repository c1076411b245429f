//! Paths and methods: what is there, what is not, and what is said of it.

use testkit::engine::Engine;
use testkit::http::Answer;
use testkit::server::Server;

use crate::wire_talk::talk;

/// A refusal's code: the doors spell it in different cases.
fn spelled(answer: &Answer) -> String {
    answer.code().unwrap_or("none").to_ascii_uppercase()
}

#[track_caller]
fn is_a_refusal(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, spelled(answer)),
        (status, code.to_owned()),
        "{answer}"
    );
    if answer.json["error"].is_object() {
        assert_eq!(answer.json["statusCode"], status, "{answer}");
        assert_eq!(
            answer.json["error"]["message"], answer.json["message"],
            "{answer}"
        );
    } else if answer.json.get("data").is_none() {
        assert_eq!(answer.json["statusCode"], status, "{answer}");
        assert_eq!(answer.json["error"], answer.json["message"], "{answer}");
    }
    assert!(
        answer.json["error"].is_string() || answer.json["error"].is_object(),
        "{answer}"
    );
    assert!(
        answer
            .header("content-type")
            .is_some_and(|it| it.starts_with("application/json")),
        "{answer}"
    );
}

#[test]
fn an_unknown_path_is_a_refusal_in_json() {
    let server = Server::start(Engine::Sqlite);
    let unknown = [
        "/api",
        "/api/",
        "/api/tasks/",
        "/api//tasks",
        "/API/tasks",
        "/api/tasks/1/2/3",
        "/nothing",
        "/api/tasks%2Frecent",
    ];
    for path in unknown {
        for method in ["GET", "POST", "DELETE", "BREW"] {
            is_a_refusal(
                &server.client().request(method, path).send(),
                404,
                "ROUTE_NOT_FOUND",
            );
        }
    }
}

#[test]
fn a_method_that_a_path_does_not_take_is_a_refusal_in_json() {
    let server = Server::start(Engine::Sqlite);
    for route in api::routes() {
        let takes = |method: &str| {
            api::routes()
                .iter()
                .any(|it| it.path == route.path && it.method == method)
        };
        let methods = ["PUT", "OPTIONS", "TRACE", "BREW"];
        for method in methods.into_iter().filter(|method| !takes(method)) {
            let answer = server
                .client()
                .request(method, &route.path.replace(['{', '}'], ""))
                .send();
            match route.door {
                "native" => {
                    let is_problem =
                        answer.header("content-type") == Some("application/problem+json");
                    assert!(is_problem && answer.json["status"] == 405, "{answer}");
                }
                door if door.starts_with("polpo") => {
                    assert_eq!(
                        (answer.status, spelled(&answer)),
                        (405, "METHOD_NOT_ALLOWED".into()),
                        "{answer}"
                    );
                    let is_enveloped = route.path.starts_with("/api/");
                    assert_eq!(answer.json.get("ok").is_some(), is_enveloped, "{answer}");
                }
                _ => is_a_refusal(&answer, 405, "METHOD_NOT_ALLOWED"),
            }
            let allow = answer.header("allow").unwrap_or_default();
            assert!(
                allow.split(',').any(|it| it == route.method),
                "{route:?}\n{answer}"
            );
        }
    }
}

#[test]
fn head_answers_like_get_without_the_body() {
    let server = Server::start(Engine::Sqlite);
    let ada = server.register("ada");
    let task = server.task(&server.project("Compass"), "Write the manual");
    for path in [
        "/api/tasks",
        &format!("/api/tasks/{task}"),
        "/api/agents/ada",
        "/api/tasks/nothing",
        "/api/nothing",
        "/api/agents/me/wallet",
    ] {
        let get = ada.client.get(path).send();
        let authorization = format!("authorization: Bearer {}", ada.key);
        let head = talk(
            &server.client(),
            &format!("HEAD {path}"),
            &[&authorization],
            "",
        );
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}\n{head:?}"
        );
        assert!(head.head.contains("content-length: "), "{path}\n{head:?}");
    }
}

#[test]
fn every_answer_has_a_request_id_and_keeps_the_callers_own() {
    let server = Server::start(Engine::Sqlite);
    let id = |given: &str| {
        let answer = server
            .client()
            .get("/api/nothing")
            .header("x-request-id", given)
            .send();
        answer.header("x-request-id").expect("an id").to_owned()
    };
    assert_eq!(id("from-the-caller.1"), "from-the-caller.1");
    for odd in ["", "two words", "<b>", &"x".repeat(65)] {
        assert!(id(odd) != odd && !id(odd).is_empty(), "{odd}");
    }
}

#[test]
fn pages_of_listed_origins_may_ask() {
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.server.cors_origins = vec!["https://app.example.org".into()];
    });
    let ask = |origin: &str| {
        let request = server.client().get("/v1/agents").header("origin", origin);
        request.send().expect_status(401)
    };
    let answer = ask("https://app.example.org");
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example.org")
    );
    assert!(
        answer
            .header("access-control-expose-headers")
            .is_some_and(|it| it.contains("x-session-id"))
    );
    let stranger = ask("https://elsewhere.example.org");
    assert_eq!(stranger.header("access-control-allow-origin"), None);
    let preflight = server.client().request("OPTIONS", "/v1/chat/completions");
    let preflight = preflight
        .header("origin", "https://app.example.org")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization, content-type",
        )
        .send()
        .expect_status(204);
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("authorization, content-type")
    );
    assert!(
        preflight
            .header("access-control-allow-methods")
            .is_some_and(|it| it.contains("POST"))
    );
}
