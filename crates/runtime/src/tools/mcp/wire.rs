//! The way to an MCP server: a session of the protocol, spoken by `rmcp` over
//! the ways out that there are here (`http.rs`, `stdio.rs`).
//!
//! **Invariant:** a question ends after its time, whatever the server does, and
//! with the session everything that belongs to it.

use std::time::Duration;

use domain::{Error, Result, text};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientCapabilities, ClientConfig, ClientRequest,
    ErrorData, Implementation, ListToolsRequest, PaginatedRequestParams, ProtocolVersion,
    ServerResult,
};
use rmcp::service::{
    ClientInitializeError, PeerRequestOptions, RoleClient, RunningService, ServiceError,
};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use super::gate::Trouble;
use super::http::{self, Remote};
use super::stdio::{self, Program};
use crate::tools::Kit;

/// A server within reach.
pub(super) struct Wire {
    session: RunningService<RoleClient, ClientConfig>,
    trouble: Trouble,
    _kept: Kept,
}

/// What ends with a session.
enum Kept {
    /// Calls on their way are broken off.
    Calls { _are_wanted: watch::Sender<()> },
    /// The program is killed.
    Program { _runs: Program },
}

/// Characters of what a server says about a failure.
const REASON_CHARS: usize = 1_000;
/// How long a server may take to hear that an answer is not waited for.
const GOODBYE: Duration = Duration::from_secs(1);

impl Wire {
    /// Begins a session with the server that a document describes: at an
    /// address or a program.
    pub(super) async fn open(kit: &Kit, how: &Value) -> Result<Self> {
        let trouble = Trouble::default();
        match (how["url"].as_str(), how["command"].as_str()) {
            (Some(url), _) => {
                let (are_wanted, wanted) = watch::channel(());
                let remote = Remote::new(kit, url, &how["headers"], wanted, &trouble)?;
                let kept = Kept::Calls {
                    _are_wanted: are_wanted,
                };
                Self::greet(http::transport(remote, &trouble), trouble, kept).await
            }
            (None, Some(command)) => {
                let (lines, runs) = stdio::start(kit, command, how, &trouble).await?;
                Self::greet(lines, trouble, Kept::Program { _runs: runs }).await
            }
            (None, None) => Err(Error::invalid(
                "invalid_mcp_server",
                "it has neither a url nor a command",
            )),
        }
    }

    async fn greet(
        transport: impl Transport<RoleClient> + 'static,
        trouble: Trouble,
        kept: Kept,
    ) -> Result<Self> {
        let name = Implementation::new("guildhall", env!("CARGO_PKG_VERSION"));
        // The newest version with a handshake: servers of every age know one.
        let hello = ClientConfig::new(ClientCapabilities::default(), name)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE);
        let begun = rmcp::serve_client(hello, transport).await;
        Ok(Self {
            session: begun.map_err(|error| not_begun(error, &trouble))?,
            trouble,
            _kept: kept,
        })
    }

    /// One page of its tools.
    pub(super) async fn tools(&self, cursor: Option<String>, time: Duration) -> Result<Value> {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(page));
        match self.ask(request, time).await? {
            ServerResult::ListToolsResult(page) => whole(&page),
            // Not quite as the protocol has it: what can be read of it is used.
            ServerResult::CustomResult(page) if page.0["tools"].is_array() => Ok(page.0),
            _ => Err(nonsense()),
        }
    }

    /// Calls a tool.
    pub(super) async fn call(
        &self,
        name: String,
        arguments: &Value,
        time: Duration,
    ) -> Result<Value> {
        let mut params = CallToolRequestParams::new(name);
        params.arguments = match arguments {
            Value::Object(arguments) => Some(arguments.clone()),
            Value::Null => None,
            _ => return Err(Error::field("arguments", "must be an object")),
        };
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        match self.ask(request, time).await? {
            ServerResult::CallToolResult(result) => whole(&result),
            ServerResult::EmptyResult(_) | ServerResult::TaskAckResult(_) => Ok(json!({})),
            ServerResult::CustomResult(result) if result.0.is_object() => Ok(result.0),
            _ => Err(nonsense()),
        }
    }

    async fn ask(&self, request: ClientRequest, time: Duration) -> Result<ServerResult> {
        // What happened before is not why this fails.
        self.trouble.take();
        let options = PeerRequestOptions::no_options();
        let asked = self.session.send_cancellable_request(request, options);
        let mut asked = asked.await.map_err(|error| self.failed(error))?;
        let answered = async {
            tokio::select! {
                // An answer is there before the end is.
                biased;
                answer = &mut asked.rx => answer.unwrap_or(Err(ServiceError::TransportClosed)),
                () = self.trouble.over() => Err(ServiceError::TransportClosed),
            }
        };
        match timeout(time, answered).await {
            Ok(answer) => answer.map_err(|error| self.failed(error)),
            Err(_) => {
                // It may not even hear that.
                let _ = timeout(GOODBYE, asked.cancel(None)).await;
                Err(late())
            }
        }
    }

    fn failed(&self, error: ServiceError) -> Error {
        let otherwise = match error {
            ServiceError::McpError(error) => return refused(error),
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => ENDED,
            _ => NONSENSE,
        };
        broken(self.trouble.take().unwrap_or(otherwise.into()))
    }
}

/// The code of a server that does not do what it should.
pub(super) const BROKEN: &str = "mcp_broken";
/// The code of one that does not answer in time.
pub(super) const LATE: &str = "mcp_timeout";

const ENDED: &str = "it has ended";
const NONSENSE: &str = "its answer makes no sense";

fn not_begun(error: ClientInitializeError, trouble: &Trouble) -> Error {
    let otherwise = match error {
        ClientInitializeError::JsonRpcError(error) => return refused(error),
        ClientInitializeError::ConnectionClosed(_)
        | ClientInitializeError::TransportError { .. }
        | ClientInitializeError::Cancelled => ENDED,
        _ => NONSENSE,
    };
    broken(trouble.take().unwrap_or(otherwise.into()))
}

fn refused(error: ErrorData) -> Error {
    let why = text::cut(error.message.into_owned(), REASON_CHARS);
    Error::upstream("mcp_refused", why)
}

fn whole(result: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(result).map_err(|_| nonsense())
}

fn nonsense() -> Error {
    broken(NONSENSE)
}

/// A server that does not answer in time.
pub(super) fn late() -> Error {
    Error::upstream(LATE, "it does not answer")
}

/// A server that does not do what it should.
fn broken(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::upstream(BROKEN, why)
}
