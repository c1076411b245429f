//! A blocking HTTP client for tests.
//!
//! A refusal is an answer like any other; [`Answer::ok`] and [`Answer::refused`] say what the test expects and, when it
//! is wrong, panic with the whole exchange. Redirects are not followed. What no well-behaved client sends goes through
//! [`raw()`].
//!
//! **Invariant:** every connection goes to a loopback address; proxies of the environment are ignored.
//!
//! ```no_run
//! use serde_json::json;
//!
//! let client = testkit::http::Client::new("http://127.0.0.1:4300");
//! let me = client.post("/api/auth/register").json(json!({"username": "ada"})).ok();
//! let ada = client.with_key(me["api_key"].as_str().expect("a key"));
//! ada.post("/api/auth/verify").ok();
//! ada.delete("/api/tasks/1").refused(403, "forbidden");
//! ```

mod answer;
mod raw;
mod stream;

pub use answer::Answer;
pub use raw::raw;
pub use stream::{Event, EventStream};
pub use ureq::http::HeaderMap;

use anyhow::Context;
use serde_json::Value;
use std::borrow::Borrow;
use std::net::SocketAddr;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

/// Long enough for a loaded machine, short enough to see a server that never answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// The largest answer a test reads.
const ANSWER_LIMIT: u64 = 256 << 20;

/// Talks to one server, with or without a key. Cloning is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    address: SocketAddr,
    key: Option<String>,
}

impl Client {
    /// A client without a key for a server such as `http://127.0.0.1:4300`.
    ///
    /// # Panics
    ///
    /// When the URL is not `http://` and a loopback address with a port.
    #[must_use]
    pub fn new(base_url: &str) -> Client {
        let authority = base_url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        let address: Option<SocketAddr> = authority.and_then(|authority| authority.parse().ok());
        let address = address
            .filter(|address| address.ip().is_loopback())
            .unwrap_or_else(|| panic!("not a server on a loopback address: {base_url}"));
        Client {
            agent: agent(),
            address,
            key: None,
        }
    }

    /// The same server with another bearer key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Client {
        Client {
            key: Some(key.to_owned()),
            ..self.clone()
        }
    }

    /// The same server without a key.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client {
            key: None,
            ..self.clone()
        }
    }

    /// The server's address, for [`raw()`].
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's URL, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A GET request. Paths begin with a slash and carry their query.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST request.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// A PUT request.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// A PATCH request.
    pub fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// A request with any method: no body, no `Content-Type`, and the client's key as `Authorization: Bearer`.
    ///
    /// # Panics
    ///
    /// When the path does not begin with a slash.
    pub fn request(&self, method: &str, path: &str) -> Request {
        assert!(path.starts_with('/'), "a path begins with a slash: {path}");
        let request = Request {
            client: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        };
        match &self.key {
            Some(key) => request.header("authorization", &format!("Bearer {key}")),
            None => request,
        }
    }
}

/// A request being put together; sent by [`send`](Request::send) and its short forms.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    client: Client,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// Adds a header. Only `Authorization` and `Content-Type` replace an earlier value.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        let name = name.to_ascii_lowercase();
        if ["authorization", "content-type"].contains(&name.as_str()) {
            self.headers.retain(|(earlier, _)| *earlier != name);
        }
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends these bytes; of no declared type unless a `Content-Type` header is added.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Request {
        self.body = Some(bytes.into());
        self
    }

    /// Sends this value as `application/json`.
    pub fn json(self, value: impl Borrow<Value>) -> Request {
        self.header("content-type", "application/json")
            .body(value.borrow().to_string())
    }

    /// Sends the request.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    #[track_caller]
    pub fn send(self) -> Answer {
        let line = format!("{} {}", self.method, self.path);
        self.try_send()
            .unwrap_or_else(|error| panic!("{line}: no answer: {error:#}"))
    }

    /// Sends the request, for tests in which the server may be gone.
    ///
    /// # Errors
    ///
    /// When there is no answer: connection refused or lost, timeout.
    pub fn try_send(self) -> anyhow::Result<Answer> {
        let transcript = self.transcript();
        let mut response = self.run()?;
        let bytes = response
            .body_mut()
            .with_config()
            .limit(ANSWER_LIMIT)
            .read_to_vec();
        let bytes = bytes.context("the answer breaks off")?;
        let (parts, _) = response.into_parts();
        Ok(Answer::new(
            transcript,
            parts.status.as_u16(),
            parts.headers,
            &bytes,
        ))
    }

    /// Sends the request and reads what comes as a stream of events.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    #[track_caller]
    pub fn stream(self) -> EventStream {
        let line = format!("{} {}", self.method, self.path);
        let response = self
            .run()
            .unwrap_or_else(|error| panic!("{line}: no answer: {error:#}"));
        let (parts, body) = response.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        EventStream::read(parts.status.as_u16(), headers.collect(), body.into_reader())
    }

    /// Sends the request and expects success; gives the JSON. See [`Answer::ok`].
    #[track_caller]
    pub fn ok(self) -> Value {
        self.send().ok()
    }

    /// Sends the request and expects this refusal. See [`Answer::refused`].
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Answer {
        self.send().refused(status, code)
    }

    fn run(self) -> anyhow::Result<Response<Body>> {
        let url = format!("{}{}", self.client.base_url(), self.path);
        let mut request = ureq::http::Request::builder()
            .method(self.method.as_str())
            .uri(url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let agent = &self.client.agent;
        let response = match self.body {
            Some(bytes) => agent.run(request.body(bytes)?)?,
            None if usually_has_body(&self.method) => {
                agent.run(request.header("content-length", "0").body(())?)?
            }
            None => agent.run(request.body(())?)?,
        };
        Ok(response)
    }

    /// The request as a reader of a failed test wants to see it.
    fn transcript(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        if let Some(body) = &self.body {
            text.push('\n');
            text.push_str(&String::from_utf8_lossy(body));
        }
        text
    }
}

/// For these methods the client would send an empty chunked body; what clients in the field send is a length of 0.
fn usually_has_body(method: &str) -> bool {
    ["POST", "PUT", "PATCH"].contains(&method)
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .proxy(None)
        .timeout_global(Some(PATIENCE))
        .max_idle_connections(64)
        .max_idle_connections_per_host(64)
        .user_agent("guildhall-testkit")
        .build()
        .into()
}

#[cfg(test)]
mod tests;
