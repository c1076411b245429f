//! Opening a database of the embedded engine: its settings, its schema, and
//! clear words when it is not ours.

use std::path::Path;
use std::time::Duration;

use domain::{Error, Kind, Result};
use rusqlite::OpenFlags;

use super::connection::failure;
use crate::{dialect, migrations};

/// Milliseconds a statement waits for another process's lock.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// What the writer keeps of the database, in KiB, negative as the engine wants
/// it. No more: a commit behind which a page was split looks through all of
/// it, which at 64 MiB was a quarter of the writer's time; what is not kept
/// here is in the system's memory.
const WRITER_CACHE: i64 = -16_384;
/// What a reader keeps of it, likewise.
const READER_CACHE: i64 = -32_768;

/// Opens a connection that may write; every commit on it is synced.
pub(super) fn open_writer(path: &Path) -> Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        rusqlite::Connection::open_with_flags(path, flags).map_err(|e| cannot_open(path, &e))?;
    let is_foreign = is_foreign(&connection).map_err(|e| cannot_open(path, &e))?;
    if is_foreign {
        return Err(foreign(path));
    }
    prepare_writer(&connection).map_err(|e| cannot_open(path, &e))?;
    Ok(connection)
}

/// Whether there is something in the database, and nothing of ours.
fn is_foreign(connection: &rusqlite::Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS.into()))?;
    let sql = "select count(*) > 0 and not total(name = 'schema_version') from sqlite_schema";
    connection.query_row(sql, (), |row| row.get(0))
}

fn prepare_writer(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS.into()))?;
        // No memory map: with one, every page is looked for in the write-ahead
        // log first, however often it was read before.
        connection.pragma_update(None, "cache_size", READER_CACHE)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        Ok(connection)
    };
    open().map_err(|e| cannot_open(path, &e))
}

fn cannot_open(path: &Path, cause: &rusqlite::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        "cannot_open_database",
        format!(
            "cannot open the database {}: {cause}; its folder must exist and be writable, and the file must be one of ours",
            path.display()
        ),
    )
}

fn foreign(path: &Path) -> Error {
    Error::new(
        Kind::Unavailable,
        "cannot_open_database",
        format!(
            "the database {} belongs to another program: give another --database",
            path.display()
        ),
    )
}

/// Brings the schema up to date.
pub(super) fn migrate(connection: &mut rusqlite::Connection) -> Result<()> {
    let tx = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(|e| failure(&e))?;
    tx.execute_batch(migrations::VERSION_TABLE)
        .map_err(|e| failure(&e))?;
    let version = tx
        .query_row(migrations::READ_VERSION, (), |row| row.get(0))
        .map_err(|e| failure(&e))?;
    for (number, name, text) in migrations::pending(version)? {
        tx.execute_batch(&dialect::sqlite_migration(text))
            .map_err(|e| failure(&e))?;
        tx.execute_batch(&migrations::record(number, name))
            .map_err(|e| failure(&e))?;
    }
    tx.commit().map_err(|e| failure(&e))
}

/// Brings the database file at `path` up to date without starting an engine.
pub(crate) fn migrate_file(path: &Path) -> Result<()> {
    migrate(&mut open_writer(path)?)
}
