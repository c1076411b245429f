//! The one writer: it runs operations in groups and commits each group at once.

use std::sync::atomic::Ordering;

use crossbeam_channel::Receiver;
use domain::{Error, Result, limits};

use super::checkpoint::{Log, checkpoint};
use super::connection::{Connection, begin, connection, end};
use super::job::WriteJob;
use crate::Tx;
use crate::tx::Tallies;

pub(super) fn run_writer(
    writer: rusqlite::Connection,
    queue: &Receiver<Box<dyn WriteJob>>,
    log: &Log,
) {
    let mut tx = Tx::Sqlite(Connection::new(writer));
    while let Ok(first) = queue.recv() {
        let group = run_group(&mut tx, first, queue);
        group.commit(&mut tx, log);
        if log.is_long.swap(false, Ordering::Relaxed)
            && let Ok(connection) = connection(&mut tx)
        {
            // The checkpointer has copied all but the last few pages; after
            // these the next commit begins the log anew.
            let _ = checkpoint(&connection.inner);
        }
    }
}

/// How many operations of so many that wait share a commit: a third of them,
/// so that some callers are answered while others' operations run. Were all to
/// share one, they would all wait for it together, and half of the machine
/// with them.
fn group_size(waiting: usize) -> usize {
    (waiting / 3).clamp(
        limits::GROUP_COMMIT_OPERATIONS_MIN,
        limits::GROUP_COMMIT_OPERATIONS,
    )
}

/// Runs one group.
fn run_group(tx: &mut Tx, first: Box<dyn WriteJob>, queue: &Receiver<Box<dyn WriteJob>>) -> Group {
    let mut group = Group::default();
    if let Err(error) = begin(tx, "begin immediate") {
        group.jobs.push(first);
        group.lost = Some(error);
        return group;
    }
    let mut next = Some(first);
    while let Some(job) = next.take() {
        if !group.run(tx, job) {
            group.run_apart(tx);
            break;
        }
        let taken = group.jobs.len();
        if group.lost.is_none() && taken < group_size(taken + queue.len()) {
            next = queue.try_recv().ok();
        }
    }
    group
}

/// The operations of one commit.
#[derive(Default)]
struct Group {
    jobs: Vec<Box<dyn WriteJob>>,
    tallies: Tallies,
    /// Why there is no transaction, or why the engine gave it up.
    lost: Option<Error>,
}

impl Group {
    /// Runs a job straight in the transaction. Most are kept, and most of the
    /// others are refused before they write, so that nothing need be undone.
    /// False when one was refused after it had written.
    fn run(&mut self, tx: &mut Tx, mut job: Box<dyn WriteJob>) -> bool {
        if let Ok(connection) = connection(tx) {
            connection.wrote.set(false);
        }
        let keep = job.run(Ok(tx));
        self.jobs.push(job);
        self.count(tx, keep);
        keep || self.lost.is_some() || connection(tx).is_ok_and(|c| !c.wrote.get())
    }

    /// Starts over, with each job in a savepoint, so that what a refused one
    /// had written is undone and the others are kept. Savepoints are not used
    /// from the start because the engine copies every page that changes behind
    /// one.
    fn run_apart(&mut self, tx: &mut Tx) {
        self.tallies.clear();
        end(tx);
        if let Err(error) = begin(tx, "begin immediate") {
            self.lost = Some(error);
            return;
        }
        for mut job in std::mem::take(&mut self.jobs) {
            if self.lost.is_none() {
                self.run_in_savepoint(tx, &mut *job);
            }
            self.jobs.push(job);
        }
    }

    fn run_in_savepoint(&mut self, tx: &mut Tx, job: &mut dyn WriteJob) {
        let begun = connection(tx).and_then(|c| c.control("savepoint operation"));
        let keep = job.run(begun.map(|()| &mut *tx));
        self.count(tx, keep);
        let Ok(connection) = connection(tx) else {
            return;
        };
        if !keep && self.lost.is_none() {
            let _ = connection.control("rollback to operation");
        }
        if self.lost.is_none() {
            let _ = connection.control("release operation");
        }
    }

    /// Takes over what a job counted, and notices when the engine has rolled
    /// everything back on its own, as it does on a full disk.
    fn count(&mut self, tx: &mut Tx, keep: bool) {
        let Ok(connection) = connection(tx) else {
            return;
        };
        if connection.inner.is_autocommit() {
            self.lost = Some(Error::unavailable(
                "storage_failed",
                "the database could not write: nothing was changed; the operator must look at its disk",
                60,
            ));
        }
        for (key, delta) in std::mem::take(&mut connection.tallies) {
            let delta = if keep { delta } else { 0 };
            let n = self.tallies.entry(key).or_insert(0);
            *n = n.saturating_add(delta);
        }
    }

    /// Commits, then answers.
    fn commit(self, tx: &mut Tx, log: &Log) {
        let committed = match self.lost {
            Some(error) => Err(error),
            None => connection(tx).and_then(|c| commit(c, self.tallies)),
        };
        end(tx);
        // Before anybody hears of it: see `Store::version`.
        log.commits.fetch_add(1, Ordering::SeqCst);
        for job in self.jobs {
            job.answer(committed.clone());
        }
    }
}

fn commit(connection: &mut Connection, tallies: Tallies) -> Result<()> {
    connection.flush(tallies)?;
    connection
        .control("commit")
        .map_err(|error| match error.code {
            // The engine kept nothing, and says so.
            "disk_full" | "database_busy" => error,
            _ => Error::outcome_unknown(),
        })
}
