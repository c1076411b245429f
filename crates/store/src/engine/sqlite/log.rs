//! The write-ahead log: when what was committed is on the disk, and when it is
//! copied into the database.
//!
//! `synchronous=full` syncs the log inside of every commit, while the writer
//! stands still. Here the writer leaves that to a thread of its own: the next
//! group runs while the disk writes the last one, and groups that come faster
//! than the disk share a sync. What a caller is told is the same.
//!
//! **Invariant:** no answer leaves before everything it may rest on is synced:
//! that of an operation waits for its group and all before it, that of a query
//! for the last group announced when it had read.
//!
//! **Invariant:** after a sync has failed nobody knows what the disk holds (the
//! system may have dropped what it could not write), so nothing is answered
//! any more but refusals until the server is started again and reads the log.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use domain::{Error, Result};

use super::job::Job;
use crate::engine::stopped;

/// How often the log is copied into the database, beside the writer, when
/// something was committed.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);
/// Pages in the log (128 MiB) after which the writer copies the last few
/// itself, so that the log begins anew and stays bounded.
const LOG_PAGES_MAX: i64 = 32_768;

/// How far the threads of the engine have come.
#[derive(Default)]
pub(super) struct Log {
    /// Groups whose commit has at least begun.
    announced: AtomicU64,
    /// Groups that are on the disk.
    synced: AtomicU64,
    /// Whether a sync has failed.
    is_lost: AtomicBool,
    /// Whether the log is so long that the writer should end it.
    is_long: AtomicBool,
}

