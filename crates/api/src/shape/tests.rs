//! Types of every kind that mappings read.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Unknown, fields_of, schema_of};

#[derive(Deserialize)]
#[serde(untagged)]
enum Tags {
    #[expect(dead_code)]
    List(Vec<String>),
    #[expect(dead_code)]
    Commas(String),
}

fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(field).map(Some)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code)]
struct Outer {
    a_title: String,
    #[serde(alias = "note", alias = "message")]
    reason: String,
    #[serde(default)]
    count: u32,
    #[serde(default, deserialize_with = "present")]
    deadline: Option<Option<i64>>,
    tags: Option<Tags>,
    inner: Vec<Inner>,
    any: Value,
    raw: Option<Box<RawValue>>,
    rest: Map<String, Value>,
    counts: Option<BTreeMap<String, i64>>,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct Inner {
    r#type: Option<String>,
    url: String,
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    One,
    OtherOne,
}

#[test]
fn a_type_is_described_as_it_is_read() {
    let inner = json!({
        "type": "object",
        "required": ["kind", "url"],
        "properties": {
            "type": { "type": ["string", "null"] },
            "url": { "type": "string" },
            "kind": { "type": "string", "enum": ["one", "other_one"] },
        },
    });
    let expected = json!({
        "type": "object",
        "required": ["aTitle", "inner", "rest"],
        "properties": {
            "aTitle": { "type": "string" },
            "reason": { "type": "string" },
            "note": { "type": "string" },
            "message": { "type": "string" },
            "count": { "type": "integer", "minimum": 0 },
            "deadline": { "type": ["integer", "null"] },
            "tags": {},
            "inner": { "type": "array", "items": inner },
            "any": {},
            "raw": {},
            "rest": { "type": "object", "additionalProperties": {} },
            "counts": { "type": ["object", "null"], "additionalProperties": { "type": "integer" } },
        },
    });
    let mut found = schema_of::<Outer>().expect("it can be probed");
    // A value of any kind need not be there where null does as well.
    let required = found["required"].as_array_mut().expect("a list");
    required.retain(|name| name != "any");
    assert_eq!(found, expected);
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Defaulted {
    name: String,
}

#[test]
fn what_has_a_default_is_not_required() {
    let expected = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    assert_eq!(schema_of::<Defaulted>(), Ok(expected));
    assert_eq!(fields_of::<Defaulted>(), ["name"]);
    assert_eq!(fields_of::<Map<String, Value>>(), [""; 0]);
}

#[derive(Debug, PartialEq)]
struct Never;

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader)?;
        Err(serde::de::Error::custom("never"))
    }
}

#[test]
fn what_refuses_everything_is_said() {
    assert_eq!(
        schema_of::<Never>(),
        Err(Unknown(std::any::type_name::<Never>()))
    );
}
