//! Queries: each on a snapshot, a few on one.

use crossbeam_channel::Receiver;

use super::connection::{Connection, begin, end};
use super::job::ReadJob;
use crate::Tx;

/// Queries that share a snapshot: taking one costs two locks of the system,
/// and queries of one group wait for each other.
const READS_PER_SNAPSHOT: usize = 4;

/// Answers what is queued, a few queries on one snapshot. A query only joins a
/// snapshot that is taken after it was queued, so it sees every write that was
/// acknowledged before it was asked.
pub(super) fn run_reader(reader: rusqlite::Connection, queue: &Receiver<ReadJob>) {
    let mut tx = Tx::Sqlite(Connection::new(reader));
    while let Ok(first) = queue.recv() {
        let mut jobs = vec![first];
        jobs.extend(queue.try_iter().take(READS_PER_SNAPSHOT - 1));
        let begun = begin(&mut tx, "begin");
        for job in jobs {
            job(begun.clone().map(|()| &mut tx));
        }
        end(&mut tx);
    }
}
