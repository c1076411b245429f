//! The provider that asks nobody: what it answers follows from what it is
//! asked, so that a server is useful without a network and tests know what
//! comes.
//!
//! It answers `mock: ` and the last thing the user said. What stands there in
//! brackets changes that:
//!
//! | in the user's message | answer |
//! |---|---|
//! | `[say TEXT]` | exactly that |
//! | `[json {..}]` | exactly that JSON |
//! | `[tool NAME {..}]` | a call of that tool, then its result; several one after the other |
//! | `[args {..}]` | the arguments where `tool_choice` asks for a call |
//! | `[think]` | thinks first |
//! | `[length]` | is cut off by a limit of length |
//! | `[slow MS]` | waits first |
//! | `[fail]`, `[fail-midway]` | fails, at once or after a bit of text |
//!
//! **Invariant:** the same question brings the same answer and the same usage.

use std::collections::VecDeque;
use std::time::Duration;

use app::ports::agents::Usage;
use domain::Error;
use serde_json::{Map, Value};

use super::{Bit, Ending, Question};

/// What is said about what answered.
const FINGERPRINT: &str = "mock";
/// Milliseconds that it waits at most.
const SLOW_MS: u64 = 600_000;

/// What happens next.
pub(super) enum Step {
    Bit(Bit),
    Wait(Duration),
    Fail(Error),
}

/// What it does when it is asked this.
pub(super) fn script(question: &Question<'_>) -> VecDeque<Step> {
    let asked = Asked::read(question.messages);
    let mut steps = VecDeque::new();
    if let Some(ms) = inside(&asked.text, "slow").and_then(|ms| ms.trim().parse::<u64>().ok()) {
        steps.push_back(Step::Wait(Duration::from_millis(ms.min(SLOW_MS))));
    }
    if asked.text.contains("[fail]") {
        steps.push_back(Step::Fail(failure()));
        return steps;
    }
    if asked.text.contains("[think]") {
        steps.push_back(Step::Bit(Bit::Thinking("mock: thinking".into())));
    }
    let call = asked.next_call().or_else(|| forced(question, &asked));
    let written = match call {
        Some((name, arguments)) => say_call(&mut steps, asked.results.len(), name, &arguments),
        None => say_text(&mut steps, &asked.answer()),
    };
    if asked.text.contains("[fail-midway]") {
        steps.truncate(steps.len().div_ceil(2));
        steps.push_back(Step::Fail(failure()));
        return steps;
    }
    let read = question
        .messages
        .iter()
        .map(|message| words(&text_of(message)));
    steps.push_back(Step::Bit(Bit::End(Ending {
        is_cut: asked.text.contains("[length]"),
        usage: Usage {
            prompt_tokens: read.sum(),
            completion_tokens: written,
            micro_credits: 0,
        },
        fingerprint: Some(FINGERPRINT.into()),
    })));
    steps
}

/// What counts of a conversation.
struct Asked {
    /// What the user said last.
    text: String,
    /// What tools answered since.
    results: Vec<String>,
}

impl Asked {
    fn read(messages: &[Value]) -> Self {
        let is = |message: &Value, role: &str| message["role"] == role;
        let last = messages.iter().rposition(|message| is(message, "user"));
        let text = last.and_then(|at| messages.get(at)).map(text_of);
        let since = messages.iter().skip(last.map_or(0, |at| at + 1));
        Self {
            text: text.unwrap_or_default(),
            results: since.filter(|it| is(it, "tool")).map(text_of).collect(),
        }
    }

    /// The next of the calls that the user wants.
    fn next_call(&self) -> Option<(String, Value)> {
        let call = self.text.split("[tool ").skip(1).nth(self.results.len())?;
        let name: String = call
            .chars()
            .take_while(|c| !c.is_whitespace() && *c != ']')
            .collect();
        let rest = call.get(name.len()..).unwrap_or_default();
        let arguments = first_json(rest).unwrap_or_else(|| Value::Object(Map::new()));
        (!name.is_empty()).then_some((name, arguments))
    }

    fn answer(&self) -> String {
        if let Some(result) = self.results.last() {
            return format!("mock: {result}");
        }
        if let Some(json) = keyed(&self.text, "json").and_then(first_json) {
            return json.to_string();
        }
        match inside(&self.text, "say") {
            Some(text) => text.to_owned(),
            None => format!("mock: {}", self.text),
        }
    }
}

/// The call that `tool_choice` asks for.
fn forced(question: &Question<'_>, asked: &Asked) -> Option<(String, Value)> {
    let choice = question.request.get("tool_choice")?;
    if !asked.results.is_empty() || question.tools.is_empty() {
        return None;
    }
    let name = match choice.as_str() {
        Some("required") => question.tools.first()?["function"]["name"].as_str()?,
        Some(_) => return None,
        None => choice["function"]["name"].as_str()?,
    };
    let arguments = keyed(&asked.text, "args").and_then(first_json);
    let empty = || Value::Object(Map::new());
    Some((name.to_owned(), arguments.unwrap_or_else(empty)))
}

