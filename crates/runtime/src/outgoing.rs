//! Calls to addresses that somebody else named: HTTP that cannot be led inside
//! (OpenPod 4.3, 6.3).
//!
//! **Invariant:** every connection is made by `Guarded` (`connector.rs`), to an
//! address that it has resolved and checked itself; between the check and the connection there
//! is no second look-up that could answer otherwise. Redirects are answers
//! like any other. Time and size have bounds.
//!
//! TLS is rustls with the system's certificates. To call something new, keep
//! one [`Outgoing`] and use [`Outgoing::send`], or [`Outgoing::open`] for an
//! answer that is read while it comes in.

mod connector;
mod trust;

use std::error::Error as StdError;
use std::future::{Pending, pending};
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::limits;
use http::response::Parts;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Timeout;

use connector::Guarded;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// A client for addresses that others named. Cheap to clone; clones share
/// their connections.
#[derive(Clone)]
pub struct Outgoing {
    client: Client<Guarded, Full<Bytes>>,
}

/// What one call may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From the look-up of the name to the end of the answer.
    pub timeout: Duration,
    /// Bytes of the answer that are read; the rest is cut off.
    pub body_bytes: usize,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, or the beginning of it.
    pub body: Bytes,
    /// Whether there was more.
    pub is_cut: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The address is not one that may be called.
    Refused(String),
    /// It did not answer in time.
    TimedOut(Duration),
    /// It cannot be reached, or the connection broke.
    Unreachable(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "not called: {why}"),
            Self::TimedOut(after) => write!(f, "no answer within {} s", after.as_secs()),
            Self::Unreachable(why) => write!(f, "not reached: {why}"),
        }
    }
}

impl StdError for Failure {}

impl Outgoing {
    /// A client; one that may call this machine itself, also without TLS, where
    /// the operator allows it for development.
    pub fn new(allow_loopback: bool) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(limits::CALLS_PER_HOST)
            .build(Guarded::new(allow_loopback));
        Self { client }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// Why there is none. An answer of any status is none of these.
    pub async fn send(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Reply, Failure> {
        let mut inflow = self.open(request, bounds).await?;
        let mut read = BytesMut::new();
        while let Some(chunk) = inflow.chunk().await? {
            read.extend_from_slice(&chunk);
        }
        let Inflow { head, is_cut, .. } = inflow;
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body: read.freeze(),
            is_cut,
        })
    }

    /// Sends a request and hands over the answer while it still comes in.
    ///
    /// # Errors
    /// Why there is none. An answer of any status is none of these.
    pub async fn open(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Inflow, Failure> {
        let Bounds {
            timeout,
            body_bytes,
        } = bounds;
        let mut end = Box::pin(tokio::time::timeout(timeout, pending()));
        let asked = self.client.request(request.map(Full::new));
        let response = tokio::select! {
            response = asked => response.map_err(|e| told(&e))?,
            _ = &mut end => return Err(Failure::TimedOut(timeout)),
        };
        let (head, body) = response.into_parts();
        Ok(Inflow {
            head,
            is_cut: false,
            body,
            room: body_bytes,
            end,
            timeout,
        })
    }
}

/// An answer that still comes in.
pub struct Inflow {
    /// Its status and headers.
    pub head: Parts,
    /// Whether there was more than may be read.
    pub is_cut: bool,
    body: Incoming,
    /// Bytes that may still be read.
    room: usize,
    /// Runs out when the whole has taken too long.
    end: Pin<Box<Timeout<Pending<()>>>>,
    timeout: Duration,
}

impl Inflow {
    /// What comes next; nothing at the end, and where it was cut.
    ///
    /// # Errors
    /// Why the rest is missing.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        while !self.is_cut {
            let frame = tokio::select! {
                frame = self.body.frame() => frame,
                _ = &mut self.end => return Err(Failure::TimedOut(self.timeout)),
            };
            let Some(frame) = frame else {
                return Ok(None);
            };
            let Ok(mut data) = frame.map_err(|e| told(&e))?.into_data() else {
                continue;
            };
            self.is_cut = data.len() > self.room;
            data.truncate(self.room);
            self.room -= data.len();
            return Ok(Some(data));
        }
        Ok(None)
    }
}

/// The failure inside an error of the client, or the error with its causes.
fn told(error: &(dyn StdError + 'static)) -> Failure {
    // A connector's failure comes wrapped in the client's errors.
    let ours = causes(error).find_map(|cause| cause.downcast_ref::<Failure>());
    ours.cloned().unwrap_or_else(|| {
        let told: Vec<_> = causes(error).map(ToString::to_string).collect();
        Failure::Unreachable(told.join(": "))
    })
}

fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}