impl Log {
    /// Numbers a group. To be called before its commit, so that whoever sees
    /// the group also sees its number.
    pub(super) fn announce(&self) -> u64 {
        self.announced.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The last group that what was read until now may rest on, when it is not
    /// on the disk yet.
    pub(super) fn unsynced(&self) -> Option<u64> {
        let last = self.announced.load(Ordering::SeqCst);
        (self.synced.load(Ordering::SeqCst) < last).then_some(last)
    }

    /// Whether the disk is busy with a group.
    pub(super) fn is_syncing(&self) -> bool {
        self.unsynced().is_some() && self.lost().is_none()
    }

    /// Why nothing can be written any more, when that is so.
    pub(super) fn lost(&self) -> Option<Error> {
        self.is_lost.load(Ordering::SeqCst).then(storage_failed)
    }

    /// Whether the writer should end the log; says so once.
    pub(super) fn take_long(&self) -> bool {
        self.is_long.swap(false, Ordering::Relaxed)
    }
}

/// Jobs that ran, and what their answers wait for.
pub(super) enum Ran {
    /// Operations of one group.
    Group {
        /// Its number.
        number: u64,
        /// How its commit ended.
        committed: Result<()>,
        /// Whether it changed anything.
        wrote: bool,
        jobs: Vec<Box<dyn Job>>,
    },
    /// Queries that may have seen groups up to this one.
    Queries { seen: u64, jobs: Vec<Box<dyn Job>> },
}

/// Syncs the log, tells the writer and lets the answers go that waited for it.
pub(super) fn run_syncer(
    sync: impl Fn() -> io::Result<()>,
    queue: &Receiver<Ran>,
    synced: &Sender<()>,
    log: &Log,
) {
    let mut waiting = Vec::new();
    while let Ok(first) = queue.recv() {
        waiting.push(first);
        waiting.extend(queue.try_iter());
        bring_to_disk(&sync, &waiting, log);
        // One word is enough, however many syncs it stands for.
        let _ = synced.try_send(());
        waiting = answer_synced(waiting, log);
    }
    for ran in waiting {
        answer(ran, &Err(stopped()));
    }
}

/// Syncs once for all groups that wait.
fn bring_to_disk(sync: impl Fn() -> io::Result<()>, waiting: &[Ran], log: &Log) {
    let groups = waiting.iter().filter_map(|ran| match ran {
        Ran::Group { number, wrote, .. } => Some((*number, *wrote)),
        Ran::Queries { .. } => None,
    });
    let all = groups.reduce(|(_, wrote), (number, also)| (number, wrote || also));
    let Some((last, wrote)) = all else { return };
    if log.lost().is_some() {
        return;
    }
    match if wrote { sync() } else { Ok(()) } {
        Ok(()) => log.synced.store(last, Ordering::SeqCst),
        Err(cause) => {
            tracing::error!(%cause, "the log could not be brought to the disk: nothing is answered any more; look at the disk, then start the server again");
            log.is_lost.store(true, Ordering::SeqCst);
        }
    }
}

/// Answers what rests on the disk, or everything when there is none any more.
/// What is left are queries that saw a group which is still being committed.
fn answer_synced(waiting: Vec<Ran>, log: &Log) -> Vec<Ran> {
    let synced = log.synced.load(Ordering::SeqCst);
    let lost = log.lost();
    let mut left = Vec::new();
    for ran in waiting {
        match (&ran, &lost) {
            (Ran::Group { number, .. } | Ran::Queries { seen: number, .. }, _)
                if *number <= synced =>
            {
                answer(ran, &Ok(()));
            }
            (Ran::Group { .. }, _) => answer(ran, &Err(Error::outcome_unknown())),
            (Ran::Queries { .. }, Some(error)) => answer(ran, &Err(error.clone())),
            (Ran::Queries { .. }, None) => left.push(ran),
        }
    }
    left
}

fn answer(ran: Ran, synced: &Result<()>) {
    let (committed, jobs) = match ran {
        Ran::Group {
            committed, jobs, ..
        } => (committed, jobs),
        Ran::Queries { jobs, .. } => (Ok(()), jobs),
    };
    let kept = committed.and_then(|()| synced.clone());
    for job in jobs {
        job.answer(kept.clone());
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

/// Copies the log into the database beside the writer, which would otherwise
/// stand still for it.
pub(super) fn run_checkpointer(
    connection: &rusqlite::Connection,
    closed: &Receiver<()>,
    log: &Log,
) {
    let mut seen = 0;
    while closed.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        let committed = log.announced.load(Ordering::SeqCst);
        if committed == seen {
            continue;
        }
        match checkpoint(connection) {
            Ok(pages) => {
                seen = committed;
                log.is_long.store(pages > LOG_PAGES_MAX, Ordering::Relaxed);
            }
            Err(cause) => {
                tracing::warn!(%cause, "the log could not be copied into the database; it is tried again")
            }
        }
    }
}

/// Copies what can be copied without waiting for anybody. Answers the pages
/// in the log.
pub(super) fn checkpoint(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    connection.query_row("pragma wal_checkpoint(passive)", (), |row| row.get(1))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;

    use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
    use domain::Result;

    use super::{Job, Log, Ran, run_syncer};
    use crate::Tx;

    /// Passes on what it is told.
    struct Listener(Sender<Option<&'static str>>);

    impl Job for Listener {
        fn run(&mut self, _: Result<&mut Tx>) -> bool {
            true
        }

        fn answer(self: Box<Self>, kept: Result<()>) {
            self.0
                .send(kept.err().map(|e| e.code))
                .expect("listened to");
        }
    }

    type Told = Receiver<Option<&'static str>>;

    fn listener() -> (Vec<Box<dyn Job>>, Told) {
        let (tell, told) = unbounded();
        (vec![Box::new(Listener(tell))], told)
    }

    fn group(log: &Log, wrote: bool) -> (Ran, Told) {
        let (jobs, told) = listener();
        let ran = Ran::Group {
            number: log.announce(),
            committed: Ok(()),
            wrote,
            jobs,
        };
        (ran, told)
    }

    fn query(seen: u64) -> (Ran, Told) {
        let (jobs, told) = listener();
        (Ran::Queries { seen, jobs }, told)
    }

    /// Runs a syncer over these until they are answered.
    fn settle(log: &Log, all: Vec<Ran>, sync: impl Fn() -> io::Result<()>) {
        let (send, queue) = unbounded();
        for ran in all {
            send.send(ran).expect("the queue is open");
        }
        drop(send);
        let (tell, _synced) = bounded(1);
        run_syncer(sync, &queue, &tell, log);
    }

    #[test]
    fn nothing_is_answered_before_it_is_on_the_disk() {
        let log = Log::default();
        let (first, first_told) = group(&log, true);
        let (second, second_told) = group(&log, false);
        assert_eq!(log.unsynced(), Some(2));
        let (query, query_told) = query(1);
        let syncs = Cell::new(0);
        settle(&log, vec![query, first, second], || {
            assert!(first_told.is_empty() && query_told.is_empty());
            syncs.set(syncs.get() + 1);
            Ok(())
        });
        let told = [&query_told, &first_told, &second_told].map(|told| told.try_recv());
        assert_eq!(told, [Ok(None); 3]);
        assert_eq!(
            (syncs.get(), log.unsynced()),
            (1, None),
            "they share a sync"
        );
    }

    #[test]
    fn what_changed_nothing_needs_no_sync() {
        let log = Log::default();
        let (group, told) = group(&log, false);
        settle(&log, vec![group], || panic!("not needed"));
        assert_eq!(told.try_recv(), Ok(None));
    }

    #[test]
    fn a_query_waits_for_the_group_it_may_have_seen() {
        let log = Log::default();
        let (_committing, _) = group(&log, true);
        let (query, told) = query(1);
        settle(&log, vec![query], || panic!("there is nothing to sync"));
        assert_eq!(
            told.try_recv(),
            Ok(Some("database_closed")),
            "not before the end"
        );
    }

    #[test]
    fn after_a_failed_sync_everything_is_refused() {
        let log = Log::default();
        let (first, first_told) = group(&log, true);
        settle(&log, vec![first], || {
            Err(io::Error::other("the disk is gone"))
        });
        assert_eq!(first_told.try_recv(), Ok(Some("outcome_unknown")));
        assert_eq!(log.lost().map(|e| e.code), Some("storage_failed"));
        assert!(!log.is_syncing(), "nobody waits for this disk");
        let (second, second_told) = group(&log, true);
        let (query, query_told) = query(2);
        settle(&log, vec![second, query], || {
            panic!("it is not tried again")
        });
        assert_eq!(second_told.try_recv(), Ok(Some("outcome_unknown")));
        assert_eq!(query_told.try_recv(), Ok(Some("storage_failed")));
    }
}
