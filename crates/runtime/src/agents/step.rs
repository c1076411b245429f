//! What comes of what a model said: the end, or tools are called and it is
//! asked again.

use app::ops::runs::last_words;
use app::ports::agents::{Finish, Piece, ToolCall, ToolState};
use domain::Result;
use serde_json::{Map, Value, json};

use super::call::{Said, Wanted};
use super::{Work, user};
use crate::tools::{ToolAnswer, Tools};

impl Work {
    /// The way it ends, unless it goes on with what stands behind `messages`
    /// then.
    pub(super) async fn step(
        &self,
        tools: &mut Tools,
        mut said: Said,
        messages: &mut Vec<Value>,
    ) -> Result<Option<Finish>> {
        said.calls.retain(|wanted| !wanted.name.is_empty());
        if said.calls.is_empty() {
            return Ok(self.end(&said, messages).await);
        }
        let callers: Vec<_> = said
            .calls
            .iter()
            .filter(|wanted| self.is_callers(&wanted.name))
            .map(spelled)
            .collect();
        if !callers.is_empty() {
            return Ok(Some(Finish::ClientTools(callers)));
        }
        messages.push(assistant(&said));
        for wanted in &said.calls {
            let answer = self.use_tool(tools, wanted).await;
            if let Some(question) = answer.question {
                return Ok(Some(Finish::AskUser(question)));
            }
            messages.push(
                json!({ "role": "tool", "tool_call_id": wanted.id, "content": answer.content }),
            );
        }
        Ok(None)
    }

    /// It would end here, unless something was said in between.
    async fn end(&self, said: &Said, messages: &mut Vec<Value>) -> Option<Finish> {
        if said.is_cut {
            return Some(Finish::Length);
        }
        let more = match &self.turn.attended {
            Some(steering) => last_words(&self.app, self.turn.run, steering).await,
            None => Vec::new(),
        };
        if more.is_empty() {
            return Some(Finish::Stop);
        }
        messages.push(assistant(said));
        messages.extend(more.iter().map(|text| user(text)));
        None
    }

    async fn use_tool(&self, tools: &mut Tools, wanted: &Wanted) -> ToolAnswer {
        let arguments = read(&wanted.arguments);
        let shown = arguments.as_ref().map(|it| tools.masked(it));
        let mut call = ToolCall {
            id: wanted.id.clone(),
            name: wanted.name.clone(),
            arguments: shown.unwrap_or_default(),
            result: None,
            state: ToolState::Calling,
        };
        self.tell(Piece::Tool(call.clone())).await;
        let answer = match arguments {
            Some(arguments) => tools.call(&wanted.name, &arguments).await,
            None => ToolAnswer {
                content: "the arguments are no JSON object".into(),
                is_error: true,
                question: None,
            },
        };
        call.state = match &answer {
            ToolAnswer {
                question: Some(_), ..
            } => ToolState::Interrupted,
            ToolAnswer { is_error: true, .. } => ToolState::Error,
            ToolAnswer { .. } => ToolState::Completed,
        };
        if answer.question.is_none() {
            call.result = Some(masked(tools, &answer.content));
        }
        self.tell(Piece::Tool(call)).await;
        answer
    }
}

fn masked(tools: &Tools, content: &str) -> String {
    match tools.masked(&Value::String(content.to_owned())) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A call as the model is told of it later: some providers refuse a
/// conversation in which arguments are no JSON, also when their own model wrote
/// them.
fn told_back(wanted: &Wanted) -> Value {
    let mut call = spelled(wanted);
    if wanted.arguments.trim().is_empty() || read(&wanted.arguments).is_none() {
        call["function"]["arguments"] = "{}".into();
    }
    call
}

/// The arguments of a call; models write nothing where there are none.
fn read(arguments: &str) -> Option<Value> {
    if arguments.trim().is_empty() {
        return Some(Value::Object(Map::new()));
    }
    let value: Value = serde_json::from_str(arguments).ok()?;
    value.is_object().then_some(value)
}

fn spelled(wanted: &Wanted) -> Value {
    json!({
        "id": wanted.id,
        "type": "function",
        "function": { "name": wanted.name, "arguments": wanted.arguments },
    })
}

fn assistant(said: &Said) -> Value {
    let mut message = json!({ "role": "assistant", "content": said.text });
    if !said.calls.is_empty() {
        message["tool_calls"] = said.calls.iter().map(told_back).collect();
    }
    message
}
