//! What this node runs at the moment: how each run is stopped, and what is to
//! be written down of it at the next beat.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::ops::jobs::{Holding, Sign, Taken};
use domain::Time;
use domain::id::{JobId, RunId};
use domain::time::Span;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

/// How old a lease becomes before it is prolonged.
const RENEW_AFTER: Span = Span::seconds(5);

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Somebody has ended it.
    Ended,
    /// The server stops.
    GivenBack,
}

/// What is known of a run while it runs.
pub(super) struct Notes {
    holding: Holding,
    about: (JobId, String),
    /// What it has done so far.
    pub(super) activity: Map<String, Value>,
    /// Entries that are not written down yet.
    pub(super) entries: Vec<Value>,
    /// What is told of it at the next beat.
    pub(super) told: Option<Map<String, Value>>,
    /// For how long it was silent when that was worth a warning.
    pub(super) idle: Option<i64>,
    renewed_at: Time,
    is_dirty: bool,
    stop: watch::Sender<Option<Stop>>,
}

impl Notes {
    /// Notes that something happened.
    pub(super) fn touch(&mut self, now: Time) {
        self.activity
            .insert("lastUpdate".into(), json!(app::iso(now)));
        self.is_dirty = true;
    }

    /// Has it written down at the next beat.
    pub(super) fn warn(&mut self, idle: i64) {
        self.idle = Some(idle);
        self.is_dirty = true;
    }
}

/// Every run of this node.
#[derive(Default)]
pub(super) struct Board {
    runs: Mutex<HashMap<RunId, Arc<Mutex<Notes>>>>,
}

/// How a run hears that it is to stop.
pub(super) type Stopped = watch::Receiver<Option<Stop>>;

impl Board {
    /// Notes a run that begins.
    pub(super) fn enter(&self, taken: &Taken) -> Stopped {
        let (stop, stopped) = watch::channel(None);
        let notes = Notes {
            holding: taken.holding,
            about: (taken.sheet.id(), taken.sheet.job.agent.clone()),
            activity: Map::new(),
            entries: Vec::new(),
            told: None,
            idle: None,
            renewed_at: taken.sheet.job.updated_at,
            is_dirty: false,
            stop,
        };
        self.runs()
            .insert(taken.holding.run, Arc::new(Mutex::new(notes)));
        stopped
    }

    /// Does something with the notes of a run, if it is still here.
    pub(super) fn with<T>(&self, run: RunId, work: impl FnOnce(&mut Notes) -> T) -> Option<T> {
        let notes = self.runs().get(&run).cloned()?;
        let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
        Some(work(&mut notes))
    }

    /// Forgets a run.
    pub(super) fn leave(&self, run: RunId) {
        self.runs().remove(&run);
    }

    /// Asks a run to stop.
    pub(super) fn stop(&self, run: RunId, why: Stop) {
        self.with(run, |notes| notes.stop.send_replace(Some(why)));
    }

    /// Asks every run to stop.
    pub(super) fn stop_all(&self, why: Stop) {
        let all: Vec<_> = self.runs().keys().copied().collect();
        all.into_iter().for_each(|run| self.stop(run, why));
    }

    /// What is to be written down now.
    pub(super) fn signs(&self, now: Time) -> Vec<Sign> {
        let all: Vec<_> = self.runs().values().cloned().collect();
        let signs = all.iter().filter_map(|notes| {
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = notes.is_dirty || now >= notes.renewed_at.plus(RENEW_AFTER);
            is_due.then(|| {
                notes.is_dirty = false;
                notes.renewed_at = now;
                Sign {
                    holding: notes.holding,
                    about: notes.about.clone(),
                    activity: notes.activity.clone(),
                    entries: std::mem::take(&mut notes.entries),
                    told: notes.told.take(),
                    idle: notes.idle.take(),
                }
            })
        });
        signs.collect()
    }

    /// What could not be written down is written at the next beat.
    pub(super) fn take_back(&self, signs: Vec<Sign>) {
        for mut sign in signs {
            self.with(sign.holding.run, |notes| {
                sign.entries.append(&mut notes.entries);
                notes.entries = std::mem::take(&mut sign.entries);
                notes.is_dirty = true;
            });
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Mutex<Notes>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
