//! What comes of the pieces of a turn: the answer, the tools that were called,
//! the end.

use domain::{Error, Kind};
use serde_json::{Value, json};
use store::tables::runs::Status;

use super::INTERRUPTED;
use super::frame::{Finished, Frame};
use crate::ports::agents::{End, Finish, Piece, ToolCall, ToolState, Usage};

/// Tools whose arguments hold credentials (Polpo 2.7).
const VAULT_TOOLS: &[&str] = &["set_vault_entry", "update_vault_credentials"];
const CREDENTIALS: &str = "credentials";
const REDACTED: &str = "[REDACTED]";

/// An answer that came whole.
#[derive(Clone, Debug)]
pub struct Whole {
    /// What was said.
    pub text: String,
    /// Tools that the caller runs, in OpenAI's form.
    pub client_tools: Vec<Value>,
    /// What the user might say next.
    pub suggestions: Vec<Value>,
    /// How it ended.
    pub finished: Finished,
}

/// The pieces so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) text: String,
    calls: Vec<ToolCall>,
    end: Option<End>,
}

/// What came of a turn.
pub(super) struct Outcome {
    /// The answer, or what went wrong.
    pub(super) answer: Result<Whole, Error>,
    /// How the run stands.
    pub(super) status: Status,
    /// What it used.
    pub(super) usage: Usage,
    /// What is stored as the answer.
    pub(super) content: String,
    /// The tools that were called, as they are stored.
    pub(super) tool_calls: Option<String>,
}

impl Tally {
    /// Takes a piece; what is told of it.
    pub(super) fn take(&mut self, piece: Piece, wants_frames: bool) -> Option<Frame> {
        match piece {
            Piece::Text(text) => {
                self.text.push_str(&text);
                wants_frames.then_some(Frame::Text(text))
            }
            Piece::Thinking(text) => wants_frames.then_some(Frame::Thinking(text)),
            Piece::Tool(call) => {
                let told = wants_frames.then(|| Frame::Tool(call.clone()));
                match self.calls.iter_mut().find(|known| known.id == call.id) {
                    Some(known) => *known = call,
                    None => self.calls.push(call),
                }
                told
            }
            Piece::End(end) => {
                self.end = Some(end);
                None
            }
        }
    }

    /// What came of it.
    pub(super) fn outcome(mut self) -> Outcome {
        let end = self.end.take();
        let (usage, fingerprint) = end.as_ref().map_or((Usage::default(), None), |end| {
            (end.usage, end.fingerprint.clone())
        });
        let finish = end.map_or(Finish::Cancelled, |end| end.finish);
        let (ended, status) = read(finish);
        let is_silent = ended.is_err() && self.text.is_empty();
        let content = match is_silent {
            true => INTERRUPTED.to_owned(),
            // What no database can hold.
            false => self.text.replace('\0', "\u{fffd}"),
        };
        let mut client_tools = Vec::new();
        let answer = ended.map(|ended| {
            client_tools.clone_from(&ended.calls);
            Whole {
                text: std::mem::take(&mut self.text),
                client_tools: ended.calls,
                suggestions: Vec::new(),
                finished: Finished {
                    reason: ended.reason.into(),
                    question: ended.question,
                    usage,
                    fingerprint,
                },
            }
        });
        Outcome {
            answer,
            status,
            usage,
            content,
            tool_calls: stored(self.calls, &client_tools),
        }
    }
}

impl Outcome {
    /// It came to an end that does not count.
    pub(super) fn fail(&mut self, error: Error) {
        self.answer = Err(error);
        self.status = Status::Failed;
    }

    /// How it ended, for the log.
    pub(super) fn reason(&self) -> String {
        match &self.answer {
            Ok(whole) => whole.finished.reason.clone().into_owned(),
            Err(_) => self.status.as_str().to_owned(),
        }
    }

    /// What is told at the end, without the very last frame.
    pub(super) fn frames(&self) -> Vec<Frame> {
        let Ok(whole) = &self.answer else {
            return Vec::new();
        };
        let mut frames = Vec::new();
        if !whole.client_tools.is_empty() {
            frames.push(Frame::ClientTools(whole.client_tools.clone()));
        }
        if !whole.suggestions.is_empty() {
            frames.push(Frame::Suggestions(whole.suggestions.clone()));
        }
        frames.push(Frame::Finish(whole.finished.clone()));
        frames
    }

    /// What is told last.
    pub(super) fn last_frame(&self) -> Frame {
        match &self.answer {
            Ok(_) => Frame::Done,
            Err(_) if self.status == Status::Cancelled => Frame::Cancelled,
            Err(error) => Frame::Failed(error.clone().into()),
        }
    }
}

/// An end that counts.
struct Ended {
    reason: &'static str,
    question: Option<Value>,
    calls: Vec<Value>,
}

