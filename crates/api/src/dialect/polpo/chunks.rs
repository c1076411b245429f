//! Answers of chat completions in OpenAI's form: whole, or chunk by chunk
//! (Polpo 2.6).
//!
//! **Invariant:** every event of a stream is one line `data: ` with one JSON,
//! and a blank line.

use app::ops::completions::{Failure, Finished, Frame, Numbered, Whole};
use bytes::{BufMut, BytesMut};
use domain::id::RunId;
use domain::{Kind, Time};
use serde_json::{Value, json};

use super::error::openai_parts;

/// What stands as the model in every answer (Polpo 2.6).
const MODEL: &str = "polpo";
/// Hexadecimal digits of an answer's id.
const ID_DIGITS: usize = 24;

/// The answers of one run.
pub(super) struct Chunks {
    id: String,
    created: i64,
    /// How every chunk begins.
    head: String,
    /// Whether the stream says at its end what was used.
    shows_usage: bool,
    /// Whether its events carry the numbers of the run's frames.
    is_numbered: bool,
}

impl Chunks {
    pub(super) fn new(run: RunId, began: Time, shows_usage: bool, is_numbered: bool) -> Self {
        let digits = run.0.simple().to_string();
        let digits = digits.get(digits.len() - ID_DIGITS..).unwrap_or(&digits);
        let id = format!("chatcmpl-{digits}");
        let created = began.unix_seconds();
        let head = format!(
            "{{\"id\":\"{id}\",\"object\":\"chat.completion.chunk\",\"created\":{created},\"model\":\"{MODEL}\","
        );
        Self {
            id,
            created,
            head,
            shows_usage,
            is_numbered,
        }
    }

    /// All of an answer.
    pub(super) fn whole(&self, whole: Whole) -> Value {
        let Whole {
            text,
            client_tools,
            suggestions,
            finished,
        } = whole;
        let mut message = json!({ "role": "assistant", "content": text });
        if !client_tools.is_empty() {
            message["tool_calls"] = client_tools.into();
            if message["content"] == "" {
                message["content"] = Value::Null;
            }
        }
        let mut choice =
            json!({ "index": 0, "message": message, "finish_reason": finished.reason });
        put_question(&mut choice, &finished);
        let mut answer = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": MODEL,
            "choices": [choice],
            "usage": usage(&finished),
        });
        if let Some(fingerprint) = finished.fingerprint {
            answer["system_fingerprint"] = fingerprint.into();
        }
        if !suggestions.is_empty() {
            answer["polpo"] = json!({ "suggestions": suggestions });
        }
        answer
    }

    /// Writes what a stream says at a frame.
    pub(super) fn event(&self, out: &mut BytesMut, numbered: &Numbered) {
        let Numbered { number, frame } = numbered;
        if self.is_numbered && !matches!(frame, Frame::Started) {
            out.put_slice(format!("id: {number}\n").as_bytes());
        }
        match frame {
            Frame::Started => {}
            Frame::Text(text) => self.text(out, text),
            Frame::Done => out.put_slice(b"data: [DONE]\n\n"),
            Frame::Failed(failure) => end(out, &failed(failure)),
            Frame::Cancelled => end(out, &cancelled()),
            frame => {
                let chunk = self.chunk(frame).unwrap_or_default();
                data(out, &chunk);
                if let (Frame::Finish(finished), true) = (frame, self.shows_usage) {
                    data(out, &self.usage_chunk(finished));
                }
            }
        }
    }

    /// The chunk of a frame, as JSON; nothing where a frame is none.
    pub(super) fn chunk(&self, frame: &Frame) -> Option<String> {
        let going = |delta: Value| json!({ "index": 0, "delta": delta, "finish_reason": null });
        let choice = match frame {
            Frame::Role => going(json!({ "role": "assistant" })),
            Frame::Text(text) => going(json!({ "content": text })),
            Frame::Thinking(text) => {
                let mut choice = going(json!({}));
                choice["thinking"] = text.as_str().into();
                choice
            }
            Frame::Tool(call) => {
                let mut choice = going(json!({}));
                choice["tool_call"] = call.shown();
                choice
            }
            Frame::ClientTools(calls) => going(json!({ "tool_calls": indexed(calls) })),
            Frame::Suggestions(_) => going(json!({})),
            Frame::Finish(finished) => {
                let mut choice =
                    json!({ "index": 0, "delta": {}, "finish_reason": finished.reason });
                put_question(&mut choice, finished);
                choice
            }
            Frame::Started | Frame::Failed(_) | Frame::Cancelled | Frame::Done => return None,
        };
        let mut chunk = format!("{}\"choices\":[{choice}]", self.head);
        match frame {
            Frame::Suggestions(suggestions) => {
                chunk += &format!(",\"polpo\":{}", json!({ "suggestions": suggestions }));
            }
            Frame::Finish(Finished {
                fingerprint: Some(fingerprint),
                ..
            }) => chunk += &format!(",\"system_fingerprint\":{}", json!(fingerprint)),
            _ => {}
        }
        chunk.push('}');
        Some(chunk)
    }

    /// By far the most frequent chunk, without a detour.
    fn text(&self, out: &mut BytesMut, text: &str) {
        out.reserve(self.head.len() + text.len() + 96);
        out.put_slice(b"data: ");
        out.put_slice(self.head.as_bytes());
        out.put_slice(b"\"choices\":[{\"index\":0,\"delta\":{\"content\":");
        // Writing a text into memory does not fail.
        let _ = serde_json::to_writer((&mut *out).writer(), text);
        out.put_slice(b"},\"finish_reason\":null}]}\n\n");
    }

    /// What was used, as OpenAI tells it where it is asked for.
    fn usage_chunk(&self, finished: &Finished) -> String {
        format!(
            "{}\"choices\":[],\"usage\":{}}}",
            self.head,
            usage(finished)
        )
    }
}

