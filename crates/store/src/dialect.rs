//! Everything in which the two engines differ, each with its reason. All
//! other SQL is one text for both.

use crate::tx::Lock;

/// A statement. Parameters are `$1..$n`, numbered in order of first
/// appearance, because the embedded engine numbers them so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sql {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

impl Sql {
    /// One text for both engines.
    pub const fn new(text: &'static str) -> Self {
        Self {
            sqlite: text,
            postgres: text,
        }
    }
}

/// Events after a cursor. PostgreSQL hands out numbers before it commits, so a
/// reader stops at the oldest running transaction or it would skip one that
/// commits late; SQLite commits in order.
pub(crate) const FOLLOW_EVENTS: Sql = Sql {
    sqlite: "select seq, kind, subject, body from events where seq > $1 order by seq limit $2",
    postgres: "select seq, kind, subject, body from events where seq > $1 and \
               writer < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by seq limit $2",
};

/// Row locks: SQLite has one writer at a time and needs none.
pub(crate) fn lock(lock: &Lock) -> &'static str {
    match lock {
        Lock::Account(_) => "select 1 from accounts where id = $1 for update",
        Lock::Project(_) => "select 1 from projects where id = $1 for update",
        Lock::Task(_) => "select 1 from tasks where id = $1 for update",
        Lock::Idea(_) => "select 1 from ideas where id = $1 for update",
        Lock::Message(_) => "select 1 from messages where id = $1 for update",
    }
}

/// Puts a migration into SQLite's words: strict tables so that types are
/// checked at all, and clustered ones where the key is the row.
pub(crate) fn sqlite_migration(text: &str) -> String {
    text.replace("strict, clustered", "strict, without rowid")
        .replace("sequence primary key", "integer primary key autoincrement")
        .replace("default current_writer", "default 0")
        .replace(" bigint", " integer")
        .replace(" bytes", " blob")
}

/// Puts a migration into PostgreSQL's words. `writer` is the transaction that
/// wrote an event, for [`FOLLOW_EVENTS`].
pub(crate) fn postgres_migration(text: &str) -> String {
    text.replace(") strict, clustered;", ");")
        .replace(") strict;", ");")
        .replace(
            "sequence primary key",
            "bigint generated always as identity primary key",
        )
        .replace(
            "default current_writer",
            "default (pg_current_xact_id()::text::bigint)",
        )
        .replace(" bytes", " bytea")
}
