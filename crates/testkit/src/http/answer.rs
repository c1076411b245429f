//! What came back, and what a test says about it.

use super::HeaderMap;
use serde_json::Value;
use std::fmt;

/// Longer texts are cut when an exchange is shown.
const SHOWN: usize = 8 << 10;

/// The answer to a request. Its `Display` is the whole exchange.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// The body as JSON, `Null` if it is not JSON.
    pub json: Value,
    request: String,
}

impl Answer {
    pub(super) fn new(request: String, status: u16, headers: HeaderMap, body: &[u8]) -> Answer {
        Answer {
            status,
            headers,
            text: String::from_utf8_lossy(body).into_owned(),
            json: serde_json::from_slice(body).unwrap_or(Value::Null),
            request,
        }
    }

    /// A header's first value, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The stable tag of a refusal: `code`, or `error.code` at the doors that nest it.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        ["/code", "/error/code"]
            .iter()
            .find_map(|place| self.json.pointer(place)?.as_str())
    }

    /// Expects success (any 2xx) and gives the JSON.
    ///
    /// # Panics
    ///
    /// On any other status, with the whole exchange.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "expected success\n{self}"
        );
        self.json
    }

    /// Expects exactly this status.
    ///
    /// # Panics
    ///
    /// On any other status, with the whole exchange.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "expected status {status}\n{self}");
        self
    }

    /// Expects a refusal with exactly this status and [`code`](Self::code).
    ///
    /// # Panics
    ///
    /// On any other status or code, with the whole exchange.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Answer {
        let found = (self.status, self.code());
        assert_eq!(found, (status, Some(code)), "expected a refusal\n{self}");
        self
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "--- request\n{}", shown(&self.request))?;
        writeln!(f, "--- answer\n{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f, "\n{}\n---", shown(&self.text))
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} ... ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
