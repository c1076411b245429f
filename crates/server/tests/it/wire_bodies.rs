//! Which bodies are taken (POLT 2.1), byte for byte: a request without one
//! must not call itself JSON, one with a body must.

use testkit::engine::Engine;
use testkit::server::{Agent, OPERATOR_KEY, Server};

use crate::wire_talk::{Told, length, talk};

const JSON: &str = "content-type: application/json";
const FORM: &str = "content-type: application/x-www-form-urlencoded";
const TEXT: &str = "content-type: text/plain";
const CHUNKED: &str = "transfer-encoding: chunked";
const EMPTY: &str = "content-length: 0";

const RUNS: (u16, &str) = (200, "");
const EMPTY_JSON: (u16, &str) = (400, "FST_ERR_CTP_EMPTY_JSON_BODY");
const INVALID_JSON: (u16, &str) = (400, "FST_ERR_CTP_INVALID_JSON_BODY");
const INVALID_MEDIA: (u16, &str) = (415, "FST_ERR_CTP_INVALID_MEDIA_TYPE");
const NOT_VALID: (u16, &str) = (400, "FST_ERR_VALIDATION");

/// Header lines and what follows them; a length is added to a plain body.
type Body<'a> = (&'a [&'a str], &'a str);

/// Every line of the contract's table, and what stands between its lines.
const TABLE: &[(Body<'_>, (u16, &str))] = &[
    ((&[], ""), RUNS),
    ((&[EMPTY], ""), RUNS),
    ((&[JSON], ""), EMPTY_JSON),
    ((&[JSON, EMPTY], ""), EMPTY_JSON),
    (
        (
            &["content-type: Application/JSON; charset=utf-8", EMPTY],
            "",
        ),
        EMPTY_JSON,
    ),
    ((&[JSON, CHUNKED], "0\r\n\r\n"), EMPTY_JSON),
    ((&[JSON], "{}"), RUNS),
    ((&[JSON], "null"), RUNS),
    (
        (&["content-type: application/json; charset=utf-8"], " {} "),
        RUNS,
    ),
    ((&[JSON, CHUNKED], "2\r\n{}\r\n0\r\n\r\n"), RUNS),
    ((&[JSON], "{"), INVALID_JSON),
    ((&[JSON], "{} {}"), INVALID_JSON),
    ((&[JSON], "value=1"), INVALID_JSON),
    ((&[JSON], " "), INVALID_JSON),
    ((&[FORM], "value=1"), INVALID_MEDIA),
    ((&["content-type: application/xml"], "<a/>"), INVALID_MEDIA),
    ((&["content-type: nonsense"], "{}"), INVALID_MEDIA),
    ((&[], "{}"), INVALID_MEDIA),
    ((&[TEXT], "hello"), RUNS),
];

fn ask(server: &Server, line: &str, key: &str, (headers, body): Body<'_>) -> Told {
    let (authorization, length) = (format!("authorization: Bearer {key}"), length(body));
    let mut headers = [&[authorization.as_str()], headers].concat();
    if !body.is_empty() && !headers.contains(&CHUNKED) {
        headers.push(&length);
    }
    talk(&server.client(), line, &headers, body)
}

#[track_caller]
fn check(told: &Told, body: Body<'_>, (status, code): (u16, &str)) {
    assert_eq!(
        (told.status, told.code().as_str()),
        (status, code),
        "{body:?}\n{told:?}"
    );
    if status >= 400 {
        assert_eq!(told.json()["statusCode"], status, "{told:?}");
        assert!(
            told.json()["message"].is_string() && told.json()["error"].is_string(),
            "{told:?}"
        );
    }
}

fn status(server: &Server, task: &str) -> String {
    let task = server.client().get(&format!("/api/tasks/{task}")).ok();
    task["status"].as_str().expect("a status").to_owned()
}

testkit::on_both_engines! {
    fn post_without_a_schema(engine: Engine) {
        let server = Server::start(engine);
        let ada = server.register("ada");
        let task = server.task(&server.project("Compass"), "Write the manual");
        for (body, expected) in TABLE {
            let told = ask(
                &server,
                &format!("POST /api/tasks/{task}/commit"),
                &ada.key,
                *body,
            );
            check(&told, *body, *expected);
            // A refusal has changed nothing, although the task could be taken.
            let left = if *expected == RUNS {
                "committed"
            } else {
                "available"
            };
            assert_eq!(status(&server, &task), left, "{body:?}");
            if *expected == RUNS {
                ada.client.post(&format!("/api/tasks/{task}/uncommit")).ok();
            }
        }
    }

    fn delete(engine: Engine) {
        let server = Server::start(engine);
        let project = server.project("Compass");
        for (body, expected) in TABLE {
            let task = server.task(&project, "Write the manual");
            let told = ask(
                &server,
                &format!("DELETE /api/tasks/{task}"),
                OPERATOR_KEY,
                *body,
            );
            check(&told, *body, *expected);
            let left = if *expected == RUNS {
                "cancelled"
            } else {
                "available"
            };
            assert_eq!(status(&server, &task), left, "{body:?}");
        }
    }

    fn patch_with_a_schema(engine: Engine) {
        let server = Server::start(engine);
        let Agent { key, .. } = server.register("ada");
        let needs_an_object = |expected| {
            if expected == RUNS {
                NOT_VALID
            } else {
                expected
            }
        };
        for (body, expected) in TABLE {
            let told = ask(&server, "PATCH /api/agents/me", &key, *body);
            let is_object = body.1.contains("{}") && *expected == RUNS;
            check(
                &told,
                *body,
                if is_object {
                    RUNS
                } else {
                    needs_an_object(*expected)
                },
            );
        }
        let told = ask(
            &server,
            "PATCH /api/agents/me",
            &key,
            (&[JSON], r#"{"bio": "Counts."}"#),
        );
        assert_eq!(
            (told.status, &told.json()["agent"]["bio"]),
            (200, &"Counts.".into())
        );
    }
}

#[test]
fn optional_bodies_may_be_missing() {
    let server = Server::start(Engine::Sqlite);
    let ada = server.register("ada");
    for body in [
        (&[][..], ""),
        (&[JSON][..], "null"),
        (&[JSON][..], "{}"),
        (&[TEXT][..], "why"),
    ] {
        let told = ask(
            &server,
            &format!("POST /api/moderation/ban/{}", ada.id),
            OPERATOR_KEY,
            body,
        );
        check(&told, body, RUNS);
    }
    for body in [
        (&[JSON][..], "[]"),
        (&[JSON][..], "\"why\""),
        (&[JSON][..], "5"),
    ] {
        let told = ask(
            &server,
            &format!("POST /api/moderation/ban/{}", ada.id),
            OPERATOR_KEY,
            body,
        );
        check(&told, body, NOT_VALID);
    }
}

#[test]
fn reads_do_not_look_at_bodies() {
    let server = Server::start(Engine::Sqlite);
    for (body, _) in TABLE {
        let told = ask(&server, "GET /api/tasks", "no key at all", *body);
        assert_eq!(told.status, 200, "{body:?}\n{told:?}");
    }
}

#[test]
fn who_asks_is_looked_at_before_the_body() {
    let server = Server::start(Engine::Sqlite);
    let ada = server.register("ada");
    for (body, _) in TABLE {
        for (line, key, expected) in [
            (
                "POST /api/tasks/nothing/commit",
                "no key at all",
                (401, "INVALID_KEY"),
            ),
            (
                "DELETE /api/tasks/nothing",
                ada.key.as_str(),
                (403, "OPERATOR_ONLY"),
            ),
        ] {
            check(&ask(&server, line, key, *body), *body, expected);
        }
    }
}
