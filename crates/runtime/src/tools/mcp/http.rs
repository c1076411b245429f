//! An MCP server at an address: streamable HTTP, whose requests go out through
//! `outgoing`.
//!
//! **Invariant:** every request is made here, so that no address inside is
//! called, no redirect followed, and each answer bounded in size and time. The
//! headers of the agent's document stay here too; the protocol's machinery
//! never sees them.
//!
//! A standing stream of what the server says unasked is not opened, and a
//! stream that broke off is not taken up again: a tool that was called answers
//! or fails.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::{Error, Result, limits};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpClientTransport,
    StreamableHttpClientTransportConfig, StreamableHttpError, StreamableHttpPostResponse,
};
use serde_json::Value;
use sse_stream::{Sse, SseStream};
use tokio::sync::watch;

use super::super::Kit;
use super::gate::{Allowance, Gate, Trouble};
use crate::outgoing::{Bounds, Failure, Inflow, Outgoing};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const BOUNDS: Bounds = Bounds {
    timeout: Duration::from_secs(110),
    body_bytes: limits::MCP_MESSAGE_BYTES,
};
/// Whatever an agent's document says about these.
const OURS: [HeaderName; 6] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    SESSION,
    HeaderName::from_static("last-event-id"),
];

/// The way to one server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Remote {
    outgoing: Outgoing,
    server: Arc<Address>,
    /// Its sender goes with the session.
    wanted: watch::Receiver<()>,
    trouble: Trouble,
}

struct Address {
    url: Uri,
    headers: HeaderMap,
}

/// Why a request had no answer that is of use.
#[derive(Debug)]
pub(super) struct Miss(String);

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Miss {}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

type Answer<T> = std::result::Result<T, StreamableHttpError<Miss>>;
type Events = BoxStream<'static, std::result::Result<Sse, SseError>>;

/// A transport whose requests a [`Remote`] makes.
pub(super) fn transport(remote: Remote, trouble: &Trouble) -> impl Transport<RoleClient> + use<> {
    // The address is only a name there.
    let config = StreamableHttpClientTransportConfig::with_uri("");
    let transport = StreamableHttpClientTransport::with_client(remote, config);
    Gate::new(transport, Allowance::default(), trouble)
}

