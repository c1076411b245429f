//! Errands that are run once: a repeated `Idempotency-Key` gets the first
//! answer again (`answer.rs` says how it is sealed).
//!
//! ```text
//! 1  claim    a row says that the answer is being made     one transaction
//! 2  errand   its operations, its outgoing calls           the claim is renewed meanwhile
//! 3  settle   the answer takes the claim's place           one transaction, before the caller sees the end
//! ```
//!
//! | the answer | is kept |
//! |---|---|
//! | whole ([`Content::Json`], [`Content::Raw`]) | once it is there |
//! | told bit by bit ([`Content::Told`]) | as it was told, with its last bit; given again at once |
//! | events ([`Content::Events`]), or longer than [`limits::KEPT_ANSWER_BYTES`] | that it was given: a repeated request is refused |
//! | a failure, whatever its form | not: the key may be used again |
//!
//! **Invariant:** a request whose claim stands, on whichever node, is refused to
//! its twins. A node that dies loses the claim when its lease ends.
//!
//! **Invariant:** an errand that goes on without its caller
//! ([`Keeping::GoesOn`]) has its answer kept also when nobody waits for it. One
//! that does not gives its claim back when its caller goes away.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::policy::Actor;
use domain::{Error, Result, limits};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::answer::InFlight;
use crate::errand::{Keeping, Trip};
use crate::ops::idempotency::{Claim, Release, Renew, Settle};
use crate::{App, Bit, Bits, Content, Headers, Pieces, Repeat, Replied, Reply};

/// How often a claim is renewed: a few times in its lease.
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// Bits on their way to a caller.
const AHEAD: usize = 64;
/// How long an answer that goes on waits for a caller who does not listen: less
/// than what makes it waits for us.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs an errand, or finds the answer that an earlier run of it gave.
pub(crate) async fn answer(
    app: &App,
    actor: &Actor,
    errand: Box<dyn Trip>,
    repeat: Repeat,
    guard: InFlight,
) -> Result<Replied> {
    let keeping = errand.keeping();
    if keeping == Keeping::Never {
        let reply = errand.run(app, actor).await?;
        let replayed = false;
        return Ok(Replied { reply, replayed });
    }
    let claim = Claim {
        repeat,
        mark: app.random(),
    };
    if let Some(written) = app.call(&Actor::System, claim.clone()).await? {
        let replayed = true;
        let reply = read(&written)?;
        return Ok(Replied { reply, replayed });
    }
    let held = Held {
        app: app.clone(),
        place: Some((claim, guard)),
    };
    let reply = if keeping == Keeping::GoesOn {
        let actor = actor.clone();
        let trip = tokio::spawn(async move { held.run(errand, &actor).await });
        trip.await.map_err(|_| Error::internal())?
    } else {
        held.run(errand, actor).await
    };
    let replayed = false;
    reply.map(|reply| Replied { reply, replayed })
}

/// A place that is claimed here, until it is settled or dropped.
struct Held {
    app: App,
    /// Nothing once it is settled.
    place: Option<(Claim, InFlight)>,
}

impl Held {
    async fn run(self, errand: Box<dyn Trip>, actor: &Actor) -> Result<Reply> {
        let app = self.app.clone();
        let mut trip = errand.run(&app, actor);
        let mut renew = ticks();
        let ran = loop {
            tokio::select! {
                ran = &mut trip => break ran,
                _ = renew.tick() => self.renew().await,
            }
        };
        drop(trip);
        match ran {
            Ok(reply) => self.settle(reply).await,
            Err(refusal) => {
                self.release().await;
                Err(refusal)
            }
        }
    }

    /// Keeps a reply, or sees to it that it is kept at its end.
    async fn settle(self, reply: Reply) -> Result<Reply> {
        let Reply {
            status,
            headers,
            content,
        } = reply;
        if status >= 400 {
            self.release().await;
            return Ok(Reply {
                status,
                headers,
                content,
            });
        }
        let content = match content {
            Content::Told { bits, goes_on } => {
                let pump = Pump {
                    held: self,
                    head: (status, headers.clone()),
                    goes_on,
                    said: Some(BytesMut::new()),
                };
                Content::Events(pump.start(bits))
            }
            content => {
                self.keep(written(status, &headers, &content)).await;
                content
            }
        };
        Ok(Reply {
            status,
            headers,
            content,
        })
    }

