//! The way to an MCP server: requests and their answers in JSON-RPC.

use domain::{Error, Result, text};
use serde_json::{Value, json};

use super::http::Remote;
use super::stdio::Local;
use crate::tools::Kit;

/// A server within reach.
pub(super) struct Wire {
    way: Way,
    last: u64,
}

enum Way {
    Remote(Box<Remote>),
    Local(Box<Local>),
}

/// Characters of what a server says about a failure.
const REASON_CHARS: usize = 1_000;

impl Wire {
    /// The way that a document describes: to an address or to a program.
    pub(super) async fn open(kit: &Kit, how: &Value) -> Result<Self> {
        let way = match (how["url"].as_str(), how["command"].as_str()) {
            (Some(url), _) => Way::Remote(Box::new(Remote::new(kit, url, &how["headers"])?)),
            (None, Some(command)) => Way::Local(Box::new(Local::start(kit, command, how).await?)),
            (None, None) => {
                return Err(Error::invalid(
                    "invalid_mcp_server",
                    "it has neither a url nor a command",
                ));
            }
        };
        Ok(Self { way, last: 0 })
    }

    /// Asks and waits for the answer.
    pub(super) async fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        self.last += 1;
        let id = self.last;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let mut answer = match &mut self.way {
            Way::Remote(remote) => remote.exchange(&message, id).await?,
            Way::Local(local) => local.exchange(&message, id).await?,
        };
        if let Some(why) = answer["error"]["message"].as_str() {
            let why = text::cut(why.to_owned(), REASON_CHARS);
            return Err(Error::upstream("mcp_refused", why));
        }
        Ok(answer["result"].take())
    }

    /// Tells something that has no answer.
    pub(super) async fn notify(&mut self, method: &str) -> Result<()> {
        let message = json!({ "jsonrpc": "2.0", "method": method });
        match &mut self.way {
            Way::Remote(remote) => remote.tell(&message).await,
            Way::Local(local) => local.send(&message).await,
        }
    }
}

/// Whether a message is the answer to a request.
pub(super) fn answers(message: &Value, id: u64) -> bool {
    message["id"] == id && message.get("method").is_none()
}

/// A server that does not do what it should.
pub(super) fn broken(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::upstream("mcp_broken", why)
}
