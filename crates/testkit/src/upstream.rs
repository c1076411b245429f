//! A double of a model provider with a chat API in OpenAI's form, on a loopback port.
//!
//! It answers what the test tells it to, step by step, and fails as real ones do: it refuses, stalls, breaks off, sends
//! what is no stream. What it was asked and how many callers left before the end is remembered.
//!
//! **Invariant:** it answers nothing that the test did not write.
//!
//! To extend: another way to answer is a `Step` and its arm in `play`.
//!
//! ```no_run
//! use testkit::engine::Engine;
//! use testkit::server::Server;
//! use testkit::upstream::{Script, Upstream};
//!
//! let upstream = Upstream::start();
//! upstream.answer(|_| Script::says(&["Hel", "lo"]));
//! let server = Server::start_with(Engine::Sqlite, |settings| upstream.configure(settings));
//! ```

use crate::endpoint::{Answers, Endpoint};
use crate::receiver::Received;
use ::server::{Price, Provider, Settings};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The provider's key.
pub const API_KEY: &str = "upstream-key-of-the-tests";
/// The provider's name.
pub const NAME: &str = "double";
/// What a stall lasts at most.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds that the server waits for it.
const TIMEOUT_S: u64 = 2;

/// What it does with one request.
#[derive(Clone, Debug)]
pub struct Script {
    status: u16,
    headers: Vec<(String, String)>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Send(String),
    Stall,
    Wait(Duration),
    BreakOff,
}

impl Script {
    /// A stream without anything in it.
    #[must_use]
    pub fn stream() -> Script {
        Script {
            status: 200,
            headers: vec![("content-type".into(), "text/event-stream".into())],
            steps: Vec::new(),
        }
    }

    /// A whole answer in these bits, with a usage of 11 and 7 tokens.
    #[must_use]
    pub fn says(bits: &[&str]) -> Script {
        Script::stream().texts(bits).end("stop")
    }

