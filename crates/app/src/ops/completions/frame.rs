//! What a caller is told while a chat turn goes on. Each door has its own
//! spelling of it.
//!
//! **Invariant:** the frames of a run are numbered from 1 without gaps, and
//! what is stored of one is what was sent.

use std::borrow::Cow;

use domain::{Error, Kind};
use serde_json::{Value, json};

use crate::ports::agents::{ToolCall, ToolState, Usage};

/// One thing that is told.
#[derive(Clone, Debug)]
pub enum Frame {
    /// The run has begun; for those who follow a run.
    Started,
    /// An answer begins.
    Role,
    /// A bit of the answer.
    Text(String),
    /// A bit of what the model thinks.
    Thinking(String),
    /// A tool of the agent's.
    Tool(ToolCall),
    /// Tools that the caller runs, in OpenAI's form.
    ClientTools(Vec<Value>),
    /// What the user might say next.
    Suggestions(Vec<Value>),
    /// The answer has ended.
    Finish(Finished),
    /// It will not end: this went wrong.
    Failed(Failure),
    /// Somebody ended it.
    Cancelled,
    /// Nothing comes behind this.
    Done,
}

/// How an answer ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// In the words of OpenAI's chat API and Polpo's.
    pub reason: Cow<'static, str>,
    /// What the agent asks, where it asks.
    pub question: Option<Value>,
    /// What was used.
    pub usage: Usage,
    /// What the provider says about what answered.
    pub fingerprint: Option<String>,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind of thing.
    pub kind: Kind,
    /// Its tag.
    pub code: Cow<'static, str>,
    /// A sentence about it.
    pub message: Cow<'static, str>,
}

/// A frame and its number in its run.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// From 1.
    pub number: i64,
    /// The frame.
    pub frame: Frame,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            kind: error.kind,
            code: error.code.into(),
            message: error.message,
        }
    }
}

impl Frame {
    /// Whether nothing comes behind it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Cancelled | Self::Done)
    }

    /// As it is stored.
    pub(crate) fn written(&self) -> Value {
        match self {
            Self::Started => json!(["started"]),
            Self::Role => json!(["role"]),
            Self::Text(text) => json!(["text", text]),
            Self::Thinking(text) => json!(["thinking", text]),
            Self::Tool(call) => json!(["tool", call.shown()]),
            Self::ClientTools(calls) => json!(["client_tools", calls]),
            Self::Suggestions(suggestions) => json!(["suggestions", suggestions]),
            Self::Finish(finished) => json!(["finish", finished.written()]),
            Self::Failed(failure) => {
                json!(["failed", { "code": failure.code, "message": failure.message }])
            }
            Self::Cancelled => json!(["cancelled"]),
            Self::Done => json!(["done"]),
        }
    }

    /// Reads what [`Frame::written`] wrote.
    pub(crate) fn read(written: &Value) -> Option<Self> {
        let body = &written[1];
        let text = || body.as_str().map(str::to_owned);
        Some(match written[0].as_str()? {
            "started" => Self::Started,
            "role" => Self::Role,
            "text" => Self::Text(text()?),
            "thinking" => Self::Thinking(text()?),
            "tool" => Self::Tool(ToolCall::read(body)?),
            "client_tools" => Self::ClientTools(body.as_array()?.clone()),
            "suggestions" => Self::Suggestions(body.as_array()?.clone()),
            "finish" => Self::Finish(Finished::read(body)?),
            "failed" => Self::Failed(Failure {
                kind: Kind::Upstream,
                code: body["code"].as_str()?.to_owned().into(),
                message: body["message"].as_str()?.to_owned().into(),
            }),
            "cancelled" => Self::Cancelled,
            "done" => Self::Done,
            _ => return None,
        })
    }
}

impl Finished {
    fn written(&self) -> Value {
        json!({
            "reason": self.reason,
            "question": self.question,
            "usage": [self.usage.prompt_tokens, self.usage.completion_tokens, self.usage.micro_credits],
            "fingerprint": self.fingerprint,
        })
    }

    fn read(body: &Value) -> Option<Self> {
        let number = |at: usize| body["usage"][at].as_i64().unwrap_or(0);
        Some(Self {
            reason: body["reason"].as_str()?.to_owned().into(),
            question: Some(body["question"].clone()).filter(|it| !it.is_null()),
            usage: Usage {
                prompt_tokens: number(0),
                completion_tokens: number(1),
                micro_credits: number(2),
            },
            fingerprint: body["fingerprint"].as_str().map(str::to_owned),
        })
    }
}

impl ToolCall {
    /// As clients and sessions see it (Polpo 2.6, 2.7).
    pub fn shown(&self) -> Value {
        let Self {
            id,
            name,
            arguments,
            result,
            state,
        } = self;
        let mut shown = json!({ "id": id, "name": name });
        if !arguments.is_null() {
            shown["arguments"] = arguments.clone();
        }
        if let Some(result) = result {
            shown["result"] = result.as_str().into();
        }
        shown["state"] = state.as_str().into();
        shown
    }

    fn read(shown: &Value) -> Option<Self> {
        Some(Self {
            id: shown["id"].as_str()?.to_owned(),
            name: shown["name"].as_str()?.to_owned(),
            arguments: shown["arguments"].clone(),
            result: shown["result"].as_str().map(str::to_owned),
            state: ToolState::parse(shown["state"].as_str()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Finished, Frame};
    use crate::ports::agents::{ToolCall, ToolState, Usage};
    use serde_json::{Value, json};

    #[test]
    fn what_is_stored_is_what_was_sent() {
        let call = ToolCall {
            id: "c".into(),
            name: "ls".into(),
            arguments: json!({ "path": "." }),
            result: Some("two".into()),
            state: ToolState::Completed,
        };
        let early = ToolCall {
            arguments: Value::Null,
            result: None,
            state: ToolState::Preparing,
            ..call.clone()
        };
        let finished = Finished {
            reason: "ask_user".into(),
            question: Some(json!({ "questions": [] })),
            usage: Usage {
                prompt_tokens: 1,
                completion_tokens: 2,
                micro_credits: 3,
            },
            fingerprint: Some("mock".into()),
        };
        for frame in [
            Frame::Started,
            Frame::Role,
            Frame::Text("a\nb".into()),
            Frame::Thinking("t".into()),
            Frame::Tool(call),
            Frame::Tool(early),
            Frame::ClientTools(vec![json!({ "id": "x" })]),
            Frame::Suggestions(vec![json!({ "id": "1" })]),
            Frame::Finish(finished),
            Frame::Failed(Failure::from(domain::Error::internal())),
            Frame::Cancelled,
            Frame::Done,
        ] {
            let written = frame.written();
            let again = Frame::read(&written).expect("a frame").written();
            assert_eq!(again, written, "{frame:?}");
        }
    }
}
