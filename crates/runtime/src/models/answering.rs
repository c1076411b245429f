//! An answer of a model, bit by bit.
//!
//! **Invariant:** [`Bit::End`] comes once and last, and only for an answer that
//! came to its end; everything else is an error.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use app::ports::agents::Usage;
use bytes::Bytes;
use domain::{Error, Result, limits};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use super::chunk::{ChunkIn, DeltaIn, arguments, text};
use super::events::Events;
use super::mock::Step;
use super::upstream::{Upstream, broken, nonsense, silent};

/// How long the end of a finished answer's bytes is waited for, so that its
/// connection can be used again.
const TAIL: Duration = Duration::from_millis(500);
/// What ends an upstream's stream.
const DONE: &[u8] = b"[DONE]";
/// Letters that make a token, about, where an upstream does not count.
const TOKEN_BYTES: i64 = 4;

/// A bit of an answer.
#[derive(Debug)]
pub(crate) enum Bit {
    /// Of the text.
    Text(String),
    /// Of what it thinks.
    Thinking(String),
    /// Of a call of a tool.
    Tool {
        /// Which call.
        index: usize,
        /// Its id, with the first bit.
        id: Option<String>,
        /// The tool, with the first bit.
        name: Option<String>,
        /// More of its arguments.
        arguments: String,
    },
    /// The end.
    End(Ending),
}

/// How an answer ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Whether it was cut off by a limit of length.
    pub(crate) is_cut: bool,
    /// What was used.
    pub(crate) usage: Usage,
    /// What the provider says about what answered.
    pub(crate) fingerprint: Option<String>,
}

/// An answer that is coming.
pub(crate) struct Answering {
    source: Source,
    ready: VecDeque<Bit>,
    is_over: bool,
}

enum Source {
    Script(VecDeque<Step>),
    Wire(Box<Wire>),
}

/// An answer that comes from an upstream.
struct Wire {
    upstream: Arc<Upstream>,
    body: Option<Incoming>,
    events: Events,
    read: i64,
    asked: i64,
    finish: Option<String>,
    usage: Option<(i64, i64)>,
    fingerprint: Option<String>,
}

impl Answering {
    pub(super) fn scripted(steps: VecDeque<Step>) -> Self {
        Self::of(Source::Script(steps))
    }

    /// The stream of an upstream that was asked with so many bytes.
    pub(super) fn streamed(upstream: Arc<Upstream>, body: Incoming, asked: usize) -> Self {
        Self::of(Source::Wire(Box::new(Wire {
            upstream,
            body: Some(body),
            events: Events::default(),
            read: 0,
            asked: i64::try_from(asked).unwrap_or(i64::MAX),
            finish: None,
            usage: None,
            fingerprint: None,
        })))
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    /// The next bit; nothing behind the end.
    ///
    /// # Errors
    /// `Upstream` when the answer does not come to its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bit>> {
        loop {
            if let Some(bit) = self.ready.pop_front() {
                return Ok(Some(bit));
            }
            if self.is_over {
                return Ok(None);
            }
            match &mut self.source {
                Source::Script(steps) => {
                    let step = steps.pop_front();
                    self.is_over = step.is_none() || steps.is_empty();
                    if let Some(bit) = run(step).await? {
                        return Ok(Some(bit));
                    }
                }
                Source::Wire(wire) => self.is_over = wire.more(&mut self.ready).await?,
            }
        }
    }
}

async fn run(step: Option<Step>) -> Result<Option<Bit>> {
    match step {
        Some(Step::Bit(bit)) => Ok(Some(bit)),
        Some(Step::Wait(time)) => {
            let _ = timeout(time, std::future::pending::<()>()).await;
            Ok(None)
        }
        Some(Step::Fail(error)) => Err(error),
        None => Ok(None),
    }
}

impl Wire {
    /// Reads until there is something; true when the answer is over.
    async fn more(&mut self, ready: &mut VecDeque<Bit>) -> Result<bool> {
        loop {
            while let Some(data) = self.events.next().map_err(|_| nonsense())? {
                if self.hear(&data, ready)? {
                    return Ok(true);
                }
            }
            if !ready.is_empty() {
                return Ok(false);
            }
            if !self.read().await? {
                return self.close(ready);
            }
        }
    }