    /// A refusal in OpenAI's form.
    #[must_use]
    pub fn refuses(status: u16, message: &str) -> Script {
        let body = json!({ "error": { "message": message, "type": "some_error" } });
        Script {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            steps: vec![Step::Send(body.to_string())],
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Script {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Bits of text.
    #[must_use]
    pub fn texts(self, bits: &[&str]) -> Script {
        let chunk =
            |bit: &&str| json!({ "choices": [{ "index": 0, "delta": { "content": bit } }] });
        bits.iter().map(chunk).fold(self, Script::chunk)
    }

    /// One chunk.
    #[must_use]
    pub fn chunk(self, chunk: Value) -> Script {
        self.send(&format!("data: {chunk}\n\n"))
    }

    /// The end, with this reason.
    #[must_use]
    pub fn end(self, reason: &str) -> Script {
        let usage = json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 });
        self.chunk(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
            .chunk(json!({ "choices": [], "usage": usage }))
            .send("data: [DONE]\n\n")
    }

    /// Bytes as they are.
    #[must_use]
    pub fn send(self, text: &str) -> Script {
        self.step(Step::Send(text.to_owned()))
    }

    /// Nothing any more, until the caller has left.
    #[must_use]
    pub fn stall(self) -> Script {
        self.step(Step::Stall)
    }

    /// Nothing for a while.
    #[must_use]
    pub fn wait(self, time: Duration) -> Script {
        self.step(Step::Wait(time))
    }

    /// The connection breaks.
    #[must_use]
    pub fn break_off(self) -> Script {
        self.step(Step::BreakOff)
    }

    fn step(mut self, step: Step) -> Script {
        self.steps.push(step);
        self
    }
}

type Answering = Arc<dyn Fn(&Received) -> Script + Send + Sync>;

struct Shared {
    asked: Mutex<Vec<Received>>,
    left: Mutex<usize>,
    connections: Mutex<usize>,
    more: Condvar,
    answering: Mutex<Answering>,
}

/// The double. It closes when dropped.
pub struct Upstream {
    endpoint: Endpoint,
    shared: Arc<Shared>,
}

impl Upstream {
    /// One on a free port that says `Hello` to everybody.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    #[must_use]
    pub fn start() -> Upstream {
        let shared = Arc::new(Shared {
            asked: Mutex::default(),
            left: Mutex::default(),
            connections: Mutex::default(),
            more: Condvar::new(),
            answering: Mutex::new(Arc::new(|_| Script::says(&["Hello"]))),
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let endpoint = Endpoint::open(address, Arc::clone(&shared));
        Upstream { endpoint, shared }
    }

    /// Points a server at it: the provider `double` with the model `one`, which is the default.
    pub fn configure(&self, settings: &mut Settings) {
        let provider = Provider {
            base_url: self.base_url(),
            api_key: Some(API_KEY.into()),
            models: vec!["one".into()],
            price: Price {
                input: 1_000_000.0,
                output: 2_000_000.0,
            },
            timeout_s: TIMEOUT_S,
        };
        settings.providers.insert(NAME.into(), provider);
    }

    /// Where its API is.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.endpoint.address())
    }

    /// Answers like this from now on.
    pub fn answer(&self, answering: impl Fn(&Received) -> Script + Send + Sync + 'static) {
        *self.shared.answering.lock().expect("no panic") = Arc::new(answering);
    }

    /// Answers the first requests with these scripts, in their order, and all further ones with the last.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn answers(&self, scripts: Vec<Script>) {
        assert!(!scripts.is_empty(), "a script");
        let next = Mutex::new(0_usize);
        self.answer(move |_| {
            let mut next = next.lock().expect("no panic");
            let script = &scripts[(*next).min(scripts.len() - 1)];
            *next += 1;
            script.clone()
        });
    }

    /// Everything that it was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Received> {
        self.shared.asked.lock().expect("no panic").clone()
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().expect("no panic")
    }

    /// Waits until so many callers left before the end.
    ///
    /// # Panics
    ///
    /// When they do not within 30 seconds.
    #[track_caller]
    pub fn wait_until_left(&self, count: usize) {
        let begin = Instant::now();
        let mut left = self.shared.left.lock().expect("no panic");
        while *left < count {
            let patience = PATIENCE.saturating_sub(begin.elapsed());
            assert!(!patience.is_zero(), "{} of {count} left", *left);
            left = self
                .shared
                .more
                .wait_timeout(left, patience)
                .expect("no panic")
                .0;
        }
    }
}

impl Answers for Shared {
    fn connected(&self) {
        *self.connections.lock().expect("no panic") += 1;
    }

    fn answer(&self, request: Received, stream: &mut TcpStream) -> bool {
        let answering = Arc::clone(&self.answering.lock().expect("no panic"));
        let script = answering(&request);
        self.asked.lock().expect("no panic").push(request);
        play(stream, &script, self)
    }
}

/// Plays a script; true when the connection can be used again.
fn play(stream: &mut TcpStream, script: &Script, shared: &Shared) -> bool {
    let headers = script.headers.iter();
    let headers: String = headers
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let status = script.status;
    let head = format!("HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\n{headers}\r\n");
    let mut is_begun = false;
    for step in &script.steps {
        if !is_begun && !matches!(step, Step::Wait(_)) {
            // A stall or a break before the first byte is one before the head, too.
            if matches!(step, Step::Send(_)) && stream.write_all(head.as_bytes()).is_err() {
                return false;
            }
            is_begun = true;
        }
        match step {
            Step::Send(text) => {
                let chunk = format!("{:x}\r\n{text}\r\n", text.len());
                if stream.write_all(chunk.as_bytes()).is_err() {
                    return left(shared);
                }
            }
            Step::Wait(time) => thread::sleep(*time),
            Step::Stall => {
                let _ = stream.set_read_timeout(Some(PATIENCE));
                return match stream.read(&mut [0; 1]) {
                    Ok(0) | Err(_) => left(shared),
                    Ok(_) => false,
                };
            }
            Step::BreakOff => return false,
        }
    }
    stream.write_all(b"0\r\n\r\n").is_ok()
}

/// A caller left before the end.
fn left(shared: &Shared) -> bool {
    *shared.left.lock().expect("no panic") += 1;
    shared.more.notify_all();
    false
}
