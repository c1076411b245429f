//! What evaluating one schema costs, without the schemas below it that have a
//! price of their own. A step is about a tenth of a microsecond.

use serde_json::{Map, Value, json};

use super::places::{Holds, below, holds};

/// The keyword that pays. No keyword of a publisher's reaches the compiler
/// unless it is a known one.
pub(super) const STEP: &str = "x-guildhall-step";

/// Bytes of a text that are looked through in one step.
const BYTES_PER_STEP: usize = 4 << 10;
/// Pairs of values that are compared in one step.
const PAIRS_PER_STEP: u64 = 16;
/// Parts of a plain schema that is paid for by the one around it.
const LIGHT: u64 = 16;

/// The price of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Price {
    /// Once.
    pub(super) once: u64,
    /// For each item or member.
    pub(super) entry: u64,
    /// For each byte of a text.
    pub(super) byte: u64,
    /// For each byte of a member's name.
    pub(super) name: u64,
    /// Whether items are compared with each other.
    pub(super) unique: bool,
}

impl Price {
    /// As the value of [`STEP`].
    pub(super) fn written(self) -> Value {
        json!([
            self.once,
            self.entry,
            self.byte,
            self.name,
            u64::from(self.unique)
        ])
    }

    /// Reads what [`Price::written`] wrote.
    pub(super) fn read(value: &Value) -> Self {
        let part = |at: usize| value.get(at).and_then(Value::as_u64).unwrap_or(0);
        Self {
            once: part(0),
            entry: part(1),
            byte: part(2),
            name: part(3),
            unique: part(4) == 1,
        }
    }

    /// What evaluating an instance costs.
    pub(super) fn of(&self, instance: &Value) -> u64 {
        let entries = |count: usize| self.entry.saturating_mul(count as u64);
        let sized = match instance {
            Value::String(text) => {
                let scanned = self
                    .once
                    .saturating_mul((text.len() / BYTES_PER_STEP) as u64);
                scanned.saturating_add(self.byte.saturating_mul(text.len() as u64))
            }
            Value::Array(items) => entries(items.len()).saturating_add(self.comparing(items)),
            Value::Object(members) => {
                let named: usize = match self.name {
                    0 => 0,
                    _ => members.keys().map(String::len).sum(),
                };
                entries(members.len()).saturating_add(self.name.saturating_mul(named as u64))
            }
            _ => 0,
        };
        self.once.saturating_add(sized)
    }

    /// Finding equal items is quick by their hashes, but for nested ones,
    /// which can be made to have the same.
    fn comparing(&self, items: &[Value]) -> u64 {
        if !self.unique {
            return 0;
        }
        let nested = items
            .iter()
            .filter(|item| item.is_array() || item.is_object());
        let nested = nested.count() as u64;
        let parts: u64 = items.iter().map(parts).sum();
        (nested.saturating_mul(nested) / PAIRS_PER_STEP).saturating_add(parts)
    }
}

/// Values in a value.
fn parts(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(parts).sum::<u64>(),
        Value::Object(members) => 1 + members.values().map(parts).sum::<u64>(),
        Value::String(text) => 1 + (text.len() / BYTES_PER_STEP) as u64,
        _ => 1,
    }
}

/// Whether the schema around it pays for this one: it has no schemas below it
/// and looks at nothing that can be long.
pub(super) fn is_light(schema: &Value) -> bool {
    let Value::Object(schema) = schema else {
        return true;
    };
    let heavy = [
        "$ref",
        "$dynamicRef",
        "pattern",
        "uniqueItems",
        "$anchor",
        "$dynamicAnchor",
    ];
    below(schema).is_empty()
        && !heavy.iter().any(|word| schema.contains_key(*word))
        && own(schema) <= LIGHT
}

/// The price of a schema whose patterns cost this much for a byte: `pattern`
/// for a text, `names` for the names of members.
pub(super) fn price(schema: &Map<String, Value>, pattern: u64, names: u64) -> Price {
    let per_entry = [
        "items",
        "contains",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
    ];
    let looked_up = count(schema, "properties") / LIGHT + count(schema, "patternProperties");
    let applied = per_entry.iter().filter(|word| schema.contains_key(**word));
    let entry = match applied.count() as u64 {
        0 => 0,
        applied => applied.saturating_mul(1 + looked_up),
    };
    // What sees which members were looked at goes through the schemas again.
    let again = u64::from(schema.contains_key("unevaluatedItems"))
        + u64::from(schema.contains_key("unevaluatedProperties"));
    Price {
        once: own(schema),
        entry: entry.saturating_add(again.saturating_mul(own(schema))),
        byte: pattern,
        // Once for the patterns and once more for what they leave over.
        name: names.saturating_mul(2),
        unique: schema.get("uniqueItems") == Some(&Value::Bool(true)),
    }
}

fn count(schema: &Map<String, Value>, keyword: &str) -> u64 {
    let members = schema.get(keyword).and_then(Value::as_object);
    members.map_or(0, |members| members.len() as u64)
}

/// Parts of a schema itself: its words and their values, and one for each
/// schema below it.
fn own(schema: &Map<String, Value>) -> u64 {
    let plain = schema
        .iter()
        .filter(|(keyword, _)| holds(keyword) == Holds::Plain);
    1 + plain.map(|(_, value)| parts(value)).sum::<u64>() + below(schema).len() as u64
}
