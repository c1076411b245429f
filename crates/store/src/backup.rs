//! Copies of an embedded database, made and put back while a server runs.
//!
//! **Invariant:** a backup is one consistent snapshot, and a file of its name
//! exists only when it is complete. A restore replaces everything in one
//! transaction and marks the database as another incarnation, so that running
//! servers drop what they remember.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{Error, Kind, Result};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::engine::sqlite::migrate_file;
use crate::{Location, SCHEMA_VERSION, migrations};

/// Pages copied between two reports of progress.
const PAGES_PER_STEP: i32 = 4_096;
/// Milliseconds to wait for another process's lock.
const BUSY_TIMEOUT_MS: u64 = 30_000;

/// Copies the database to a new `file`. `progress` hears (pages left, pages
/// in all).
///
/// # Errors
/// `Conflict` when the file exists; `Invalid` for PostgreSQL, which has its
/// own tools; `Unavailable` when reading or writing fails.
pub fn backup(from: &Location, file: &Path, progress: impl FnMut(i32, i32)) -> Result<()> {
    let source = embedded(from)?;
    if !source.exists() {
        return Err(failed(
            "there is no database to back up at",
            source,
            "check --database",
        ));
    }
    if file.exists() {
        return Err(Error::conflict(
            "file_exists",
            format!("{} exists already: give a new file name", file.display()),
        ));
    }
    let partial = partial_name(file);
    let copied = copy(source, &partial, progress)
        .and_then(|()| one_file(&partial))
        .and_then(|()| settle(&partial, file).map_err(|e| failed("cannot write", file, e)));
    if copied.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    copied
}

/// Puts a backup in the place of the database, also under a running server.
/// `incarnation` is a fresh id.
///
/// # Errors
/// `Invalid` when the file is no backup or is newer than this binary;
/// `Unavailable` when reading or writing fails, and then nothing has changed.
pub fn restore(
    file: &Path,
    to: &Location,
    incarnation: Uuid,
    progress: impl FnMut(i32, i32),
) -> Result<()> {
    let target = embedded(to)?;
    check_backup(file)?;
    // The copy is staged beside the target, brought up to date and marked, so
    // that the replacement itself is one step.
    let staged = partial_name(target);
    let done = std::fs::copy(file, &staged)
        .map_err(|e| failed("cannot copy to", &staged, e))
        .and_then(|_| migrate_file(&staged))
        .and_then(|()| mark(&staged, incarnation))
        .and_then(|()| repage(&staged, target))
        .and_then(|()| copy(&staged, target, progress));
    for suffix in ["", "-wal", "-shm"] {
        let mut name = staged.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
    done
}

fn embedded(location: &Location) -> Result<&Path> {
    match location {
        Location::Sqlite(path) => Ok(path),
        Location::Postgres(_) => Err(Error::invalid(
            "not_embedded",
            "backup and restore are for embedded databases: use pg_dump and pg_restore for PostgreSQL",
        )),
    }
}

fn partial_name(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn failed(what: &str, path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::Unavailable,
        "backup_failed",
        format!("{what} {}: {cause}", path.display()),
    )
}

fn copy(from: &Path, to: &Path, mut progress: impl FnMut(i32, i32)) -> Result<()> {
    let fails = |e: rusqlite::Error| failed("cannot copy the database to", to, e);
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|e| failed("cannot read", from, e))?;
    let mut target = Connection::open(to).map_err(fails)?;
    for connection in [&source, &target] {
        connection
            .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
            .map_err(fails)?;
    }
    // One snapshot for the whole copy: without it every commit of a running
    // server would start the copy again.
    source
        .execute_batch("begin; select count(*) from sqlite_schema;")
        .map_err(fails)?;
    let backup = Backup::new(&source, &mut target).map_err(fails)?;
    loop {
        let step = backup.step(PAGES_PER_STEP).map_err(fails)?;
        let reached = backup.progress();
        progress(reached.remaining, reached.pagecount);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(failed("another program holds", to, "try again")),
        }
    }
}

fn settle(partial: &Path, file: &Path) -> std::io::Result<()> {
    File::open(partial)?.sync_all()?;
    std::fs::rename(partial, file)?;
    let folder = file
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn check_backup(file: &Path) -> Result<()> {
    let version = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|c| c.query_row(migrations::READ_VERSION, (), |row| row.get::<_, i64>(0)))
        .map_err(|e| {
            Error::invalid(
                "not_a_backup",
                format!("{} is not a guildhall backup: {e}", file.display()),
            )
        })?;
    if version > SCHEMA_VERSION {
        return Err(Error::invalid(
            "schema_too_new",
            format!(
                "the backup has schema version {version}, this binary knows up to {SCHEMA_VERSION}: use the newer guildhall"
            ),
        ));
    }
    Ok(())
}

/// Makes a copy that is opened without files beside it.
fn one_file(path: &Path) -> Result<()> {
    Connection::open(path)
        .and_then(|c| c.pragma_update(None, "journal_mode", "delete"))
        .map_err(|e| failed("cannot write", path, e))
}

/// Gives a copy the page size of the database it replaces, which cannot change
/// under a running server.
fn repage(copy: &Path, target: &Path) -> Result<()> {
    if !target.exists() {
        return Ok(());
    }
    let page_size = |c: &Connection| c.pragma_query_value(None, "page_size", |row| row.get(0));
    let wanted: i64 = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|target| page_size(&target))
        .map_err(|e| failed("cannot read", target, e))?;
    let rewrite = |copy: Connection| {
        if page_size(&copy)? != wanted {
            copy.pragma_update(None, "page_size", wanted)?;
            copy.execute_batch("vacuum")?;
        }
        Ok(())
    };
    Connection::open(copy)
        .and_then(rewrite)
        .map_err(|e| failed("cannot rewrite", copy, e))
}

fn mark(path: &Path, incarnation: Uuid) -> Result<()> {
    let sql = crate::tables::meta::SET.sqlite;
    Connection::open(path)
        .and_then(|c| {
            c.execute(
                sql,
                (crate::tables::meta::INCARNATION, incarnation.to_string()),
            )?;
            // Back to one file, so that the copy reads everything.
            c.pragma_update(None, "journal_mode", "delete")
        })
        .map_err(|e| failed("cannot mark", path, e))
}