fn read(finish: Finish) -> (Result<Ended, Error>, Status) {
    let ended = |reason| Ended {
        reason,
        question: None,
        calls: Vec::new(),
    };
    match finish {
        Finish::Stop => (Ok(ended("stop")), Status::Completed),
        Finish::Length => (Ok(ended("length")), Status::Completed),
        // It was cut off, by a limit of another kind.
        Finish::Exhausted => (Ok(ended("length")), Status::Failed),
        Finish::ClientTools(calls) => {
            let ended = Ended {
                calls,
                ..ended("tool_calls")
            };
            (Ok(ended), Status::Completed)
        }
        Finish::AskUser(question) => {
            let ended = Ended {
                question: Some(question),
                ..ended("ask_user")
            };
            (Ok(ended), Status::Completed)
        }
        Finish::Cancelled => (Err(cancelled()), Status::Cancelled),
        Finish::Failed(error) => (Err(error), Status::Failed),
    }
}

fn cancelled() -> Error {
    Error::new(
        Kind::Conflict,
        "run_cancelled",
        "the run was cancelled before its answer came to an end",
    )
}

/// Calls of tools as a session keeps them; nothing when there were none.
fn stored(calls: Vec<ToolCall>, client_tools: &[Value]) -> Option<String> {
    let mut kept: Vec<Value> = calls.into_iter().map(kept).collect();
    kept.extend(client_tools.iter().map(|call| {
        let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
        let arguments = serde_json::from_str::<Value>(arguments);
        json!({
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": arguments.unwrap_or_default(),
            "state": ToolState::Interrupted.as_str(),
        })
    }));
    (!kept.is_empty()).then(|| Value::Array(kept).to_string())
}

fn kept(mut call: ToolCall) -> Value {
    // What was under way when the turn ended has no answer.
    if matches!(call.state, ToolState::Preparing | ToolState::Calling) {
        call.state = ToolState::Interrupted;
    }
    redacted(call.shown())
}

/// A call of a tool without the credentials in it (Polpo 2.7).
pub(crate) fn redacted(mut call: Value) -> Value {
    let name = call["name"].as_str().unwrap_or_default();
    if VAULT_TOOLS.contains(&name) && !call["arguments"][CREDENTIALS].is_null() {
        call["arguments"][CREDENTIALS] = REDACTED.into();
    }
    call
}

#[cfg(test)]
mod tests {
    use super::{INTERRUPTED, Tally};
    use crate::ports::agents::{End, Finish, Piece, ToolCall, ToolState, Usage};
    use domain::Error;
    use serde_json::{Value, json};
    use store::tables::runs::Status;

    fn end(finish: Finish) -> Piece {
        Piece::End(End {
            finish,
            usage: Usage::default(),
            outcomes: Vec::new(),
            files: (Vec::new(), Vec::new()),
            fingerprint: None,
        })
    }

    fn tallied(pieces: Vec<Piece>) -> super::Outcome {
        let mut tally = Tally::default();
        for piece in pieces {
            tally.take(piece, false);
        }
        tally.outcome()
    }

    #[test]
    fn what_was_said_is_kept_and_silence_has_a_word() {
        let text = |text: &str| Piece::Text(text.into());
        let failed = || end(Finish::Failed(Error::internal()));
        for (pieces, content, status) in [
            (
                vec![text("a"), text("b"), end(Finish::Stop)],
                "ab",
                Status::Completed,
            ),
            (vec![end(Finish::Stop)], "", Status::Completed),
            (
                vec![text("a\0b"), end(Finish::Stop)],
                "a\u{fffd}b",
                Status::Completed,
            ),
            (vec![text("a"), failed()], "a", Status::Failed),
            (vec![failed()], INTERRUPTED, Status::Failed),
            (vec![text("a")], "a", Status::Cancelled),
            (vec![], INTERRUPTED, Status::Cancelled),
            (vec![text("a"), end(Finish::Exhausted)], "a", Status::Failed),
        ] {
            let outcome = tallied(pieces);
            assert_eq!(
                (outcome.content.as_str(), outcome.status),
                (content, status)
            );
        }
    }

    #[test]
    fn calls_are_kept_once_and_without_credentials() {
        let call = |state, name: &str| {
            Piece::Tool(ToolCall {
                id: name.into(),
                name: name.into(),
                arguments: json!({ "service": "mail", "credentials": { "key": "hush" } }),
                result: None,
                state,
            })
        };
        let outcome = tallied(vec![
            call(ToolState::Preparing, "ls"),
            call(ToolState::Completed, "ls"),
            call(ToolState::Calling, "set_vault_entry"),
        ]);
        let calls: Value = serde_json::from_str(&outcome.tool_calls.expect("calls")).expect("json");
        assert_eq!(calls[0]["state"], "completed");
        assert_eq!(calls[1]["state"], "interrupted");
        assert_eq!(calls[1]["arguments"]["credentials"], "[REDACTED]");
        assert_eq!(calls.as_array().map(Vec::len), Some(2));
    }
}
