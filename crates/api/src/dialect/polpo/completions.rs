//! `POST /v1/chat/completions` (Polpo 2.6).

use std::collections::BTreeMap;

use app::ops::completions::{Complete, Completion, Frame, Numbered, Told, Wishes};
use app::{Bit, Bits, Content, Reply};
use bytes::{Bytes, BytesMut};
use domain::{Error, Result, Time, limits};
use futures_util::stream;
use serde_json::{Map, Value};
use tokio::sync::mpsc::Receiver;

use super::OpenAi;
use super::chunks::Chunks;
use super::error::openai_reply;
use crate::dialect::{ErrandWire, header};
use crate::input::Input;
use crate::routes::Routes;

/// Fields that are for this server and not for a model.
const OURS: &[&str] = &[
    "project",
    "loop",
    "sandbox",
    "guardrails",
    "routing",
    "sessionId",
    "idempotencyKey",
    "stream_options",
];
/// Frames that go out together, when they are there.
const AT_ONCE: usize = 64;

impl ErrandWire<OpenAi> for Complete {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let mut fields: Map<String, Value> = input.json()?;
        let polpo = fields.remove("polpo").unwrap_or_default();
        let options = fields.get("stream_options");
        let shows_usage = options.is_some_and(|options| options["include_usage"] == true);
        let tools = list(&mut fields, "tools")?;
        if tools.is_empty() {
            fields.remove("tool_choice");
            fields.remove("parallel_tool_calls");
        }
        if fields.remove("n").is_some_and(|n| !n.is_null() && n != 1) {
            return Err(Error::field("n", "must be 1: one answer is given"));
        }
        let response_format = fields.remove("response_format").filter(|it| !it.is_null());
        let complete = Self {
            agent: text(&mut fields, "agent")?,
            model: text(&mut fields, "model")?,
            messages: required(list(&mut fields, "messages")?)?,
            streams: flag(&mut fields, "stream")?,
            session: header(input.parts, "x-session-id"),
            user: text(&mut fields, "user")?,
            metadata: texts(&mut fields, "metadata")?,
            tools,
            wishes: wishes(&polpo, shows_usage),
            request: Map::new(),
            response_format: response_format.clone(),
        };
        for name in OURS {
            fields.remove(*name);
        }
        if let Some(format) = response_format {
            fields.insert("response_format".into(), format);
        }
        fields.retain(|_, value| !value.is_null());
        Ok(Self {
            request: fields,
            ..complete
        })
    }

    fn encode(completion: Completion, _: Time) -> Reply {
        let Completion {
            run,
            session,
            began,
            told,
        } = completion;
        let headers = vec![
            ("x-session-id".into(), session),
            ("x-polpo-run-id".into(), run.to_string()),
        ];
        match told {
            Told::Whole(answer) => match *answer {
                Ok(whole) => {
                    let chunks = Chunks::new(run, began, false, false);
                    Reply {
                        status: 200,
                        headers,
                        content: Content::Json(chunks.whole(whole).to_string().into()),
                    }
                }
                Err(error) => openai_reply(&error, headers),
            },
            Told::Stream { frames, wishes } => {
                let chunks = Chunks::new(run, began, wishes.shows_usage, wishes.is_durable);
                Reply {
                    status: 200,
                    headers,
                    content: Content::Told {
                        bits: events(chunks, frames),
                        goes_on: wishes.is_durable,
                    },
                }
            }
        }
    }
}

/// A stream's events: those that are there go out together, and none waits for
/// another.
fn events(chunks: Chunks, frames: Receiver<Numbered>) -> Bits {
    let start = (chunks, frames, Vec::with_capacity(AT_ONCE));
    Box::pin(stream::unfold(
        start,
        |(chunks, mut frames, mut batch)| async {
            loop {
                if frames.recv_many(&mut batch, AT_ONCE).await == 0 {
                    return None;
                }
                let mut out = BytesMut::new();
                let mut bit: fn(Bytes) -> Bit = Bit::More;
                for frame in batch.drain(..) {
                    chunks.event(&mut out, &frame);
                    match frame.frame {
                        Frame::Done => bit = Bit::Last,
                        frame if frame.is_last() => bit = Bit::Broken,
                        _ => {}
                    }
                }
                if !out.is_empty() {
                    return Some((bit(out.freeze()), (chunks, frames, batch)));
                }
            }
        },
    ))
}

fn wishes(polpo: &Value, shows_usage: bool) -> Wishes {
    let capabilities = &polpo["capabilities"];
    Wishes {
        asks: capabilities["ask_user_question"] != false,
        suggests: capabilities["suggestions"] == true,
        is_durable: polpo["delivery"]["onDisconnect"] == "continue",
        shows_usage,
    }
}

fn required(messages: Vec<Value>) -> Result<Vec<Value>> {
    match messages.is_empty() {
        true => Err(Error::field(
            "messages",
            "is required and must have at least one message",
        )),
        false => Ok(messages),
    }
}

/// A field that is taken out, unless it is null.
fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    fields.remove(name).filter(|value| !value.is_null())
}

fn text(fields: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>> {
    match take(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => {
            domain::text::optional(name, &text, limits::END_USER_CHARS)?;
            Ok(Some(text))
        }
        Some(_) => Err(Error::field(name, "must be a text")),
    }
}

fn list(fields: &mut Map<String, Value>, name: &'static str) -> Result<Vec<Value>> {
    match take(fields, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Error::field(name, "must be a list")),
    }
}

fn flag(fields: &mut Map<String, Value>, name: &'static str) -> Result<bool> {
    match take(fields, name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(Error::field(name, "must be true or false")),
    }
}

fn texts(fields: &mut Map<String, Value>, name: &'static str) -> Result<BTreeMap<String, String>> {
    let wrong = || Error::field(name, "must be an object of texts");
    let Some(value) = take(fields, name) else {
        return Ok(BTreeMap::new());
    };
    let Value::Object(object) = value else {
        return Err(wrong());
    };
    let pairs = object.into_iter().map(|(key, value)| match value {
        Value::String(value) => Ok((key, value)),
        _ => Err(wrong()),
    });
    pairs.collect()
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post_errand::<OpenAi, Complete>("/v1/chat/completions")
        .post_errand::<OpenAi, Complete>("/api/v1/chat/completions")
}
