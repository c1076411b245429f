//! The write-ahead log: when what was committed is on the disk.
//!
//! `synchronous=full` syncs the log inside of every commit, while the writer
//! stands still. Here a commit leaves that out: when others wait to be
//! written, a thread of its own syncs and the next group runs meanwhile; when
//! nobody waits, the writer syncs itself, which is sooner. What a caller is
//! told is the same.
//!
//! **Invariant:** no answer leaves before everything it may rest on is synced:
//! that of an operation waits for its group and all before it, that of a query
//! for the last group announced when it had read.
//!
//! **Invariant:** one thread syncs at a time, because the system tells of what
//! it could not write to one of those who ask. After a sync has failed nobody
//! knows what the disk holds, so nothing is answered any more but refusals
//! until the server is started again and reads the log.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use domain::{Error, Result};

use super::job::Job;

/// Brings the log's file to the disk.
pub(super) type Sync = Box<dyn Fn() -> io::Result<()> + Send + std::marker::Sync>;

/// How far the threads of the engine have come.
pub(super) struct Log {
    sync: Sync,
    /// Groups whose commit has at least begun.
    announced: AtomicU64,
    /// Groups that are on the disk.
    synced: AtomicU64,
    /// Whether a sync has failed.
    is_lost: AtomicBool,
    /// Whether the log is so long that the writer should end it.
    is_long: AtomicBool,
    /// Queries that ran, and the last group each may have seen.
    queries: Mutex<Vec<(u64, Box<dyn Job>)>>,
}

impl Log {
    pub(super) fn new(sync: Sync) -> Self {
        Self {
            sync,
            announced: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            is_lost: AtomicBool::new(false),
            is_long: AtomicBool::new(false),
            queries: Mutex::new(Vec::new()),
        }
    }

    /// Numbers a group. To be called before its commit, so that whoever sees
    /// the group also sees its number.
    pub(super) fn announce(&self) -> u64 {
        self.announced.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Groups announced so far.
    pub(super) fn announced(&self) -> u64 {
        self.announced.load(Ordering::SeqCst)
    }

    /// Whether every group up to this one is on the disk.
    pub(super) fn has_synced(&self, number: u64) -> bool {
        self.synced.load(Ordering::SeqCst) >= number
    }

    /// Why nothing can be written any more, when that is so.
    pub(super) fn lost(&self) -> Option<Error> {
        self.is_lost.load(Ordering::SeqCst).then(storage_failed)
    }

    pub(super) fn set_long(&self, is_long: bool) {
        self.is_long.store(is_long, Ordering::Relaxed);
    }

    /// Whether the writer should end the log; says so once.
    pub(super) fn take_long(&self) -> bool {
        self.is_long.swap(false, Ordering::Relaxed)
    }

    /// Syncs the log, if anything was written to it up to this group, the last
    /// that is committed.
    pub(super) fn bring_to_disk(&self, number: u64, wrote: bool) {
        if self.lost().is_some() {
            return;
        }
        match if wrote { (self.sync)() } else { Ok(()) } {
            Ok(()) => self.synced.store(number, Ordering::SeqCst),
            Err(cause) => {
                tracing::error!(%cause, "the log could not be brought to the disk: nothing is answered any more; look at the disk, then start the server again");
                self.is_lost.store(true, Ordering::SeqCst);
            }
        }
    }

    /// How it went with a group, once that is known.
    pub(super) fn outcome(&self, number: u64) -> Option<Result<()>> {
        if self.has_synced(number) {
            return Some(Ok(()));
        }
        self.lost().map(|_| Err(Error::outcome_unknown()))
    }

    /// Answers the queries that wait for nothing any more.
    pub(super) fn answer_queries(&self) {
        for (kept, query) in self.settled() {
            query.answer(kept);
        }
    }

    /// Answers a query that ran, at once or when what it may have seen is on
    /// the disk.
    pub(super) fn answer_query(&self, query: Box<dyn Job>) {
        let seen = self.announced();
        if !self.has_synced(seen) {
            let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever syncs looks here behind it.
            if !self.has_synced(seen) && self.lost().is_none() {
                queries.push((seen, query));
                return;
            }
        }
        let lost = self.lost().filter(|_| !self.has_synced(seen));
        query.answer(lost.map_or(Ok(()), Err));
    }

    /// Takes the queries that wait for nothing any more.
    fn settled(&self) -> Vec<(Result<()>, Box<dyn Job>)> {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        if queries.is_empty() {
            return Vec::new();
        }
        let lost = self.lost();
        let settled = queries.extract_if(.., |(seen, _)| lost.is_some() || self.has_synced(*seen));
        settled
            .map(|(seen, query)| {
                let lost = lost.clone().filter(|_| !self.has_synced(seen));
                (lost.map_or(Ok(()), Err), query)
            })
            .collect()
    }
}

/// A group whose sync is asked for.
pub(super) struct Wish {
    pub(super) number: u64,
    /// Whether it changed anything.
    pub(super) wrote: bool,
}

/// Syncs when the writer wishes it, and says so.
pub(super) fn run_syncer(log: &Log, wishes: &Receiver<Wish>, synced: &Sender<()>) {
    while let Ok(first) = wishes.recv() {
        let all = wishes.try_iter().fold(first, |all, next| Wish {
            number: next.number,
            wrote: all.wrote || next.wrote,
        });
        { let _t = super::connection::Time::new("syncer"); log.bring_to_disk(all.number, all.wrote); }
        // One word is enough, however many syncs it stands for.
        let _ = synced.try_send(());
        log.answer_queries();
    }
}

/// The answer when the disk does not take what is written.
pub(super) fn storage_failed() -> Error {
    Error::unavailable(
        "storage_failed",
        "the database could not write: nothing was changed; the operator must look at its disk",
        60,
    )
}
