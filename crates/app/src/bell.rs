//! What this process tells its engine of jobs at once: that something is
//! ready, that a run was ended; and what it hears from running agents.
//!
//! **Invariant:** nothing depends on the bell: what it does not tell, because
//! another node did it, is found by looking at the database now and then.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use dashmap::DashMap;
use domain::id::{EnvironmentId, JobId, RunId};
use tokio::sync::{Notify, broadcast};

use crate::ports::agents::Piece;

/// What the engine should look at.
#[derive(Clone, Debug, Default)]
pub struct Rung {
    /// Environments in which something may be ready.
    pub ready: BTreeSet<EnvironmentId>,
    /// Runs that were ended by somebody else.
    pub ended: BTreeSet<RunId>,
}

impl Rung {
    fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.ended.is_empty()
    }
}

#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<Rung>,
    notify: Notify,
}

impl Bell {
    /// Adds to what is to be looked at.
    pub(crate) fn ring(&self, rung: Rung) {
        if rung.is_empty() {
            return;
        }
        {
            let mut waiting = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.ready.extend(rung.ready);
            waiting.ended.extend(rung.ended);
        }
        self.notify.notify_one();
    }

    /// Waits for something and takes all of it.
    pub(crate) async fn heard(&self) -> Rung {
        loop {
            let heard = {
                let mut waiting = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *waiting)
            };
            if !heard.is_empty() {
                return heard;
            }
            self.notify.notified().await;
        }
    }
}

/// How many bits of an answer a slow listener may be behind.
const BEHIND: usize = 1_024;

/// What agents say in runs of jobs, for those who follow one on this node.
#[derive(Default)]
pub struct Voices {
    jobs: DashMap<JobId, broadcast::Sender<Piece>>,
}

impl Voices {
    /// Follows a job's runs on this node.
    pub fn follow(&self, job: JobId) -> broadcast::Receiver<Piece> {
        let sender = self.jobs.entry(job);
        sender
            .or_insert_with(|| broadcast::Sender::new(BEHIND))
            .subscribe()
    }

    /// Tells those who follow a job.
    pub fn tell(&self, job: JobId, piece: &Piece) {
        let gone = match self.jobs.get(&job) {
            Some(sender) => sender.send(piece.clone()).is_err(),
            None => false,
        };
        if gone {
            self.jobs
                .remove_if(&job, |_, sender| sender.receiver_count() == 0);
        }
    }

    /// Forgets a job that nobody follows any more.
    pub fn leave(&self, job: JobId) {
        self.jobs
            .remove_if(&job, |_, sender| sender.receiver_count() == 0);
    }
}