/// What went wrong, as the body of an error.
pub(super) fn failed(failure: &Failure) -> Value {
    openai_parts(failure.kind, &failure.code, &failure.message)
}

fn cancelled() -> Value {
    openai_parts(Kind::Conflict, "run_cancelled", "the run was cancelled")
}

fn usage(finished: &Finished) -> Value {
    let usage = finished.usage;
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    })
}

fn put_question(choice: &mut Value, finished: &Finished) {
    if let Some(question) = &finished.question {
        choice["ask_user"] = question.clone();
    }
}

/// Calls in a stream carry their place in the list.
fn indexed(calls: &[Value]) -> Vec<Value> {
    let place = |(place, call): (usize, &Value)| {
        let mut call = call.clone();
        call["index"] = place.into();
        call
    };
    calls.iter().enumerate().map(place).collect()
}

fn data(out: &mut BytesMut, json: &str) {
    out.reserve(json.len() + 8);
    out.put_slice(b"data: ");
    out.put_slice(json.as_bytes());
    out.put_slice(b"\n\n");
}

/// An error ends a stream.
fn end(out: &mut BytesMut, body: &Value) {
    data(out, &body.to_string());
    out.put_slice(b"data: [DONE]\n\n");
}

#[cfg(test)]
mod tests {
    use super::Chunks;
    use app::ops::completions::{Frame, Numbered};
    use bytes::BytesMut;
    use domain::Time;
    use domain::id::RunId;
    use serde_json::Value;
    use uuid::Uuid;

    #[test]
    fn the_short_way_for_text_says_the_same_as_the_long_one() {
        let chunks = Chunks::new(RunId(Uuid::max()), Time(1_000_000), false, true);
        let frame = Frame::Text("a \"quoted\"\nline \u{1f600}".into());
        let mut out = BytesMut::new();
        let long = chunks.chunk(&frame).expect("a chunk");
        chunks.event(&mut out, &Numbered { number: 7, frame });
        let event = String::from_utf8(out.to_vec()).expect("text");
        let data = event.strip_prefix("id: 7\ndata: ").expect("an event");
        let data = data.strip_suffix("\n\n").expect("a blank line");
        assert!(!data.contains('\n'));
        let read = |json: &str| serde_json::from_str::<Value>(json).expect("json");
        assert_eq!(read(data), read(&long));
        assert_eq!(read(data)["id"], format!("chatcmpl-{}", "f".repeat(24)));
        assert_eq!(read(data)["created"], 1);
    }
}
