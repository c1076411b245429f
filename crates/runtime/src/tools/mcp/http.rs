//! An MCP server at an address: streamable HTTP, of which one exchange at a
//! time is used. Each answer comes as JSON, or as events of which one is it.

use std::time::Duration;

use bytes::Bytes;
use domain::{Error, Result, limits};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use serde_json::Value;

use super::super::Kit;
use super::PROTOCOL;
use super::wire::{answers, broken};
use crate::outgoing::{Bounds, Outgoing, Reply};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const BOUNDS: Bounds = Bounds {
    timeout: Duration::from_secs(110),
    body_bytes: limits::MCP_MESSAGE_BYTES,
};

pub(super) struct Remote {
    outgoing: Outgoing,
    url: Uri,
    headers: HeaderMap,
}

impl Remote {
    pub(super) fn new(kit: &Kit, url: &str, headers: &Value) -> Result<Self> {
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
        // Whatever the document says about these.
        for name in [
            header::HOST,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONNECTION,
        ] {
            sent.remove(name);
        }
        let both = HeaderValue::from_static("application/json, text/event-stream");
        sent.insert(header::ACCEPT, both);
        sent.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        sent.insert(VERSION, HeaderValue::from_static(PROTOCOL));
        Ok(Self {
            outgoing: kit.workspace.outgoing(&kit.app).clone(),
            url,
            headers: sent,
        })
    }

    pub(super) async fn tell(&mut self, message: &Value) -> Result<()> {
        self.post(message).await.map(|_| ())
    }

    pub(super) async fn exchange(&mut self, message: &Value, id: u64) -> Result<Value> {
        let reply = self.post(message).await?;
        if let Some(session) = reply.headers.get(SESSION) {
            self.headers.insert(SESSION, session.clone());
        }
        let media = reply.headers.get(header::CONTENT_TYPE);
        let media = media
            .and_then(|media| media.to_str().ok())
            .unwrap_or_default();
        let found = match media.starts_with("text/event-stream") {
            true => messages(&reply.body).find(|message| answers(message, id)),
            false => serde_json::from_slice(&reply.body).ok(),
        };
        found
            .filter(|message| answers(message, id))
            .ok_or_else(|| broken("its answer makes no sense"))
    }

    async fn post(&self, message: &Value) -> Result<Reply> {
        let mut request = Request::new(Bytes::from(message.to_string()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.headers.clone();
        let sent = self.outgoing.send(request, BOUNDS).await;
        let reply = sent.map_err(|failure| broken(failure.to_string()))?;
        if !reply.status.is_success() {
            return Err(broken(format!("it answers {}", reply.status)));
        }
        if reply.is_cut {
            return Err(broken("its answer is too long"));
        }
        Ok(reply)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        if !self.headers.contains_key(SESSION) {
            return;
        }
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::DELETE;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = std::mem::take(&mut self.headers);
        let outgoing = self.outgoing.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Servers that do not hear of it end sessions by themselves.
            runtime.spawn(async move { outgoing.send(request, BOUNDS).await });
        }
    }
}

/// The messages in a body of server-sent events.
fn messages(body: &[u8]) -> impl Iterator<Item = Value> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n");
    let events: Vec<String> = text.split("\n\n").map(str::to_owned).collect();
    events.into_iter().filter_map(|event| {
        let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
        let data: Vec<_> = data
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        serde_json::from_str(&data.join("\n")).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::messages;

    #[test]
    fn messages_are_found_in_events() {
        let body = ": hi\n\nevent: message\r\ndata: {\"id\":1,\r\ndata: \"result\":2}\r\n\r\ndata: x\n\ndata:{\"id\":3}\n";
        let found: Vec<_> = messages(body.as_bytes()).collect();
        assert_eq!(
            found,
            [
                serde_json::json!({ "id": 1, "result": 2 }),
                serde_json::json!({ "id": 3 })
            ]
        );
    }
}
