//! A connection of the embedded engine, as transactions use it: statements are
//! prepared once and kept, and what is counted is gathered until the commit.

use std::cell::Cell;

use domain::{Error, Result};
use rusqlite::ErrorCode;
use rusqlite::config::DbConfig;

use crate::Tx;
use crate::tx::Tallies;
use crate::value::{Row, Val};

/// Prepared statements kept per connection: all of ours.
const STATEMENTS: usize = 512;

/// A connection and what its transaction has gathered.
pub struct Connection {
    pub(super) inner: rusqlite::Connection,
    pub(crate) tallies: Tallies,
    /// Whether a row was changed since this was last looked at.
    pub(super) wrote: Cell<bool>,
}

impl Connection {
    pub(super) fn new(inner: rusqlite::Connection) -> Self {
        // One plan per statement, made once: without this the engine plans
        // again whenever a limit or a range is bound to another value.
        let _ = inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        Self {
            inner,
            tallies: Tallies::new(),
            wrote: Cell::new(false),
        }
    }

    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: &[Val],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| failure(&e))?;
        self.note(&statement);
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|e| failure(&e))? {
            found.push(map(&Row::Sqlite(row))?);
        }
        Ok(found)
    }

    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: &[Val],
        map: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| failure(&e))?;
        self.note(&statement);
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        match rows.next().map_err(|e| failure(&e))? {
            Some(row) => map(&Row::Sqlite(row)).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn write(
        &self,
        sql: &str,
        params: &[Val],
        refusal: Option<fn() -> Error>,
    ) -> Result<()> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| failure(&e))?;
        bind(&mut statement, params)?;
        let hit = statement.raw_execute().map_err(|e| failure(&e))?;
        self.wrote.set(self.wrote.get() || hit > 0);
        match refusal {
            Some(refusal) if hit == 0 => Err(refusal()),
            _ => Ok(()),
        }
    }

    /// A statement that answers rows may write as well, by `returning`.
    fn note(&self, statement: &rusqlite::Statement<'_>) {
        self.wrote.set(self.wrote.get() || !statement.readonly());
    }

    /// Begins and ends transactions.
    pub(super) fn control(&self, sql: &str) -> Result<()> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.raw_execute().map_err(|e| failure(&e))?;
        Ok(())
    }

    /// Writes what was counted.
    pub(super) fn flush(&mut self, tallies: Tallies) -> Result<()> {
        for ((scope, name), delta) in tallies.into_iter().filter(|(_, delta)| *delta != 0) {
            let params = [
                Val::Uuid(scope),
                Val::from(name),
                Val::Int(0),
                Val::Int(delta),
            ];
            self.write(crate::tables::tallies::ADD.sqlite, &params, None)?;
        }
        Ok(())
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Val]) -> Result<()> {
    for (index, value) in (1..).zip(params) {
        statement
            .raw_bind_parameter(index, value)
            .map_err(|e| failure(&e))?;
    }
    Ok(())
}

/// Logs the cause, once, and tells the caller whether trying again can help.
pub(super) fn failure(error: &rusqlite::Error) -> Error {
    tracing::error!(cause = %error, "the embedded database refused a statement");
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::unavailable(
            "disk_full",
            "the server's disk is full: nothing was changed; the operator must free space",
            60,
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
            Error::unavailable(
                "database_not_writable",
                "the server cannot write its database: nothing was changed; the operator must look at its disk and permissions",
                60,
            )
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::unavailable(
            "database_busy",
            "another program holds the database: nothing was changed; try again in a moment",
            1,
        ),
        _ => Error::internal(),
    }
}

/// The connection of the embedded engine that a transaction is on.
pub(super) fn connection(tx: &mut Tx) -> Result<&mut Connection> {
    match tx {
        Tx::Sqlite(connection) => Ok(connection),
        Tx::Postgres(_) => Err(Error::internal()),
    }
}

/// Begins a transaction.
pub(super) fn begin(tx: &mut Tx, how: &str) -> Result<()> {
    let connection = connection(tx)?;
    connection.tallies.clear();
    connection.control(how)
}

/// Ends what was not committed.
pub(super) fn end(tx: &mut Tx) {
    if let Ok(connection) = connection(tx)
        && !connection.inner.is_autocommit()
    {
        let _ = connection.control("rollback");
    }
}
