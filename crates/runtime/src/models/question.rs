//! What a model is asked, in the form of OpenAI's chat completions.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value, json};

/// A question to a model.
pub(crate) struct Question<'q> {
    /// What was said so far.
    pub(crate) messages: &'q [Value],
    /// Tools that it may call.
    pub(crate) tools: &'q [Value],
    /// Further fields, as they came.
    pub(crate) request: &'q Map<String, Value>,
}

/// Fields that are ours to say.
const OURS: &[&str] = &["model", "messages", "stream", "stream_options", "tools"];
/// Fields that make no sense without tools.
const WITH_TOOLS: &[&str] = &["tool_choice", "parallel_tool_calls"];

/// A question to one model, as the body of a request.
pub(super) struct Body<'q> {
    pub(super) model: &'q str,
    pub(super) question: &'q Question<'q>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Question {
            messages,
            tools,
            request,
        } = self.question;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", messages)?;
        map.serialize_entry("stream", &true)?;
        map.serialize_entry("stream_options", &json!({ "include_usage": true }))?;
        if !tools.is_empty() {
            map.serialize_entry("tools", tools)?;
        }
        for (name, value) in *request {
            let is_ours = OURS.contains(&name.as_str());
            let is_idle = tools.is_empty() && WITH_TOOLS.contains(&name.as_str());
            if !is_ours && !is_idle {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Question};
    use serde_json::{Map, Value, json};

    #[test]
    fn what_the_caller_wants_is_passed_on_and_what_is_ours_is_not() {
        let given = json!({ "temperature": 0.5, "seed": 7, "stream": false, "model": "x", "tool_choice": "auto" });
        let request: Map<String, Value> = given.as_object().cloned().unwrap_or_default();
        let messages = [json!({ "role": "user", "content": "hi" })];
        let mut question = Question {
            messages: &messages,
            tools: &[],
            request: &request,
        };
        let body = |question: &Question<'_>| {
            let model = "m";
            serde_json::to_value(Body { model, question }).expect("json")
        };
        assert_eq!(
            body(&question),
            json!({
                "model": "m", "messages": messages, "stream": true, "stream_options": { "include_usage": true },
                "temperature": 0.5, "seed": 7
            })
        );
        let tools = [json!({ "type": "function" })];
        question.tools = &tools;
        assert_eq!(body(&question)["tool_choice"], "auto");
        assert_eq!(body(&question)["tools"], json!(tools));
    }
}
