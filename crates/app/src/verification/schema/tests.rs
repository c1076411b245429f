use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Schema;
use crate::verification::meter::{Spent, metered};

/// Steps as for an output that is checked in its own time.
const STEPS: u64 = 5_000_000;

fn accepts(schema: &Value, output: &Value) -> Result<bool, Spent> {
    let schema = Schema::compile(&schema.to_string()).unwrap_or_else(|causes| panic!("{causes:?}"));
    metered(STEPS, || schema.accepts(output))
}

fn refusal(schema: &str) -> String {
    let causes = Schema::compile(schema).err().expect("refused");
    format!("{} {}", causes[0].field, causes[0].rule)
}

/// Runs something that must end, well before a person gives up.
#[expect(
    clippy::disallowed_methods,
    reason = "a bound in time is what is tested"
)]
fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let came_to = run();
    let took = began.elapsed();
    println!("{what}: {took:?}");
    assert!(took < Duration::from_secs(10), "{what} took {took:?}");
    came_to
}

#[test]
fn a_schema_means_what_the_specification_says() {
    let person = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.org/person",
        "title": "a person",
        "$defs": {
            "a/b": { "type": "string", "pattern": "^[a-z]+$" },
            "tree": {
                "$anchor": "node",
                "type": "object",
                "properties": { "kids": { "items": { "$ref": "#/$defs/tree" } }, "name": { "$ref": "#/$defs/a~1b" } },
            },
        },
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "$ref": "#/$defs/a~1b" },
            "age": { "type": "integer", "minimum": 0 },
            "tree": { "$ref": "#node" },
            "again": { "$ref": "#/$defs/tree/properties/name" },
            "const": { "const": { "$ref": "x", "pattern": "(" } },
            "tags": { "items": { "type": "string" }, "uniqueItems": true },
        },
        "allOf": [{ "properties": { "more": true } }],
        "unevaluatedProperties": false,
    });
    let fits = |output: Value| accepts(&person, &output);
    for good in [
        json!({ "name": "ann", "age": 3, "more": 1, "again": "x" }),
        json!({ "name": "ann", "const": { "$ref": "x", "pattern": "(" } }),
        json!({ "name": "ann", "tree": { "kids": [{ "name": "bob", "kids": [{}] }] }, "tags": ["a", "b"] }),
    ] {
        assert_eq!(fits(good.clone()), Ok(true), "{good}");
    }
    for bad in [
        json!([]),
        json!({}),
        json!({ "name": "Ann" }),
        json!({ "name": "ann", "age": -1 }),
        json!({ "name": "ann", "else": 1 }),
        json!({ "name": "ann", "again": "X" }),
        json!({ "name": "ann", "const": {} }),
        json!({ "name": "ann", "tags": ["a", "a"] }),
        json!({ "name": "ann", "tree": { "kids": [{ "kids": [{ "name": 7 }] }] } }),
    ] {
        assert_eq!(fits(bad.clone()), Ok(false), "{bad}");
    }
}

#[test]
fn what_is_wrong_is_told_by_place_and_rule() {
    let schema = json!({
        "type": "object",
        "required": ["a", "b"],
        "properties": { "list": { "items": { "type": "integer" } } },
    });
    let schema = Schema::compile(&schema.to_string()).unwrap_or_else(|causes| panic!("{causes:?}"));
    let causes = schema.causes(&json!({ "a": 1, "list": [1, "a secret"] }));
    let told: Vec<_> = causes
        .iter()
        .map(|cause| (cause.field.as_ref(), cause.rule.as_ref()))
        .collect();
    assert_eq!(told, [("", "required"), ("/list/1", "type")]);
    assert!(
        causes.iter().all(|cause| !cause.problem.contains("secret")),
        "{causes:?}"
    );
    let many: Vec<_> = (0..1_000).map(|_| json!("x")).collect();
    assert_eq!(
        schema
            .causes(&json!({ "a": 1, "b": 1, "list": many }))
            .len(),
        50
    );
}

