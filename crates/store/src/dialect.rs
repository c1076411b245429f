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

/// Events after a cursor. PostgreSQL hands out the numbers of events and of
/// transactions before it commits, and not in one order: behind an event that
/// is seen, one with a smaller `seq` may still be committed. So events are
/// followed by transaction there, up to the oldest one that runs; behind it
/// nothing can appear any more. SQLite commits in order, and its `writer` is
/// always 0.
pub(crate) const FOLLOW_EVENTS: Sql = Sql {
    sqlite: "select writer, seq, kind, subject, body, actor, project, created_at from events where writer >= $1 and seq > $2 \
             order by seq limit $3",
    postgres: "select writer, seq, kind, subject, body, actor, project, created_at from events where (writer, seq) > ($1, $2) \
               and writer < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by writer, seq limit $3",
};

/// Where a follower begins that wants no more than what comes.
pub(crate) const END_OF_EVENTS: Sql = Sql {
    sqlite: "select 0, coalesce(max(seq), 0) from events",
    postgres: "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, cast(0 as bigint)",
};

/// Webhooks whose turn has come. Several nodes ask at once on PostgreSQL: each
/// takes what no other is taking. SQLite has one writer at a time.
pub(crate) const DUE_WEBHOOKS: Sql = Sql {
    sqlite: "select id from webhooks where next_at <= $1 order by next_at limit $2",
    postgres: "select id from webhooks where next_at <= $1 order by next_at limit $2 for update skip locked",
};

/// Row locks: SQLite has one writer at a time and needs none.
pub(crate) fn lock(lock: &Lock) -> &'static str {
    match lock {
        Lock::Account(_) => "select 1 from accounts where id = $1 for update",
        Lock::Project(_) => "select 1 from projects where id = $1 for update",
        Lock::Task(_) => "select 1 from tasks where id = $1 for update",
        Lock::Idea(_) => "select 1 from ideas where id = $1 for update",
        Lock::Message(_) => "select 1 from messages where id = $1 for update",
        Lock::Webhook(_) => "select 1 from webhooks where id = $1 for update",
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
    text.replace("--postgres: ", "")
        .replace(") strict, clustered;", ");")
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
