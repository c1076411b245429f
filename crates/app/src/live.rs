//! Chat turns that this node attends: how they are steered, ended and
//! followed from elsewhere in the process (Polpo 2.15).
//!
//! **Invariant:** a run is in here from before its first frame until after its
//! end was written down.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dashmap::DashMap;
use domain::event::Happening;
use domain::id::{EnvironmentId, RunId};
use store::tables::events::Followed;
use tokio::sync::watch;

use crate::App;
use crate::ports::agents::Steering;

/// Every turn that is attended here.
#[derive(Default)]
pub(crate) struct Live {
    runs: DashMap<RunId, Arc<Attended>>,
}

/// One of them.
pub(crate) struct Attended {
    pub(crate) environment: EnvironmentId,
    pub(crate) steering: Steering,
    cancelled: watch::Sender<bool>,
    kept: watch::Sender<i64>,
    sent: AtomicI64,
}

/// Keeps a turn in the list until dropped.
pub(crate) struct Place {
    app: App,
    run: RunId,
    attended: Arc<Attended>,
}

impl Place {
    /// Puts a turn into the list.
    pub(crate) fn enter(app: &App, run: RunId, environment: EnvironmentId) -> Self {
        let attended = Arc::new(Attended {
            environment,
            steering: Steering::default(),
            cancelled: watch::Sender::new(false),
            kept: watch::Sender::new(0),
            sent: AtomicI64::new(0),
        });
        app.live().runs.insert(run, Arc::clone(&attended));
        let app = app.clone();
        Self { app, run, attended }
    }
}

impl Deref for Place {
    type Target = Attended;

    fn deref(&self) -> &Attended {
        &self.attended
    }
}

impl Live {
    /// A turn of this environment.
    pub(crate) fn find(&self, environment: EnvironmentId, run: RunId) -> Option<Arc<Attended>> {
        let found = self.runs.get(&run)?;
        (found.environment == environment).then(|| Arc::clone(&found))
    }

    /// Ends what somebody wants ended at another node, as the log tells.
    pub(crate) fn heed(&self, followed: &[Followed]) {
        let cancelled = |event: &&Followed| event.what == Happening::RunCancelled;
        for event in followed.iter().filter(cancelled) {
            let attended = event
                .environment
                .and_then(|environment| self.find(environment, RunId(event.subject)));
            if let Some(attended) = attended {
                attended.cancel();
            }
        }
    }

    /// Ends every turn: the server stops.
    pub(crate) fn cancel_all(&self) {
        for run in &self.runs {
            run.cancel();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.live().runs.remove(&self.run);
    }
}

impl Attended {
    /// Ends it.
    pub(crate) fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Hears when it is to be ended.
    pub(crate) fn cancellation(&self) -> watch::Receiver<bool> {
        self.cancelled.subscribe()
    }

    /// Hears the number of the last frame that is stored.
    pub(crate) fn kept(&self) -> watch::Receiver<i64> {
        self.kept.subscribe()
    }

    pub(crate) fn note_kept(&self, number: i64) {
        self.kept.send_replace(number);
    }

    /// The number of the last frame that was made.
    pub(crate) fn sent(&self) -> i64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn note_sent(&self, number: i64) {
        self.sent.store(number, Ordering::Relaxed);
    }
}
