//! What a child prints, collected on a thread of its own.
//!
//! **Invariant:** the text grows by whole lines, except for a last line without an end.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How long an ended child's pipe may stay open, held by a grandchild.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// One output stream of a child.
#[derive(Clone, Debug, Default)]
pub(super) struct Transcript(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    text: String,
    ended: bool,
}

impl Transcript {
    /// Begins to collect.
    pub(super) fn of(stream: impl Read + Send + 'static) -> Transcript {
        let transcript = Transcript::default();
        let shared = Arc::clone(&transcript.0);
        std::thread::spawn(move || collect(stream, &shared));
        transcript
    }

    /// What was printed so far.
    pub(super) fn text(&self) -> String {
        self.0.lock().text.clone()
    }

    /// Waits until `find` finds something in the text; gives up when the stream or the time ends.
    pub(super) fn wait_for<T>(
        &self,
        patience: Duration,
        find: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let wanting = |state: &mut State| find(&state.text).is_none() && !state.ended;
        find(&self.0.wait_while(patience, wanting).text)
    }

    /// Waits a moment for the end of the stream; says whether it came.
    pub(super) fn wait_for_end(&self) -> bool {
        self.0.wait_while(END_PATIENCE, |state| !state.ended).ended
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the collector does not panic")
    }

    fn wait_while(
        &self,
        patience: Duration,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), patience, condition);
        waited.expect("the collector does not panic").0
    }
}

fn collect(stream: impl Read, shared: &Shared) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream
        .read_until(b'\n', &mut line)
        .is_ok_and(|count| count > 0)
    {
        shared.lock().text.push_str(&String::from_utf8_lossy(&line));
        shared.changed.notify_all();
        line.clear();
    }
    shared.lock().ended = true;
    shared.changed.notify_all();
}
