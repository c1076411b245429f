//! An HTTP endpoint on a loopback address that remembers what it was sent, for tests of what the server calls.
//!
//! **Invariant:** requests of one connection are remembered in their order, before they are answered.
//!
//! ```no_run
//! use testkit::receiver::{Receiver, Reply};
//!
//! let receiver = Receiver::start();
//! receiver.answer(|request| Reply::status(if request.path == "/down" { 503 } else { 200 }));
//! let url = receiver.url("/hook");
//! // ... something posts to `url` ...
//! let first = &receiver.wait_for(1)[0];
//! assert_eq!(first.header("content-type"), Some("application/json"));
//! ```

use crate::endpoint::{Answers, Endpoint};
use serde_json::Value;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path and query.
    pub path: String,
    /// The headers in their order, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON: {error}\n{self:?}"))
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    location: Option<String>,
    body: String,
    delay: Duration,
}

impl Reply {
    /// An answer with this status and a short body.
    #[must_use]
    pub fn status(status: u16) -> Reply {
        Reply {
            status,
            location: None,
            body: format!("answer {status}"),
            delay: Duration::ZERO,
        }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(to: &str) -> Reply {
        Reply {
            location: Some(to.to_owned()),
            ..Reply::status(307)
        }
    }

    /// The same answer with another body.
    #[must_use]
    pub fn body(self, body: &str) -> Reply {
        Reply {
            body: body.to_owned(),
            ..self
        }
    }

    /// The same answer, later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Reply {
        Reply { delay, ..self }
    }
}

type Answering = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

struct Shared {
    received: Mutex<Vec<Received>>,
    more: Condvar,
    answering: Mutex<Answering>,
}

/// A running endpoint. It closes when dropped.
pub struct Receiver {
    endpoint: Endpoint,
    shared: Arc<Shared>,
}

impl Receiver {
    /// An endpoint on a free port that answers everything with 200.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    #[must_use]
    pub fn start() -> Receiver {
        Receiver::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// An endpoint at this address: one that was closed comes back.
    ///
    /// # Panics
    ///
    /// When the address is taken.
    #[must_use]
    pub fn start_at(address: SocketAddr) -> Receiver {
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            more: Condvar::new(),
            answering: Mutex::new(Arc::new(|_| Reply::status(200))),
        });
        let endpoint = Endpoint::open(address, Arc::clone(&shared));
        Receiver { endpoint, shared }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.endpoint.address()
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Answers like this from now on.
    pub fn answer(&self, answering: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        *self.shared.answering.lock().expect("no panic") = Arc::new(answering);
    }

    /// Everything that came in so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("no panic").clone()
    }

    /// Waits until so many requests came in, and gives all.
    ///
    /// # Panics
    ///
    /// When they do not come within 30 seconds, with what did.
    #[track_caller]
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let begin = Instant::now();
        let mut received = self.shared.received.lock().expect("no panic");
        while received.len() < count {
            let left = PATIENCE.saturating_sub(begin.elapsed());
            assert!(
                !left.is_zero(),
                "{} of {count}: {received:#?}",
                received.len()
            );
            let waited = self.shared.more.wait_timeout(received, left);
            received = waited.expect("no panic").0;
        }
        received.clone()
    }
}

impl Answers for Shared {
    fn answer(&self, request: Received, stream: &mut TcpStream) -> bool {
        let answering = Arc::clone(&self.answering.lock().expect("no panic"));
        let reply = answering(&request);
        self.received.lock().expect("no panic").push(request);
        self.more.notify_all();
        thread::sleep(reply.delay);
        stream.write_all(text(&reply).as_bytes()).is_ok()
    }
}

fn text(reply: &Reply) -> String {
    let Reply {
        status,
        location,
        body,
        delay: _,
    } = reply;
    let location = location.as_ref();
    let location = location.map(|to| format!("location: {to}\r\n"));
    format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{}\r\n{body}",
        body.len(),
        location.unwrap_or_default()
    )
}