impl Remote {
    pub(super) fn new(
        kit: &Kit,
        url: &str,
        headers: &Value,
        wanted: watch::Receiver<()>,
        trouble: &Trouble,
    ) -> Result<Self> {
        let url = url
            .parse()
            .map_err(|_| Error::field("url", "is not a link"))?;
        let mut sent = HeaderMap::new();
        for (name, value) in headers.as_object().into_iter().flatten() {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::try_from(value.as_str().unwrap_or_default());
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(Error::field("headers", "must be an object of texts"));
            };
            sent.insert(name, value);
        }
        for name in OURS {
            sent.remove(name);
        }
        let json = HeaderValue::from_static("application/json");
        let both = HeaderValue::from_static("application/json, text/event-stream");
        sent.insert(header::CONTENT_TYPE, json);
        sent.insert(header::ACCEPT, both);
        Ok(Self {
            outgoing: kit.workspace.outgoing(&kit.app).clone(),
            server: Arc::new(Address { url, headers: sent }),
            wanted,
            trouble: trouble.clone(),
        })
    }

    fn request(
        &self,
        method: Method,
        session: Option<Arc<str>>,
        headers: HashMap<HeaderName, HeaderValue>,
        body: Bytes,
    ) -> Request<Bytes> {
        let Address { url, headers: ours } = &*self.server;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url.clone();
        *request.headers_mut() = ours.clone();
        request.headers_mut().extend(headers);
        let session = session.and_then(|id| HeaderValue::try_from(&*id).ok());
        if let Some(session) = session {
            request.headers_mut().insert(SESSION, session);
        }
        request
    }

    async fn post(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<StreamableHttpPostResponse> {
        let body = Bytes::from(serde_json::to_vec(message)?);
        let had_session = session.is_some();
        let request = self.request(Method::POST, session, headers, body);
        let sent = self.outgoing.open(request, BOUNDS).await;
        let inflow = sent.map_err(|failure| StreamableHttpError::Client(failure.into()))?;
        let status = inflow.head.status;
        if status == StatusCode::NOT_FOUND && had_session {
            return Err(StreamableHttpError::SessionExpired);
        }
        if !status.is_success() {
            return Err(miss(format!("it answers {status}")));
        }
        let ClientJsonRpcMessage::Request(asked) = message else {
            return Ok(StreamableHttpPostResponse::Accepted);
        };
        let session = inflow.head.headers.get(SESSION);
        let session = session.and_then(|id| id.to_str().ok()).map(str::to_owned);
        if is_stream(&inflow) {
            let events = events(inflow, self.trouble.clone());
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        let body = whole(inflow).await?;
        let answer: Option<ServerJsonRpcMessage> = serde_json::from_slice(&body).ok();
        // Some answer `"1"` where they were asked `1`.
        let is_ours = |id: &RequestId| id.to_string() == asked.id.to_string();
        let answer = answer.and_then(|answer| match answer {
            JsonRpcMessage::Response(it) if is_ours(&it.id) => Some(JsonRpcMessage::Response(it)),
            JsonRpcMessage::Error(it) if it.id.as_ref().is_none_or(is_ours) => {
                Some(JsonRpcMessage::error(it.error, Some(asked.id.clone())))
            }
            _ => None,
        });
        let answer = answer.ok_or_else(|| miss("its answer makes no sense"))?;
        Ok(StreamableHttpPostResponse::Json(answer, session))
    }
}

impl StreamableHttpClient for Remote {
    type Error = Miss;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<StreamableHttpPostResponse> {
        let mut wanted = self.wanted.clone();
        let posted = tokio::select! {
            posted = self.post(&message, session, headers) => posted,
            _ = wanted.changed() => Err(miss("nobody waits for it")),
        };
        posted.inspect_err(|error| match error {
            StreamableHttpError::Client(Miss(why)) => self.trouble.note(why.clone()),
            // Another session is begun then.
            StreamableHttpError::SessionExpired => {}
            _ => self.trouble.note("its answer makes no sense"),
        })
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<()> {
        let request = self.request(Method::DELETE, Some(session), headers, Bytes::new());
        // Servers that do not hear of it end sessions by themselves.
        let sent = self.outgoing.open(request, BOUNDS).await;
        sent.map(|_| ())
            .map_err(|failure| StreamableHttpError::Client(failure.into()))
    }

    async fn get_stream(
        &self,
        _: Arc<str>,
        _: Option<Arc<str>>,
        _: Option<String>,
        _: Option<String>,
        _: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<Events> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }
}

fn miss(why: impl Into<String>) -> StreamableHttpError<Miss> {
    StreamableHttpError::Client(Miss(why.into()))
}

fn is_stream(inflow: &Inflow) -> bool {
    let media = inflow.head.headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok());
    media.is_some_and(|media| media.trim_start().starts_with("text/event-stream"))
}

async fn whole(mut inflow: Inflow) -> Answer<Bytes> {
    let mut body = BytesMut::new();
    let failed = |failure: Failure| StreamableHttpError::Client(failure.into());
    while let Some(chunk) = inflow.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
    }
    if inflow.is_cut {
        return Err(miss(TOO_LONG));
    }
    Ok(body.freeze())
}

const TOO_LONG: &str = "its answer is too long";

/// The events of an answer, as they come.
fn events(inflow: Inflow, trouble: Trouble) -> Events {
    let chunks = unfold(Some((inflow, trouble)), async |state| {
        let (mut inflow, trouble) = state?;
        let problem = match inflow.chunk().await {
            Ok(Some(chunk)) => return Some((Ok(chunk), Some((inflow, trouble)))),
            Ok(None) if inflow.is_cut => Miss(TOO_LONG.into()),
            Ok(None) => return None,
            Err(failure) => failure.into(),
        };
        trouble.note(problem.0.clone());
        Some((Err(problem), None))
    });
    SseStream::from_bytes_stream(chunks.boxed()).boxed()
}