    async fn renew(&self) {
        let Some((claim, _)) = &self.place else {
            return;
        };
        let renewed = self.app.call(&Actor::System, Renew(claim.clone())).await;
        if let Err(error) = renewed {
            tracing::warn!(%error, "the claim of a repeated request is not renewed");
        }
    }

    /// Keeps what was written, also when nobody waits for that any more. Who
    /// gets the answer has it, whether it can be kept or not.
    async fn keep(mut self, written: Vec<u8>) {
        let Some((claim, guard)) = self.place.take() else {
            return;
        };
        let app = self.app.clone();
        let keeping = tokio::spawn(async move {
            let kept = app.call(&Actor::System, Settle { claim, written }).await;
            drop(guard);
            kept
        });
        if let Ok(Err(error)) = keeping.await {
            tracing::warn!(%error, "an answer is not kept for a repeated request");
        }
    }

    /// Gives the place back.
    async fn release(mut self) {
        if let Some((claim, guard)) = self.place.take() {
            let_go(self.app.clone(), claim, guard).await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (Some((claim, guard)), Ok(runtime)) =
            (self.place.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(let_go(self.app.clone(), claim, guard));
    }
}

async fn let_go(app: App, claim: Claim, guard: InFlight) {
    if let Err(error) = app.call(&Actor::System, Release(claim)).await {
        tracing::warn!(%error, "the claim of a repeated request stands until it ends by itself");
    }
    drop(guard);
}

/// Passes an answer on, bit by bit, and gathers it.
struct Pump {
    held: Held,
    head: (u16, Headers),
    goes_on: bool,
    /// What was said, unless that is too much.
    said: Option<BytesMut>,
}

impl Pump {
    fn start(self, bits: Bits) -> Pieces {
        let (sender, receiver) = mpsc::channel(AHEAD);
        tokio::spawn(self.run(bits, sender));
        let pieces = |mut receiver: mpsc::Receiver<Bytes>| async move {
            let piece = receiver.recv().await?;
            Some((piece, receiver))
        };
        Box::pin(stream::unfold(receiver, pieces))
    }

    async fn run(mut self, mut bits: Bits, sender: Sender<Bytes>) {
        let mut caller = Some(sender);
        let mut renew = ticks();
        loop {
            tokio::select! {
                bit = bits.next() => match bit {
                    Some(Bit::More(bytes)) => {
                        self.hear(&bytes);
                        self.pass(&mut caller, bytes).await;
                    }
                    Some(Bit::Last(bytes)) => {
                        self.hear(&bytes);
                        return self.end(caller, bytes).await;
                    }
                    Some(Bit::Broken(bytes)) => {
                        self.pass(&mut caller, bytes).await;
                        break;
                    }
                    None => break,
                },
                () = gone(caller.as_ref()) => caller = None,
                _ = renew.tick() => self.held.renew().await,
            }
            if caller.is_none() && !self.goes_on {
                break;
            }
        }
        // What makes it ends first.
        drop(bits);
        self.held.release().await;
    }

    fn hear(&mut self, bytes: &Bytes) {
        if let Some(said) = &mut self.said {
            said.extend_from_slice(bytes);
        }
        let is_long = |said: &BytesMut| said.len() > limits::KEPT_ANSWER_BYTES;
        if self.said.as_ref().is_some_and(is_long) {
            self.said = None;
        }
    }

    async fn pass(&self, caller: &mut Option<Sender<Bytes>>, bytes: Bytes) {
        let Some(sender) = caller else { return };
        let passed = match self.goes_on {
            true => timeout(PATIENCE, sender.send(bytes)).await.ok(),
            false => Some(sender.send(bytes).await),
        };
        if !matches!(passed, Some(Ok(()))) {
            *caller = None;
        }
    }

    /// Keeps the answer, and then passes its end on.
    async fn end(self, caller: Option<Sender<Bytes>>, last: Bytes) {
        let (status, headers) = self.head;
        let written = match self.said {
            Some(said) => put_together(status, &headers, Some(EVENTS), &said),
            None => put_together(status, &headers, None, &[]),
        };
        self.held.keep(written).await;
        if let Some(caller) = caller {
            let _ = caller.send(last).await;
        }
    }
}

async fn gone(caller: Option<&Sender<Bytes>>) {
    match caller {
        Some(caller) => caller.closed().await,
        None => std::future::pending().await,
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(RENEW_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// What stands for the form of a body: JSON, an answer in events, or another
/// media type.
const JSON: &str = "json";
const EVENTS: &str = "events";

/// A reply as it is kept.
fn written(status: u16, headers: &Headers, content: &Content) -> Vec<u8> {
    match content {
        Content::Json(bytes) if bytes.len() <= limits::KEPT_ANSWER_BYTES => {
            put_together(status, headers, Some(JSON), bytes)
        }
        Content::Raw { media, bytes } if bytes.len() <= limits::KEPT_ANSWER_BYTES => {
            put_together(status, headers, Some(media), bytes)
        }
        _ => put_together(status, headers, None, &[]),
    }
}

/// Status, headers and form as one line of JSON; behind it the body. Without a
/// form it says only that there was an answer.
fn put_together(status: u16, headers: &Headers, form: Option<&str>, body: &[u8]) -> Vec<u8> {
    let head = json!({ "status": status, "headers": headers, "form": form });
    let mut written = head.to_string().into_bytes();
    written.push(b'\n');
    written.extend_from_slice(body);
    written
}

/// Reads what [`put_together`] wrote.
fn read(written: &[u8]) -> Result<Reply> {
    let end = written.iter().position(|byte| *byte == b'\n');
    let (head, body) = written.split_at(end.ok_or_else(Error::internal)?);
    let head: Value = serde_json::from_slice(head).map_err(|_| Error::internal())?;
    let bytes = Bytes::copy_from_slice(body.get(1..).unwrap_or_default());
    let content = match head["form"].as_str() {
        None => return Err(not_kept()),
        Some(JSON) => Content::Json(bytes),
        Some(EVENTS) => Content::Events(Box::pin(stream::iter([bytes]))),
        Some(media) => Content::Raw {
            media: media.to_owned(),
            bytes,
        },
    };
    let pairs = head["headers"].as_array().into_iter().flatten();
    let pair = |pair: &Value| {
        let name = pair[0].as_str()?.to_owned();
        Some((name.into(), pair[1].as_str()?.to_owned()))
    };
    let status = head["status"].as_u64().and_then(|it| it.try_into().ok());
    Ok(Reply {
        status: status.ok_or_else(Error::internal)?,
        headers: pairs.filter_map(pair).collect(),
        content,
    })
}

fn not_kept() -> Error {
    Error::conflict(
        "answer_not_kept",
        "a request with this Idempotency-Key was answered already, with a stream or with more than is kept: \
         look at what it was about, and use a new key for a new request",
    )
}

#[cfg(test)]
mod tests {
    use super::{put_together, read, written};
    use crate::Content;

    #[test]
    fn a_reply_is_read_as_it_was_written() {
        let headers = vec![("x-session-id".into(), "s\n1".to_owned())];
        let content = Content::Raw {
            media: "text/x".into(),
            bytes: "one\ntwo".into(),
        };
        let again = read(&written(201, &headers, &content)).expect("a reply");
        assert_eq!((again.status, again.headers), (201, headers.clone()));
        assert!(
            matches!(again.content, Content::Raw { media, bytes } if media == "text/x" && bytes == "one\ntwo")
        );
        let json = read(&written(200, &headers, &Content::Json("{}".into()))).expect("a reply");
        assert!(matches!(json.content, Content::Json(bytes) if bytes == "{}"));
        let told = put_together(200, &headers, None, b"");
        assert_eq!(
            read(&told).err().map(|error| error.code),
            Some("answer_not_kept")
        );
        assert!(read(b"").is_err() && read(b"x\n").is_err());
    }
}
