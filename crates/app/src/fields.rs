//! Documents that people write: which fields they have and of which kinds
//! those are.
//!
//! **Invariant:** what is kept of a document is of its kind and within its
//! bounds; what is not known is dropped.
//!
//! To add a kind, add a variant to [`Holds`] and its check.

use domain::error::Detail;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};

/// What a field may hold.
#[derive(Clone, Copy)]
pub(crate) enum Holds {
    /// A short text.
    Text,
    /// A text as long as a prompt.
    LongText,
    /// A list of short texts.
    Words,
    /// A JSON object.
    Object,
    /// A list of JSON objects.
    Objects,
    /// A whole number.
    Number {
        /// At least this.
        least: i64,
        /// At most this.
        most: i64,
    },
    /// A number from 1 to 5.
    Score,
    /// True or false.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// The fields of a kind of document.
pub(crate) type Fields = &'static [(&'static str, Holds)];

/// How hard a model may think (Polpo 2.10).
pub(crate) const EFFORTS: &[&str] = &["off", "minimal", "low", "medium", "high", "xhigh"];

/// Takes the known fields of what was given; what is null, or an empty text, is
/// taken away; of what is an object already, the fields of the first level are
/// merged where `merged` names it.
///
/// # Errors
/// `Invalid` with everything that is not of its kind.
pub(crate) fn merge(
    known: Fields,
    merged: &str,
    document: &mut Map<String, Value>,
    given: &Map<String, Value>,
) -> Result<()> {
    let mut causes = Vec::new();
    for (name, holds) in known {
        let Some(value) = given.get(*name) else {
            continue;
        };
        if value.is_null() || value == "" {
            document.remove(*name);
            continue;
        }
        match check(*holds, value) {
            Err(problem) => causes.push(Detail {
                field: (*name).into(),
                rule: "".into(),
                problem: problem.into(),
            }),
            Ok(()) => put(document, name, value.clone(), *name == merged),
        }
    }
    if causes.is_empty() {
        return Ok(());
    }
    let mut refusal = Error::invalid("invalid_document", "some fields are not valid: see details");
    refusal.details = causes;
    Err(refusal)
}

fn put(document: &mut Map<String, Value>, name: &str, value: Value, is_merged: bool) {
    match (document.get_mut(name), value) {
        (Some(Value::Object(old)), Value::Object(new)) if is_merged => {
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
    match (holds, value) {
        (Holds::Text, Value::String(text)) => short(text, limits::AGENT_TEXT_CHARS),
        (Holds::LongText, Value::String(text)) => short(text, limits::PROMPT_CHARS),
        (Holds::Words | Holds::Objects, Value::Array(list)) if list.len() > limits::AGENT_WORDS => {
            Err(format!("must have at most {} entries", limits::AGENT_WORDS))
        }
        (Holds::Words, Value::Array(words)) => words.iter().try_for_each(|word| match word {
            Value::String(word) => short(word, limits::AGENT_TEXT_CHARS),
            _ => Err("must be a list of texts".into()),
        }),
        (Holds::Objects, Value::Array(list)) => {
            list.iter().try_for_each(|one| check(Holds::Object, one))
        }
        (Holds::Object, Value::Object(_))
            if value.to_string().len() <= limits::AGENT_OBJECT_BYTES =>
        {
            Ok(())
        }
        (Holds::Flag, Value::Bool(_)) => Ok(()),
        (Holds::Score, Value::Number(n))
            if n.as_f64().is_some_and(|n| (1.0..=5.0).contains(&n)) =>
        {
            Ok(())
        }
        (Holds::Number { least, most }, Value::Number(n))
            if n.as_i64().is_some_and(|n| (least..=most).contains(&n)) =>
        {
            Ok(())
        }
        (Holds::OneOf(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        (holds, _) => Err(wanted(holds)),
    }
}

fn short(text: &str, most: usize) -> Result<(), String> {
    text::optional("", text, most)
        .map_err(|_| format!("must be a text of at most {most} characters"))
}

/// What a field wants, in words.
fn wanted(holds: Holds) -> String {
    match holds {
        Holds::Text | Holds::LongText => "must be a text".into(),
        Holds::Words => "must be a list of texts".into(),
        Holds::Objects => "must be a list of objects".into(),
        Holds::Object => format!(
            "must be an object of at most {} bytes",
            limits::AGENT_OBJECT_BYTES
        ),
        Holds::Flag => "must be true or false".into(),
        Holds::Score => "must be a number from 1 to 5".into(),
        Holds::Number { least, most } => format!("must be a whole number from {least} to {most}"),
        Holds::OneOf(words) => format!("must be one of: {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{EFFORTS, Fields, Holds, merge};

    const KNOWN: Fields = &[
        ("role", Holds::Text),
        ("identity", Holds::Object),
        ("skills", Holds::Words),
        ("gates", Holds::Objects),
        ("turns", Holds::Number { least: 1, most: 9 }),
        ("score", Holds::Score),
        ("on", Holds::Flag),
        ("effort", Holds::OneOf(EFFORTS)),
    ];

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    #[test]
    fn unknown_fields_are_dropped_and_one_object_is_merged() {
        let mut document =
            object(json!({ "role": "cook", "identity": { "title": "Chef", "tone": "dry" } }));
        let given = json!({ "identity": { "tone": null, "company": "Inn" }, "nonsense": 1, "role": null, "score": 2.5 });
        merge(KNOWN, "identity", &mut document, &object(given)).expect("valid");
        let expected = json!({ "identity": { "title": "Chef", "company": "Inn" }, "score": 2.5 });
        assert_eq!(Value::Object(document), expected);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = json!({
            "role": 7, "identity": [], "skills": [1], "gates": [1], "turns": 0, "score": 6, "on": "yes", "effort": "much",
        });
        let refusal = merge(KNOWN, "", &mut Map::new(), &object(wrong)).expect_err("not valid");
        assert_eq!(refusal.details.len(), KNOWN.len(), "{:?}", refusal.details);
    }
}