fn say_call(steps: &mut VecDeque<Step>, number: usize, name: String, arguments: &Value) -> i64 {
    let arguments = arguments.to_string();
    let written = words(&arguments).saturating_add(1);
    let half = arguments.len() / 2;
    let half = (0..=half).rev().find(|at| arguments.is_char_boundary(*at));
    let (head, tail) = arguments.split_at(half.unwrap_or(0));
    steps.push_back(Step::Bit(Bit::Tool {
        index: 0,
        id: Some(format!("call_mock_{}", number + 1)),
        name: Some(name),
        arguments: head.to_owned(),
    }));
    steps.push_back(Step::Bit(Bit::Tool {
        index: 0,
        id: None,
        name: None,
        arguments: tail.to_owned(),
    }));
    written
}

/// A word at a time.
fn say_text(steps: &mut VecDeque<Step>, text: &str) -> i64 {
    let pieces = text.split_inclusive(' ');
    steps.extend(pieces.map(|piece| Step::Bit(Bit::Text(piece.to_owned()))));
    words(text)
}

/// What stands behind `[key `.
fn keyed<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("[{key} "))?;
    Some(rest)
}

/// What stands between `[key ` and the next bracket.
fn inside<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    keyed(text, key)?.split(']').next()
}

fn first_json(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.next()?.ok()
}

/// The text of a message, whatever form it has.
fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn words(text: &str) -> i64 {
    i64::try_from(text.split_whitespace().count()).unwrap_or(i64::MAX)
}

fn failure() -> Error {
    Error::upstream("upstream_failed", "the mock was asked to fail")
}

#[cfg(test)]
mod tests {
    use super::{Step, script};
    use crate::models::{Bit, Question};
    use serde_json::{Map, Value, json};

    fn told(messages: &[Value], tools: &[Value], request: &Value) -> String {
        let request: Map<String, Value> = request.as_object().cloned().unwrap_or_default();
        let question = Question {
            messages,
            tools,
            request: &request,
        };
        let mut told = String::new();
        for step in script(&question) {
            told += &match step {
                Step::Bit(Bit::Text(text)) => text,
                Step::Bit(Bit::Thinking(_)) => "<thinks>".into(),
                Step::Bit(Bit::Tool {
                    name, arguments, ..
                }) => {
                    format!(
                        "{}{arguments}",
                        name.map(|name| format!("<{name}>")).unwrap_or_default()
                    )
                }
                Step::Bit(Bit::End(end)) => {
                    let usage = end.usage;
                    format!(
                        "<{} {} {}>",
                        usage.prompt_tokens, usage.completion_tokens, end.is_cut
                    )
                }
                Step::Wait(time) => format!("<waits {}>", time.as_millis()),
                Step::Fail(_) => "<fails>".into(),
            };
        }
        told
    }

    fn says(text: &str) -> String {
        told(
            &[json!({ "role": "user", "content": text })],
            &[],
            &json!({}),
        )
    }

    #[test]
    fn it_says_what_it_was_told_to() {
        assert_eq!(says("hi there"), "mock: hi there<2 3 false>");
        assert_eq!(says("please [say fine]"), "fine<3 1 false>");
        assert_eq!(says("[json {\"a\": [1]}]"), "{\"a\":[1]}<3 1 false>");
        assert_eq!(says("[think] x"), "<thinks>mock: [think] x<2 3 false>");
        assert_eq!(
            says("[slow 5][length]"),
            "<waits 5>mock: [slow 5][length]<2 3 true>"
        );
        assert_eq!(says("[fail]"), "<fails>");
        assert_eq!(says("a b [fail-midway]"), "mock: a <fails>");
    }

    #[test]
    fn it_calls_tools_one_after_the_other() {
        let user = json!({ "role": "user", "content": "[tool ls {\"path\": \"]\"}] [tool pwd]" });
        let tool = json!({ "role": "tool", "content": "two files" });
        let mut said = vec![user];
        let ask = |said: &[Value]| told(said, &[], &json!({}));
        assert!(
            ask(&said).starts_with("<ls>{\"path\":\"]\"}<"),
            "{}",
            ask(&said)
        );
        said.push(tool.clone());
        assert!(ask(&said).starts_with("<pwd>{}<"), "{}", ask(&said));
        said.push(tool);
        assert!(ask(&said).starts_with("mock: two files<"), "{}", ask(&said));
    }

    #[test]
    fn it_calls_what_it_must() {
        let said = [json!({ "role": "user", "content": "[args {\"score\": 4}]" })];
        let tools = [json!({ "type": "function", "function": { "name": "judge" } })];
        for choice in [
            json!("required"),
            json!({ "type": "function", "function": { "name": "judge" } }),
        ] {
            let told = told(&said, &tools, &json!({ "tool_choice": choice }));
            assert!(told.starts_with("<judge>{\"score\":4}<"), "{told}");
        }
    }
}
