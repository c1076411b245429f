//! Fields of the wrong type, texts that cannot be, JSON that is none.

use serde_json::{Map, Value, json};
use testkit::engine::Engine;
use testkit::http::Answer;

use super::world::{BODYLESS, World, Write};

#[track_caller]
fn is_refused(answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{answer}");
    assert_eq!(answer.json["statusCode"], answer.status, "{answer}");
    for name in ["error", "message", "code"] {
        assert!(answer.json[name].is_string(), "{name}\n{answer}");
    }
}

/// Sends a write once per field of its body, with each of these in the
/// field's place.
fn replaced(write: &Write, values: impl Fn(&Value) -> Vec<Value>) -> Vec<Answer> {
    let fields: &Map<String, Value> = write.body.as_object().expect("an object");
    let mut answers = Vec::new();
    for (name, value) in fields {
        for odd in values(value) {
            let mut body = write.body.clone();
            body[name] = odd;
            answers.push(write.send(&body));
        }
    }
    answers
}

fn other_types(value: &Value) -> Vec<Value> {
    let all = vec![
        json!("1"),
        json!(5),
        json!(1.5),
        json!(-1e300),
        json!(true),
        json!(["x"]),
        json!([5]),
        json!({"a": 1}),
    ];
    let fits = |odd: &Value| match value {
        Value::String(_) => odd.is_string(),
        Value::Number(_) => odd.is_i64(),
        Value::Array(_) => odd.is_string() || *odd == json!(["x"]),
        _ => false,
    };
    all.into_iter().filter(|odd| !fits(odd)).collect()
}

/// The same kind of value with this text in it; nothing for a number.
fn with_text(value: &Value, text: &str) -> Vec<Value> {
    match value {
        Value::String(_) => vec![json!(text)],
        Value::Array(_) => vec![json!([text]), json!(text)],
        _ => Vec::new(),
    }
}

#[test]
fn every_write_is_here() {
    let world = World::new(Engine::Sqlite);
    let mut here: Vec<_> = world
        .writes()
        .iter()
        .map(|write| (write.method, write.route))
        .collect();
    here.extend(BODYLESS);
    here.sort_unstable();
    let writes = api::routes()
        .into_iter()
        .filter(|route| route.door == "polt" && route.effect == app::Effect::Writes);
    let mut there: Vec<_> = writes.map(|route| (route.method, route.path)).collect();
    there.sort_unstable();
    assert_eq!(here, there);
}

testkit::on_both_engines! {
    fn the_bodies_of_these_tests_are_taken_as_they_are(engine: Engine) {
        for write in World::new(engine).writes() {
            write.send(&write.body).ok();
        }
    }

    fn wrong_types_in_every_field(engine: Engine) {
        let world = World::new(engine);
        let before = world.state();
        for write in world.writes() {
            for answer in replaced(&write, other_types) {
                answer.refused(400, "FST_ERR_VALIDATION");
            }
        }
        assert_eq!(world.state(), before);
    }

    fn texts_with_a_nul(engine: Engine) {
        let world = World::new(engine);
        let before = world.state();
        for write in world.writes() {
            replaced(&write, |value| with_text(value, "a\0b"))
                .iter()
                .for_each(is_refused);
            replaced(&write, |value| with_text(value, "\0"))
                .iter()
                .for_each(is_refused);
        }
        assert_eq!(world.state(), before);
    }

    fn texts_beyond_every_limit(engine: Engine) {
        let world = World::new(engine);
        let before = world.state();
        for write in world.writes() {
            let long = "x".repeat(50_001);
            replaced(&write, |value| with_text(value, &long))
                .iter()
                .for_each(is_refused);
        }
        assert_eq!(world.state(), before);
    }

    fn bodies_that_are_no_object(engine: Engine) {
        let world = World::new(engine);
        let before = world.state();
        for write in world.writes() {
            for body in [
                json!([]),
                json!([{"title": "T"}]),
                json!("title"),
                json!(5),
                json!(true),
            ] {
                write.send(&body).refused(400, "FST_ERR_VALIDATION");
            }
        }
        assert_eq!(world.state(), before);
    }

    fn words_that_no_list_has(engine: Engine) {
        let world = World::new(engine);
        let before = world.state();
        for write in world.writes() {
            for name in ["difficulty", "action", "status"] {
                for odd in ["", "nonsense", "APPROVE", " easy"] {
                    let mut body = write.body.clone();
                    if body.get(name).is_some() {
                        body[name] = json!(odd);
                        write.send(&body).refused(400, "FST_ERR_VALIDATION");
                    }
                }
            }
        }
        assert_eq!(world.state(), before);
    }
}

