//! Answers of a door, and how a repeated request gets the first one again.
//!
//! A kept answer may hold a fresh key, so it is stored sealed: AES-256-GCM
//! under a key derived from what only the caller has, its idempotency key and
//! credential. The database alone cannot open it.
//!
//! **Invariant:** the answer of an operation is kept in the transaction that
//! holds its effect; a refused operation keeps nothing. How the answer of an
//! errand is kept, which is in no transaction, says `once.rs`.

use std::borrow::Cow;
use std::pin::Pin;

use bytes::Bytes;
use domain::time::Span;
use domain::{Error, Kind, Result, Time};
use futures_core::Stream;
use sha2::{Digest, Sha256};
use store::tables::idempotency::{self, Kept};

use crate::ops::vault::{Key, NONCE_BYTES};
use crate::work::Work;
use crate::{App, Cx};

/// How long a first answer is kept.
pub(crate) const KEPT: Span = Span::hours(24);
/// The key is of one request alone, so nothing more need be bound to a place.
const NOWHERE: &[u8] = &[];
/// Bytes of what stands in the place of an answer that is being made: fewer than
/// the shortest sealed one has.
pub(crate) const CLAIM_BYTES: usize = 16;

/// An encoded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: Bytes,
}

/// An answer and whether it was given before.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Whether it is the kept answer of an earlier request.
    pub replayed: bool,
}

/// What a door sends back: an answer, or something that is none because it is
/// no JSON or comes bit by bit.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those of every answer, by lower-case name.
    pub headers: Headers,
    /// The body.
    pub content: Content,
}

/// Headers by name.
pub type Headers = Vec<(Cow<'static, str>, String)>;

/// The body of a reply.
pub enum Content {
    /// JSON.
    Json(Bytes),
    /// Something else, whole.
    Raw {
        /// Its media type.
        media: String,
        /// It.
        bytes: Bytes,
    },
    /// Server-sent events, as they are made; dropping them stops what makes
    /// them. What they tell of has its effect without them, so they are never
    /// kept for a repeated request.
    Events(Pieces),
    /// An answer in server-sent events: its effect is complete with its end, and
    /// it can be given again as a whole.
    Told {
        /// It.
        bits: Bits,
        /// Whether it comes to its end without its caller.
        goes_on: bool,
    },
}

/// A body that comes bit by bit.
pub type Pieces = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// An answer that comes bit by bit. One that ends without a last bit broke off.
pub type Bits = Pin<Box<dyn Stream<Item = Bit> + Send>>;

/// A bit of an answer.
#[derive(Clone, Debug)]
pub enum Bit {
    /// More follows.
    More(Bytes),
    /// The last one of an answer that counts.
    Last(Bytes),
    /// The last one of an answer that failed: it may be asked for again.
    Broken(Bytes),
}

impl Bit {
    /// As it goes out.
    pub fn into_bytes(self) -> Bytes {
        let (Self::More(bytes) | Self::Last(bytes) | Self::Broken(bytes)) = self;
        bytes
    }
}

impl From<Answer> for Reply {
    fn from(Answer { status, body }: Answer) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Json(body),
        }
    }
}

/// A reply and whether it was given before.
pub struct Replied {
    /// The reply.
    pub reply: Reply,
    /// Whether it is the kept answer of an earlier request.
    pub replayed: bool,
}

impl From<Answered> for Replied {
    fn from(Answered { answer, replayed }: Answered) -> Self {
        Self {
            reply: answer.into(),
            replayed,
        }
    }
}

/// What makes a request a repetition of an earlier one.
#[derive(Clone)]
pub struct Repeat {
    scope: [u8; 32],
    request: [u8; 32],
    seal: Key,
}

impl Repeat {
    /// For the idempotency key `key`, presented by `who` (an account or an
    /// address) with `credential`, for a request made of these parts.
    pub fn new(key: &str, who: &[u8], credential: &str, request: &[&[u8]]) -> Self {
        let request = digest(b"request", request);
        let scope = digest(b"scope", &[who, key.as_bytes()]);
        let seal = digest(b"seal", &[key.as_bytes(), credential.as_bytes(), &request]);
        Self {
            scope,
            request,
            seal: Key::new(seal),
        }
    }

    pub(crate) fn scope(&self) -> [u8; 32] {
        self.scope
    }

    /// Seals what is to be kept.
    pub(crate) fn seal(&self, clear: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>> {
        self.seal.seal_bytes(NOWHERE, clear, nonce)
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.seal.open_bytes(NOWHERE, sealed)
    }
}

impl Answer {
    fn written(&self) -> Vec<u8> {
        let mut written = self.status.to_be_bytes().to_vec();
        written.extend_from_slice(&self.body);
        written
    }

