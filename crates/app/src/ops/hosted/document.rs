//! What a hosted agent is made of: which fields there are, of which kinds, and
//! how they are shown.
//!
//! To add a field, add a line to [`FIELDS`].

use domain::error::Detail;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value, json};
use store::tables::hosted::Agent;

use super::fields;
use crate::calendar::iso;

/// What a field may hold.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    LongText,
    Words,
    Object,
    Number { least: i64, most: i64 },
    Flag,
    OneOf(&'static [&'static str]),
}

const EFFORTS: &[&str] = &["off", "minimal", "low", "medium", "high", "xhigh"];

const FIELDS: &[(&str, Holds)] = &[
    ("role", Holds::Text),
    ("model", Holds::Text),
    ("allowedTools", Holds::Words),
    ("allowedPaths", Holds::Words),
    ("allowNetwork", Holds::Flag),
    ("mcpServers", Holds::Object),
    ("identity", Holds::Object),
    ("reportsTo", Holds::Text),
    ("systemPrompt", Holds::LongText),
    ("skills", Holds::Words),
    (
        "maxTurns",
        Holds::Number {
            least: 1,
            most: 1_000,
        },
    ),
    (
        "maxConcurrency",
        Holds::Number {
            least: 1,
            most: 1_000,
        },
    ),
    ("reasoning", Holds::OneOf(EFFORTS)),
    ("volatile", Holds::Flag),
    ("browserProfile", Holds::Text),
    ("emailAllowedDomains", Holds::Words),
    ("version", Holds::Text),
    ("author", Holds::Text),
    ("tags", Holds::Words),
];

/// Takes the known fields of what was given; what is null or an empty
/// `reportsTo` is taken away.
///
/// # Errors
/// `Invalid` with everything that is not of its kind.
pub(crate) fn merge(document: &mut Map<String, Value>, given: Map<String, Value>) -> Result<()> {
    let mut causes = Vec::new();
    for (name, holds) in FIELDS {
        let Some(value) = given.get(*name) else {
            continue;
        };
        let is_cleared = value.is_null() || (*name == "reportsTo" && value == "");
        match check(*holds, value) {
            _ if is_cleared => {
                document.remove(*name);
            }
            Err(problem) => causes.push(Detail {
                field: (*name).into(),
                rule: "".into(),
                problem: problem.into(),
            }),
            Ok(()) => put(document, name, value.clone()),
        }
    }
    if causes.is_empty() {
        return Ok(());
    }
    let mut refusal = Error::invalid("invalid_agent", "the agent is not valid: see details");
    refusal.details = causes;
    Err(refusal)
}

/// `identity` is merged, everything else replaced (Polpo 2.10).
fn put(document: &mut Map<String, Value>, name: &str, value: Value) {
    match (document.get_mut(name), value) {
        (Some(Value::Object(old)), Value::Object(new)) if name == "identity" => {
            for (key, value) in new {
                if value.is_null() {
                    old.remove(&key);
                } else {
                    old.insert(key, value);
                }
            }
        }
        (_, value) => {
            document.insert(name.to_owned(), value);
        }
    }
}

fn check(holds: Holds, value: &Value) -> Result<(), String> {
    let short = |text: &str, most: usize| match text::optional("", text, most) {
        Ok(()) => Ok(()),
        Err(_) => Err(format!("must be a text of at most {most} characters")),
    };
    match (holds, value) {
        (Holds::Text, Value::String(text)) => short(text, limits::AGENT_TEXT_CHARS),
        (Holds::LongText, Value::String(text)) => short(text, limits::PROMPT_CHARS),
        (Holds::Words, Value::Array(words)) if words.len() > limits::AGENT_WORDS => {
            Err(format!("must have at most {} entries", limits::AGENT_WORDS))
        }
        (Holds::Words, Value::Array(words)) => words.iter().try_for_each(|word| match word {
            Value::String(word) => short(word, limits::AGENT_TEXT_CHARS),
            _ => Err("must be a list of texts".into()),
        }),
        (Holds::Object, Value::Object(_))
            if value.to_string().len() <= limits::AGENT_OBJECT_BYTES =>
        {
            Ok(())
        }
        (Holds::Flag, Value::Bool(_)) => Ok(()),
        (Holds::Number { least, most }, Value::Number(number)) => match number.as_i64() {
            Some(number) if (least..=most).contains(&number) => Ok(()),
            _ => Err(format!("must be a whole number from {least} to {most}")),
        },
        (Holds::OneOf(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        (Holds::OneOf(words), _) => Err(format!("must be one of: {}", words.join(", "))),
        (Holds::Text | Holds::LongText, _) => Err("must be a text".into()),
        (Holds::Words, _) => Err("must be a list of texts".into()),
        (Holds::Object, _) => Err(format!(
            "must be an object of at most {} bytes",
            limits::AGENT_OBJECT_BYTES
        )),
        (Holds::Flag, _) => Err("must be true or false".into()),
        (Holds::Number { least, most }, _) => {
            Err(format!("must be a whole number from {least} to {most}"))
        }
    }
}

/// An agent as its environment sees it.
pub fn shown(agent: &Agent) -> Value {
    let mut shown = Map::new();
    shown.insert("id".into(), json!(format!("agt_{}", agent.id.0.simple())));
    shown.insert("name".into(), json!(agent.name));
    shown.extend(fields(agent));
    shown.insert("teamName".into(), json!(agent.team));
    if let Some(group) = &agent.mission_group {
        shown.insert("volatile".into(), json!(true));
        shown.insert("missionGroup".into(), json!(group));
    }
    shown.insert("createdAt".into(), json!(iso(agent.created_at)));
    shown.insert("updatedAt".into(), json!(iso(agent.updated_at)));
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::merge;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    #[test]
    fn unknown_fields_are_dropped_and_identity_is_merged() {
        let mut document =
            object(json!({ "role": "cook", "identity": { "title": "Chef", "tone": "dry" } }));
        let given =
            json!({ "identity": { "tone": null, "company": "Inn" }, "nonsense": 1, "role": null });
        merge(&mut document, object(given)).expect("valid");
        assert_eq!(
            Value::Object(document),
            json!({ "identity": { "title": "Chef", "company": "Inn" } })
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let given = json!({ "maxTurns": 0, "reasoning": "much", "skills": [1], "role": 7, "mcpServers": [] });
        let refusal = merge(&mut Map::new(), object(given)).expect_err("not valid");
        let mut named: Vec<_> = refusal
            .details
            .iter()
            .map(|d| d.field.to_string())
            .collect();
        named.sort();
        assert_eq!(
            named,
            ["maxTurns", "mcpServers", "reasoning", "role", "skills"]
        );
    }
}
