//! The writer: groups of operations, each group one transaction.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use domain::{Error, Result, limits};

use super::connection::{Connection, begin, connection, end};
use super::job::Job;
use super::log::{Log, Ran, checkpoint, storage_failed};
use crate::Tx;
use crate::tx::Tallies;

/// The one that writes.
pub(super) struct Writer {
    /// What waits to be written.
    pub(super) queue: Receiver<Box<dyn Job>>,
    /// Where groups go that are committed.
    pub(super) syncer: Sender<Ran>,
    /// Says that the syncer has nothing left to do.
    pub(super) synced: Receiver<()>,
    pub(super) log: Arc<Log>,
}

impl Writer {
    /// Runs what is queued, group by group, and hands each to the syncer once
    /// it is committed.
    pub(super) fn run(&self, connection: rusqlite::Connection) {
        let mut tx = Tx::Sqlite(Connection::new(connection));
        while let Ok(first) = self.queue.recv() {
            let ran = self.run_group(&mut tx, first);
            // The syncer ends behind the writer.
            let _ = self.syncer.send(ran);
            if self.log.take_long()
                && let Ok(connection) = super::connection::connection(&mut tx)
            {
                // The checkpointer has copied all but the last few pages;
                // after these the next commit begins the log anew.
                let _ = checkpoint(&connection.inner);
            }
        }
    }

    /// Runs and commits one group.
    fn run_group(&self, tx: &mut Tx, first: Box<dyn Job>) -> Ran {
        let mut group = Group::default();
        let begun = self.log.lost().map_or(Ok(()), Err);
        if let Err(error) = begun.and_then(|()| begin(tx, "begin immediate")) {
            group.jobs.push(first);
            group.lost = Some(error);
            return group.commit(tx, &self.log);
        }
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if !group.run(tx, job) {
                group.run_apart(tx);
                break;
            }
            if group.lost.is_none() {
                next = self.next(group.jobs.len());
            }
        }
        group.commit(tx, &self.log)
    }

    /// The next job of a group that has so many. While the disk is busy with
    /// the last group, this one waits for more: its sync could not begin.
    fn next(&self, taken: usize) -> Option<Box<dyn Job>> {
        while taken < limits::GROUP_COMMIT_OPERATIONS && self.log.is_syncing() {
            crossbeam_channel::select! {
                recv(self.queue) -> job => return job.ok(),
                recv(self.synced) -> _ => {}
            }
        }
        let has_room = taken < group_size(taken + self.queue.len());
        has_room.then(|| self.queue.try_recv().ok()).flatten()
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

/// The operations of one commit.
#[derive(Default)]
struct Group {
    jobs: Vec<Box<dyn Job>>,
    tallies: Tallies,
    /// Whether something that an operation did is kept.
    keeps: bool,
    /// Why there is no transaction, or why the engine gave it up.
    lost: Option<Error>,
}

impl Group {
    /// Runs a job straight in the transaction. Most are kept, and most of the
    /// others are refused before they write, so that nothing need be undone.
    /// False when one was refused after it had written.
    fn run(&mut self, tx: &mut Tx, mut job: Box<dyn Job>) -> bool {
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
        self.keeps = false;
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

    fn run_in_savepoint(&mut self, tx: &mut Tx, job: &mut dyn Job) {
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
            self.lost = Some(storage_failed());
        }
        self.keeps |= keep;
        for (key, delta) in std::mem::take(&mut connection.tallies) {
            let delta = if keep { delta } else { 0 };
            let n = self.tallies.entry(key).or_insert(0);
            *n = n.saturating_add(delta);
        }
    }

    fn commit(self, tx: &mut Tx, log: &Log) -> Ran {
        let number = log.announce();
        let committed = match self.lost {
            Some(error) => Err(error),
            None => connection(tx).and_then(|c| commit(c, self.tallies)),
        };
        end(tx);
        Ran::Group {
            number,
            committed,
            wrote: self.keeps,
            jobs: self.jobs,
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
