//! What a hosted agent is made of, and how it is shown.
//!
//! To add a field, add a line to [`FIELDS`].

use serde_json::{Map, Value, json};
use store::tables::hosted::Agent;

use super::fields;
use crate::calendar::iso;
use crate::fields::{EFFORTS, Fields, Holds};

/// The fields of an agent (Polpo 2.10).
pub(super) const FIELDS: Fields = &[
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

/// The field that is merged when an agent is changed; others are replaced.
pub(super) const MERGED: &str = "identity";

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