    fn read(written: &[u8]) -> Option<Self> {
        let (status, body) = written.split_first_chunk::<2>()?;
        Some(Self {
            status: u16::from_be_bytes(*status),
            body: Bytes::copy_from_slice(body),
        })
    }
}

/// Hashes parts so that no two lists of parts hash alike.
fn digest(purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [purpose].iter().chain(parts) {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Marks a scope as being answered, until dropped.
pub(crate) struct InFlight {
    app: App,
    scope: [u8; 32],
}

impl InFlight {
    pub(crate) fn enter(app: &App, scope: [u8; 32]) -> Result<Self> {
        if app.in_flight().insert(scope) {
            let app = app.clone();
            Ok(Self { app, scope })
        } else {
            Err(idempotency::in_flight())
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.app.in_flight().remove(&self.scope);
    }
}

/// Runs work, or finds the answer that an earlier run of it gave.
pub(crate) async fn once(
    cx: &mut Cx<'_>,
    work: &dyn Work,
    repeat: Option<&Repeat>,
) -> Result<Answered> {
    if let Some(repeat) = repeat
        && let Some(written) = kept(cx, repeat).await?
    {
        let answer = Answer::read(&written).ok_or_else(Error::internal)?;
        let replayed = true;
        return Ok(Answered { answer, replayed });
    }
    let answer = work.run(cx).await?;
    if let Some(repeat) = repeat {
        keep(cx, repeat, &answer).await?;
    }
    let replayed = false;
    Ok(Answered { answer, replayed })
}

/// What is kept for a request.
///
/// # Errors
/// `Conflict` while it is being answered, `Precondition` when its key was used
/// for another one.
pub(crate) async fn kept(cx: &mut Cx<'_>, repeat: &Repeat) -> Result<Option<Vec<u8>>> {
    let Some(kept) = idempotency::find(cx.tx, repeat.scope, cx.now.minus(KEPT)).await? else {
        return Ok(None);
    };
    if kept.request != repeat.request {
        return Err(reused());
    }
    if kept.answer.len() == CLAIM_BYTES {
        return Err(idempotency::in_flight());
    }
    repeat.open(&kept.answer).map(Some).ok_or_else(reused)
}

fn reused() -> Error {
    Error::new(
        Kind::Precondition,
        "idempotency_key_reused",
        "this Idempotency-Key was used for another request within the last 24 hours: use a new key for a new request",
    )
}

async fn keep(cx: &mut Cx<'_>, repeat: &Repeat, answer: &Answer) -> Result<()> {
    let sealed = repeat.seal(&answer.written(), cx.entropy.bytes())?;
    put(cx, repeat, sealed, cx.now).await
}

/// Writes what is kept for a request, as if it had been at a time.
pub(crate) async fn put(cx: &mut Cx<'_>, repeat: &Repeat, answer: Vec<u8>, at: Time) -> Result<()> {
    let kept = Kept {
        request: repeat.request.to_vec(),
        answer,
    };
    idempotency::insert(cx.tx, repeat.scope, kept, at, cx.now.minus(KEPT)).await
}

#[cfg(test)]
mod tests {
    use super::{Answer, Repeat};

    fn repeat(key: &str, credential: &str, body: &[u8]) -> Repeat {
        Repeat::new(key, b"account", credential, &[b"POST /x", body])
    }

    #[test]
    fn a_kept_answer_opens_for_the_same_request_only() {
        let answer = Answer {
            status: 201,
            body: "{\"api_key\":\"s\"}".into(),
        };
        let sealed = repeat("k", "c", b"{}")
            .seal(&answer.written(), [1; 12])
            .expect("sealed");
        assert!(sealed.len() > super::CLAIM_BYTES);
        assert!(
            !sealed.windows(7).any(|w| w == b"api_key"),
            "the answer is not stored in clear"
        );
        let opened = repeat("k", "c", b"{}").open(&sealed).expect("it opens");
        assert_eq!(Answer::read(&opened), Some(answer));
        for other in [
            repeat("j", "c", b"{}"),
            repeat("k", "d", b"{}"),
            repeat("k", "c", b"[]"),
        ] {
            assert_eq!(other.open(&sealed), None);
        }
    }

    #[test]
    fn one_key_of_one_bearer_is_one_scope() {
        assert_eq!(
            repeat("k", "c", b"1").scope(),
            repeat("k", "c", b"2").scope()
        );
        assert_ne!(
            repeat("k", "c", b"1").scope(),
            Repeat::new("k", b"other", "c", &[]).scope()
        );
    }
}
