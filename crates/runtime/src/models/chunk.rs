//! What one event of an upstream's stream says, as far as it is read. Where
//! providers differ in the type of a field, it is read as any and looked at.

use serde::Deserialize;
use serde_json::Value;

/// A chunk; the whole answer of an upstream that does not stream reads alike.
#[derive(Deserialize)]
pub(super) struct ChunkIn {
    #[serde(default)]
    pub(super) choices: Option<Vec<ChoiceIn>>,
    #[serde(default)]
    pub(super) usage: Option<UsageIn>,
    #[serde(default)]
    pub(super) error: Option<Value>,
    #[serde(default)]
    pub(super) system_fingerprint: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChoiceIn {
    #[serde(default, alias = "message")]
    pub(super) delta: Option<DeltaIn>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DeltaIn {
    #[serde(default)]
    pub(super) content: Value,
    #[serde(default)]
    pub(super) reasoning: Value,
    #[serde(default)]
    pub(super) reasoning_content: Value,
    #[serde(default)]
    pub(super) refusal: Value,
    #[serde(default)]
    pub(super) tool_calls: Option<Vec<ToolIn>>,
}

#[derive(Deserialize)]
pub(super) struct ToolIn {
    #[serde(default)]
    pub(super) index: Option<usize>,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) function: Option<FunctionIn>,
}

#[derive(Deserialize)]
pub(super) struct FunctionIn {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) arguments: Value,
}

#[derive(Deserialize)]
pub(super) struct UsageIn {
    #[serde(default)]
    pub(super) prompt_tokens: Option<i64>,
    #[serde(default)]
    pub(super) completion_tokens: Option<i64>,
}

/// The text in a field: a text, or a list of parts that have one.
pub(super) fn text(field: Value) -> Option<String> {
    let text = match field {
        Value::String(text) => text,
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect()
        }
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The arguments of a call: JSON as a text, or as it is.
pub(super) fn arguments(field: Value) -> String {
    match field {
        Value::String(text) => text,
        Value::Object(_) => field.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ChunkIn, arguments, text};
    use serde_json::{Value, json};

    #[test]
    fn chunks_of_all_sorts_of_providers_are_read() {
        for chunk in [
            json!({ "choices": [{ "delta": { "content": "a", "reasoning": "b", "reasoning_content": "b" } }] }),
            json!({ "choices": [{ "delta": { "content": [{ "type": "text", "text": "a" }], "tool_calls": null } }] }),
            json!({ "choices": [{ "message": { "content": "a", "role": "assistant" }, "finish_reason": "stop" }] }),
            json!({ "choices": [{ "delta": { "content": "a", "reasoning": { "x": 1 } } }], "usage": null, "error": null }),
        ] {
            let read: ChunkIn = serde_json::from_value(chunk).expect("a chunk");
            let choice = read.choices.into_iter().flatten().next().expect("a choice");
            let delta = choice.delta.expect("a delta");
            assert_eq!(text(delta.content).as_deref(), Some("a"));
        }
        let usage =
            json!({ "choices": [], "usage": { "prompt_tokens": 1, "completion_tokens": null } });
        assert!(serde_json::from_value::<ChunkIn>(usage).is_ok());
        assert_eq!(arguments(json!({ "a": 1 })), "{\"a\":1}");
        assert_eq!(
            (arguments(Value::Null), text(json!(""))),
            (String::new(), None)
        );
    }
}
