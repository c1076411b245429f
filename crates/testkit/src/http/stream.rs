//! Server-sent events as they come.
//!
//! **Invariant:** a stream is read on a thread of its own, so that a test waits for an event with a bound; dropping
//! the stream closes the connection at the next byte that the server sends.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its data.
    pub data: String,
    /// Its id; empty where it has none.
    pub id: String,
}

impl Event {
    /// Takes a line; gives the event that an empty line ends.
    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            return Some(std::mem::take(self)).filter(|whole| *whole != Event::default());
        }
        if let Some(name) = line.strip_prefix("event: ") {
            self.name = name.to_owned();
        } else if let Some(id) = line.strip_prefix("id: ") {
            self.id = id.to_owned();
        } else if let Some(data) = line.strip_prefix("data: ") {
            self.data.push_str(data);
        }
        None
    }

    /// Its data as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or(Value::Null)
    }
}

/// An open stream of events.
#[derive(Debug)]
pub struct EventStream {
    status: u16,
    headers: Vec<(String, String)>,
    events: Receiver<Event>,
}

impl EventStream {
    pub(super) fn read(
        status: u16,
        headers: Vec<(String, String)>,
        body: impl Read + Send + 'static,
    ) -> Self {
        let (tell, events) = mpsc::channel();
        thread::spawn(move || {
            let mut event = Event::default();
            for line in BufReader::new(body).lines() {
                let Ok(line) = line else { return };
                let whole = event.take(&line);
                if whole.is_some_and(|whole| tell.send(whole).is_err()) {
                    return;
                }
            }
        });
        Self {
            status,
            headers,
            events,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header of the answer, by lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The next event; `None` when the stream ended or nothing came for a long time.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.recv_timeout(PATIENCE).ok()
    }

    /// The next event of that name; others are passed over.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[track_caller]
    pub fn wait_for(&mut self, name: &str) -> Event {
        let end = Instant::now() + PATIENCE;
        let mut passed = Vec::new();
        while let Ok(event) = self
            .events
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if event.name == name {
                return event;
            }
            passed.push(event.name);
        }
        panic!("no event {name}, only {passed:?}");
    }

    /// Every event until the stream ends, or until nothing more comes.
    pub fn rest(mut self) -> Vec<Event> {
        std::iter::from_fn(move || self.next_event()).collect()
    }
}
