//! Where in a schema schemas are (JSON Schema 2020-12, sections 8, 10, 11).
//! What stands elsewhere, such as in `const` or under an unknown word, is
//! data, whatever it looks like.

use serde_json::{Map, Value};

use super::escaped;

/// Keywords whose value is a schema.
const ONE: &[&str] = &[
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "unevaluatedItems",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
];
/// Keywords whose value is an object of schemas.
const NAMED: &[&str] = &[
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
];
/// Keywords whose value is a list of schemas.
const LISTED: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords that assert something by themselves.
const PLAIN: &[&str] = &[
    "type",
    "const",
    "enum",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "$ref",
    "$dynamicRef",
];

/// How a keyword holds schemas.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// It is one.
    One,
    /// By name.
    Named,
    /// In a list.
    Listed,
    /// Not at all, but it asserts something.
    Plain,
    /// Nothing that counts here.
    Nothing,
}

/// How this keyword holds schemas.
pub(super) fn holds(keyword: &str) -> Holds {
    for (words, holds) in [
        (ONE, Holds::One),
        (NAMED, Holds::Named),
        (LISTED, Holds::Listed),
        (PLAIN, Holds::Plain),
    ] {
        if words.contains(&keyword) {
            return holds;
        }
    }
    Holds::Nothing
}

/// The schemas right below a schema, each with where it is: the rest of its
/// pointer.
pub(super) fn below(schema: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (keyword, value) in schema {
        match (holds(keyword), value) {
            (Holds::One, value) => found.push((format!("/{keyword}"), value)),
            (Holds::Named, Value::Object(named)) => found.extend(
                named
                    .iter()
                    .map(|(name, value)| (format!("/{keyword}/{}", escaped(name)), value)),
            ),
            (Holds::Listed, Value::Array(listed)) => found.extend(
                listed
                    .iter()
                    .enumerate()
                    .map(|(at, value)| (format!("/{keyword}/{at}"), value)),
            ),
            _ => {}
        }
    }
    found
}
