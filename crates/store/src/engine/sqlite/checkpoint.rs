//! The write-ahead log is copied into the database beside the writer, which
//! would otherwise stand still for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

/// How often the write-ahead log is copied into the database, beside the
/// writer, when something was committed.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);
/// Pages in the write-ahead log (128 MiB) after which the writer copies the
/// last few itself, so that the log begins anew and stays bounded.
const LOG_PAGES_MAX: i64 = 32_768;

/// What the writer and the checkpointer tell each other.
#[derive(Default)]
pub(super) struct Log {
    /// Groups committed so far.
    pub(super) commits: AtomicU64,
    /// Whether the log is so long that the writer should end it.
    pub(super) is_long: AtomicBool,
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
        let commits = log.commits.load(Ordering::Relaxed);
        if commits == seen {
            continue;
        }
        match checkpoint(connection) {
            Ok(pages) => {
                seen = commits;
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
