//! Requests written by hand, for what no client would send.

use serde_json::Value;
use testkit::http::{Client, raw};

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    /// The status line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The code of a refusal, empty without one.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends a request with these header lines and this body: neither a host nor a
/// length is added to what is here.
pub(crate) fn talk(client: &Client, line: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Told {
    let mut request = format!("{line} HTTP/1.1\r\nhost: guildhall\r\n");
    for header in headers {
        request.push_str(&format!("{header}\r\n"));
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body.as_ref());
    send(client, &bytes)
}

/// Sends these bytes.
pub(crate) fn send(client: &Client, bytes: &[u8]) -> Told {
    let answer = raw(client.address(), bytes);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Told {
        status: status.unwrap_or_else(|| panic!("no answer: {answer:?}")),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// The header line that says how long a body is.
pub(crate) fn length(body: impl AsRef<[u8]>) -> String {
    format!("content-length: {}", body.as_ref().len())
}