    /// Reads more bytes; false when there are none.
    async fn read(&mut self) -> Result<bool> {
        let Some(body) = &mut self.body else {
            return Ok(false);
        };
        loop {
            let frame = timeout(self.upstream.timeout(), body.frame()).await;
            let frame = match frame.map_err(|_| silent())? {
                None => return Ok(false),
                Some(frame) => frame.map_err(|cause| broken(&cause))?,
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.read = self.read.saturating_add(data.len() as i64);
            if self.read > limits::MODEL_ANSWER_BYTES as i64 * 8 {
                return Err(nonsense());
            }
            self.events.feed(&data);
            return Ok(true);
        }
    }

    /// The stream is at its end without having said so.
    fn close(&mut self, ready: &mut VecDeque<Bit>) -> Result<bool> {
        if let Some(data) = self.events.rest()
            && self.hear(&data, ready)?
        {
            return Ok(true);
        }
        if self.finish.is_none() {
            return Err(broken(&"the stream ended before the answer did"));
        }
        ready.push_back(self.ending());
        Ok(true)
    }

    /// Hears one event; true when it is the last.
    fn hear(&mut self, data: &Bytes, ready: &mut VecDeque<Bit>) -> Result<bool> {
        if data.trim_ascii() == DONE {
            if self.finish.is_none() {
                return Err(broken(&"the stream ended before the answer did"));
            }
            ready.push_back(self.ending());
            self.recycle();
            return Ok(true);
        }
        if data.trim_ascii().is_empty() {
            return Ok(false);
        }
        let chunk: ChunkIn = serde_json::from_slice(data).map_err(|cause| {
            tracing::warn!(%cause, provider = self.upstream.name(), "an event of a model cannot be read");
            nonsense()
        })?;
        self.take(chunk, ready)?;
        Ok(false)
    }

    fn take(&mut self, chunk: ChunkIn, ready: &mut VecDeque<Bit>) -> Result<()> {
        let ChunkIn {
            choices,
            usage,
            error,
            system_fingerprint,
        } = chunk;
        if let Some(error) = error.filter(|error| !error.is_null()) {
            return Err(self.upstream.told(&error));
        }
        self.fingerprint = system_fingerprint.or_else(|| self.fingerprint.take());
        if let Some(usage) = usage {
            let count = |tokens: Option<i64>| tokens.unwrap_or(0);
            self.usage = Some((count(usage.prompt_tokens), count(usage.completion_tokens)));
        }
        // One answer is asked for, so the first choice is all of it.
        let Some(choice) = choices.into_iter().flatten().next() else {
            return Ok(());
        };
        if let Some(delta) = choice.delta {
            put(delta, ready);
        }
        self.finish = choice.finish_reason.or_else(|| self.finish.take());
        Ok(())
    }

    fn ending(&mut self) -> Bit {
        let about = |bytes: i64| bytes / TOKEN_BYTES;
        let (prompt, completion) = self
            .usage
            .unwrap_or_else(|| (about(self.asked), about(self.read) / TOKEN_BYTES));
        Bit::End(Ending {
            is_cut: self.finish.as_deref() == Some("length"),
            usage: self.upstream.price().of(prompt, completion),
            fingerprint: self.fingerprint.take(),
        })
    }

    /// Reads the last few bytes, without which a connection is not used again.
    fn recycle(&mut self) {
        let Some(mut body) = self.body.take() else {
            return;
        };
        if hyper::body::Body::is_end_stream(&body) {
            return;
        }
        tokio::spawn(async move {
            let rest = async { while let Some(Ok(_)) = body.frame().await {} };
            let _ = timeout(TAIL, rest).await;
        });
    }
}

fn put(delta: DeltaIn, ready: &mut VecDeque<Bit>) {
    let DeltaIn {
        content,
        reasoning,
        reasoning_content,
        refusal,
        tool_calls,
    } = delta;
    let thought = text(reasoning).or_else(|| text(reasoning_content));
    ready.extend(thought.map(Bit::Thinking));
    let said = text(content).or_else(|| text(refusal));
    ready.extend(said.map(Bit::Text));
    for (place, call) in tool_calls.into_iter().flatten().enumerate() {
        let (name, given) = call.function.map_or((None, Value::Null), |function| {
            (function.name, function.arguments)
        });
        ready.push_back(Bit::Tool {
            index: call.index.unwrap_or(place),
            id: call.id,
            name,
            arguments: arguments(given),
        });
    }
}

/// An error for a provider that says what is wrong with a question.
pub(super) fn refused(message: String) -> Error {
    Error::invalid("model_refused", message)
}