/// Sends this text as JSON.
fn send_text(write: &Write, text: impl Into<Vec<u8>>) -> Answer {
    let request = write.who.request(write.method, &write.path());
    request
        .header("content-type", "application/json")
        .body(text)
        .send()
}

#[test]
fn missing_fields() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    // The others take an empty object.
    let optional = ["/advance", "/request-revision", "/ban/{agent_id}"];
    let writes = world.writes().into_iter().filter(|write| {
        write.method == "POST" && !optional.iter().any(|end| write.route.ends_with(end))
            || write.route.ends_with("/review")
    });
    for write in writes {
        write.send(&json!({})).refused(400, "FST_ERR_VALIDATION");
        write
            .send(&json!({"unknown": 1}))
            .refused(400, "FST_ERR_VALIDATION");
        write.send(&json!(null)).refused(400, "FST_ERR_VALIDATION");
    }
    assert_eq!(world.state(), before);
}

#[test]
fn json_that_is_none() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let broken: [&[u8]; 12] = [
        b"{",
        b"{}}",
        b"{} {}",
        b"{'title': 'T'}",
        b"{title: 1}",
        b"{\"title\": NaN}",
        b"{\"title\": Infinity}",
        b"{\"title\": 01}",
        b"{\"title\": \"\xff\xfe\"}",
        b"{\"title\": \"a\0b\"}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
    ];
    for write in world.writes() {
        for text in broken {
            send_text(&write, text).refused(400, "FST_ERR_CTP_INVALID_JSON_BODY");
        }
    }
    assert_eq!(world.state(), before);
}

#[test]
fn deep_nesting() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    for write in world.writes() {
        let lists = deep("[", "]");
        is_refused(&send_text(&write, lists.clone()));
        is_refused(&send_text(&write, "[".repeat(10_000)));
        let fields = write.body.as_object().expect("an object");
        for name in fields.keys() {
            is_refused(&send_text(&write, format!("{{\"{name}\": {lists}}}")));
            is_refused(&send_text(
                &write,
                format!(
                    "{{\"{name}\": {}null{}}}",
                    "{\"a\":".repeat(10_000),
                    "}".repeat(10_000)
                ),
            ));
        }
    }
    assert_eq!(world.state(), before);
}

#[test]
fn texts_that_are_half_a_character() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    for write in world.writes() {
        for name in write.body.as_object().expect("an object").keys() {
            for half in ["\\ud800", "\\udfff", "\\ud800\\ud800", "\\u12"] {
                is_refused(&send_text(&write, format!("{{\"{name}\": \"{half}\"}}")));
            }
        }
    }
    assert_eq!(world.state(), before);
}

#[test]
fn the_same_field_twice() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    for write in world.writes() {
        let body = write.body.to_string();
        for (name, value) in write.body.as_object().expect("an object") {
            let twice = format!("{{\"{name}\": {value}, {}", &body[1..]);
            send_text(&write, twice).refused(400, "FST_ERR_VALIDATION");
        }
    }
    assert_eq!(world.state(), before);
}

#[test]
fn numbers_that_do_not_fit() {
    let world = World::new(Engine::Sqlite);
    let before = world.state();
    let huge = "9".repeat(400);
    for write in world.writes() {
        for name in ["value", "deadline"] {
            if write.body.get(name).is_none() {
                continue;
            }
            for number in [
                "-1.0",
                "1e400",
                "9223372036854775808",
                "-9223372036854775809",
                "9223372036854775807",
                "-2",
                huge.as_str(),
            ] {
                let mut body = write.body.clone();
                body[name] = json!("here");
                let text = body.to_string().replace("\"here\"", number);
                send_text(&write, text).refused(400, "FST_ERR_VALIDATION");
            }
        }
    }
    assert_eq!(world.state(), before);
}