#[test]
fn a_schema_that_cannot_be_used_is_refused() {
    let deep = (0..40).fold("true".to_owned(), |inner, _| {
        format!(r#"{{"not":{inner}}}"#)
    });
    let large = format!(r#"{{"description":"{}"}}"#, "x".repeat(70_000));
    for (schema, why) in [
        ("{", " json"),
        ("3", " type"),
        (&deep, " depth"),
        (&large, " size"),
        (r#"{"type":"integr"}"#, "/type anyOf"),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
            "/$schema $schema",
        ),
        (
            r#"{"properties":{"a":{"$id":"x"}}}"#,
            "/properties/a/$id $id",
        ),
        (r#"{"$ref":"https://example.org/other"}"#, "/$ref $ref"),
        (r#"{"$ref":"file:///etc/passwd"}"#, "/$ref $ref"),
        (r##"{"$ref":"#/$defs/missing"}"##, "/$ref $ref"),
        (r##"{"$ref":"#missing"}"##, "/$ref $ref"),
        (r#"{"pattern":"("}"#, "/pattern pattern"),
        (r#"{"pattern":"(?<=a)b"}"#, "/pattern pattern"),
        (r#"{"pattern":"((a{99}){99}){99}"}"#, "/pattern pattern"),
        (
            r#"{"patternProperties":{"(":true}}"#,
            "/patternProperties/( pattern",
        ),
    ] {
        let told = timed(schema.get(..40).unwrap_or(schema), || refusal(schema));
        assert_eq!(told, why, "{schema:.80}");
    }
}

#[test]
fn a_chain_of_references_may_only_be_so_long() {
    let chain = |links: usize| {
        let mut text = r##"{"$ref":"#/$defs/a0","$defs":{"##.to_owned();
        for at in 0..links {
            let _ = write!(text, r##""a{at}":{{"$ref":"#/$defs/a{}"}},"##, at + 1);
        }
        let _ = write!(text, r#""a{links}":true}}}}"#);
        text
    };
    assert!(Schema::compile(&chain(50)).is_ok());
    assert!(timed("chain", || refusal(&chain(1_500))).ends_with("depth"));
}

/// Each definition asks for the next one twice, in this way.
fn doubling(word: &str, levels: usize, last: &Value) -> Value {
    let mut defs = serde_json::Map::new();
    for at in 0..levels {
        let next = json!({ "$ref": format!("#/$defs/a{}", at + 1) });
        defs.insert(format!("a{at}"), json!({ word: [next, next] }));
    }
    defs.insert(format!("a{levels}"), last.clone());
    json!({ "$ref": "#/$defs/a0", "$defs": defs })
}

#[test]
fn schema_bombs_are_stopped() {
    let object = json!({ "a": 1 });
    let doubled = doubling("allOf", 40, &json!({ "type": "object" }));
    assert_eq!(timed("allOf", || accepts(&doubled, &object)), Err(Spent));
    for word in ["anyOf", "oneOf"] {
        let doubled = doubling(word, 40, &json!({ "type": "string" }));
        assert_eq!(timed(word, || accepts(&doubled, &object)), Err(Spent));
    }
    // Twice for each level of the output.
    let again = json!({ "$ref": "#" });
    let twice = json!({ "items": { "anyOf": [{ "allOf": [again, { "type": "string" }] }, { "allOf": [again, { "type": "string" }] }] } });
    let nested = (0..100).fold(json!([]), |inner, _| json!([inner]));
    let came_to = timed("levels", || accepts(&twice, &nested));
    assert!(came_to.is_err() || came_to == Ok(false), "{came_to:?}");
    // Much of everything at once.
    let members: serde_json::Map<_, _> = (0..60_000)
        .map(|at| (format!("k{at}"), json!(at)))
        .collect();
    let members = Value::Object(members);
    let patterns: serde_json::Map<_, _> = (0..90)
        .map(|at| (format!("(a|k|[0-9]){{{}}}x{at}", at % 20), json!(true)))
        .collect();
    let schema =
        json!({ "patternProperties": patterns, "additionalProperties": { "type": "integer" } });
    assert_eq!(timed("members", || accepts(&schema, &members)), Err(Spent));
    // Lists that have the same hash however they differ.
    let mut lists = Vec::new();
    for at in 0..40_000_u32 {
        lists.push((0..16).fold(json!([]), |inner, bit| {
            if at >> bit & 1 == 1 {
                json!([inner])
            } else {
                json!([inner, []])
            }
        }));
    }
    let unique = json!({ "uniqueItems": true });
    assert_eq!(
        timed("lists", || accepts(&unique, &Value::Array(lists))),
        Err(Spent)
    );
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    for schema in [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }] }),
        json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" }),
        json!({ "$dynamicAnchor": "x", "items": { "$dynamicRef": "#x" } }),
    ] {
        let schema = Schema::compile(&schema.to_string());
        if let Ok(schema) = schema {
            let nested = (0..100).fold(json!([]), |inner, _| json!([inner, 1]));
            let came_to = metered(STEPS, || schema.accepts(&nested));
            assert!(came_to.is_ok(), "{came_to:?}");
        }
    }
}

#[test]
fn regex_bombs_are_stopped() {
    let long = |text: &str, times: usize| json!(text.repeat(times));
    for (pattern, text, expected) in [
        (r"^(a+)+$", long("a", 1 << 20), Ok(true)),
        (r"(x+x+)+y", long("x", 1 << 20), Ok(false)),
        (r"(a|b)*a(a|b){400}$", long("ab", 1 << 19), Err(Spent)),
        (r"[ab]*a[ab]{60}c", long("ab", 1 << 19), Err(Spent)),
        (r"(?:\p{L}\p{M}*)+[0-9]$", long("é", 1 << 19), Err(Spent)),
    ] {
        let schema = json!({ "pattern": pattern });
        let came_to = timed(pattern, || accepts(&schema, &text));
        assert_eq!(came_to, expected, "{pattern}");
    }
    // The worst that is let through ends soon.
    let schema = json!({ "pattern": r"[ab]*a[ab]{12}c" });
    assert_eq!(
        timed("worst", || accepts(&schema, &long("ab", 1 << 19))),
        Ok(false)
    );
}

#[test]
fn a_deep_schema_on_a_deep_output_does_not_run_over_the_stack() {
    let mut defs = serde_json::Map::new();
    for at in 0..60 {
        defs.insert(
            format!("a{at}"),
            json!({ "allOf": [{ "$ref": format!("#/$defs/a{}", at + 1) }] }),
        );
    }
    defs.insert("a60".into(), json!({ "items": { "$ref": "#/$defs/a0" } }));
    let schema = json!({ "$ref": "#/$defs/a0", "$defs": defs });
    let nested = (0..125).fold(json!([]), |inner, _| json!([inner]));
    let came_to = accepts(&schema, &nested);
    assert!(matches!(came_to, Ok(true) | Err(Spent)), "{came_to:?}");
}
