//! Everything in which the two engines differ, each with its reason. All
//! other SQL is one text for both.

use std::collections::BTreeSet;

use domain::id::ProjectId;

use crate::Tx;
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

/// The columns that a follower of the log reads.
macro_rules! followed {
    () => {
        "select writer, seq, kind, subject, body, actor, project, created_at, environment from events "
    };
}
pub(crate) use followed;

/// Events after a cursor. PostgreSQL hands out the numbers of events and of
/// transactions before it commits, and not in one order: behind an event that
/// is seen, one with a smaller `seq` may still be committed. So events are
/// followed by transaction there, up to the oldest one that runs; behind it
/// nothing can appear any more. SQLite commits in order, and its `writer` is
/// always 0.
pub(crate) const FOLLOW_EVENTS: Sql = Sql {
    sqlite: concat!(
        followed!(),
        "where writer >= $1 and seq > $2 \
             order by seq limit $3"
    ),
    postgres: concat!(
        followed!(),
        "where (writer, seq) > ($1, $2) \
               and writer < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by writer, seq limit $3"
    ),
};

/// As [`FOLLOW_EVENTS`], only what happened in environments of hosted agents
/// or is of one of three kinds: where little of that happens, no row of the
/// rest is read out of the database.
pub(crate) const FOLLOW_CHANGES: Sql = Sql {
    sqlite: concat!(
        followed!(),
        "where writer >= $1 and seq > $2 \
             and (environment is not null or kind in ($3, $4, $5)) order by seq limit $6"
    ),
    postgres: concat!(
        followed!(),
        "where (writer, seq) > ($1, $2) \
               and (environment is not null or kind in ($3, $4, $5)) \
               and writer < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by writer, seq limit $6"
    ),
};

/// As [`FOLLOW_EVENTS`], in one environment.
pub(crate) const FOLLOW_ENVIRONMENT: Sql = Sql {
    sqlite: concat!(
        followed!(),
        "\
             where environment = $1 and writer >= $2 and seq > $3 order by seq limit $4"
    ),
    postgres: concat!(
        followed!(),
        "\
               where environment = $1 and (writer, seq) > ($2, $3) \
               and writer < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by writer, seq limit $4"
    ),
};

/// Where a follower begins that wants no more than what comes.
pub(crate) const END_OF_EVENTS: Sql = Sql {
    sqlite: "select 0, coalesce(max(seq), 0) from events",
    postgres: "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, cast(0 as bigint)",
};

/// The first code of an item: locked, it lets one buyer come after the other.
/// On SQLite writers are serial anyway.
pub(crate) const LOCK_CODES: Sql = Sql {
    sqlite: "select code from redemption_codes where item = $1 order by code limit 1",
    postgres: "select code from redemption_codes where item = $1 order by code limit 1 for update",
};

/// Where a project's entries of knowledge `k` have the words of a
/// [`match_text`], and their order, the last written first. SQLite has the
/// words in a table of their own, which it reads in the order of the rows'
/// numbers; PostgreSQL has them beside the entry. The words know the project:
/// to ask for it as well only guards, and is spelled so that PostgreSQL does not
/// read the whole project for it.
macro_rules! knowledge_matching {
    (sqlite) => {
        "from knowledge_words cross join knowledge k where knowledge_words match $1 \
         and k.place = knowledge_words.rowid and k.project = $2"
    };
    (postgres) => {
        "from knowledge k where k.words @@ cast($1 as text)::tsquery and (k.project = $2) is true"
    };
    (sqlite, in_order) => {
        " order by knowledge_words.rowid desc limit $3 offset $4"
    };
    (postgres, in_order) => {
        " order by k.place desc limit $3 offset $4"
    };
}
pub(crate) use knowledge_matching;

/// Makes an entry of knowledge found by words, which are separated by spaces:
/// see [`knowledge_matching`].
pub(crate) const INDEX_KNOWLEDGE: Sql = Sql {
    sqlite: "insert into knowledge_words (words, rowid) select $1, place from knowledge where id = $2",
    postgres: "update knowledge set words = array_to_tsvector(string_to_array($1, ' ')) where id = $2",
};

/// Takes the words of an entry of knowledge away.
pub(crate) const FORGET_KNOWLEDGE: Sql = Sql {
    sqlite: "delete from knowledge_words where rowid = (select place from knowledge where id = $1)",
    postgres: "update knowledge set words = null where id = $1",
};

/// Counts entries of knowledge without words, and words without an entry.
pub(crate) const KNOWLEDGE_WITHOUT_WORDS: Sql = Sql {
    sqlite: "select count(*) from (select r.place from (select place, 1 as n from knowledge \
             union all select id, -1 from knowledge_words_docsize) r group by r.place having sum(r.n) <> 0) differing",
    postgres: "select count(*) from knowledge where words is null",
};

/// The words of an entry of a project, for [`INDEX_KNOWLEDGE`].
pub(crate) fn index_text(tx: &Tx, project: ProjectId, words: &BTreeSet<String>) -> String {
    indexed(tx, project, words).join(" ")
}

/// A condition in the engine's own language for searches: every word of `all`,
/// but not every word of `none`. Words hold neither quotes nor spaces: see
/// `domain::search`.
pub(crate) fn match_text(
    tx: &Tx,
    project: ProjectId,
    all: &BTreeSet<String>,
    none: &BTreeSet<String>,
) -> String {
    let (quote, and, not) = match tx {
        Tx::Sqlite(_) => ('"', " AND ", " NOT "),
        Tx::Postgres(_) => ('\'', " & ", " & !"),
    };
    let every = |words: &BTreeSet<String>| {
        let words = indexed(tx, project, words).into_iter();
        let quoted: Vec<_> = words.map(|word| format!("{quote}{word}{quote}")).collect();
        format!("({})", quoted.join(and))
    };
    if none.is_empty() {
        return every(all);
    }
    every(all) + not + &every(none)
}

/// Words as they stand in the index, which holds many projects. SQLite steps
/// through all rows of every word of a condition, so a word that names the
/// project would make the rarest search as slow as the largest project: there
/// each word has it in front. PostgreSQL begins with the rarest word and would
/// keep the longer ones with every entry: there the project is one more word.
fn indexed(tx: &Tx, project: ProjectId, words: &BTreeSet<String>) -> Vec<String> {
    // The half of the id that is random; the entry has all of it.
    let project = project.0.as_u64_pair().1;
    match tx {
        Tx::Sqlite(_) => {
            let words = words.iter().map(|word| format!("{project:x}\u{a7}{word}"));
            words.collect()
        }
        Tx::Postgres(_) => {
            let words = words.iter().cloned();
            words.chain([format!("\u{a7}p{project:x}")]).collect()
        }
    }
}

/// Webhooks whose turn has come. Several nodes ask at once on PostgreSQL: each
/// takes what no other is taking. SQLite has one writer at a time.
pub(crate) const DUE_WEBHOOKS: Sql = Sql {
    sqlite: "select id from webhooks where next_at <= $1 order by next_at limit $2",
    postgres: "select id from webhooks where next_at <= $1 order by next_at limit $2 for update skip locked",
};

/// Leases of runs when a server starts. SQLite has one server at a time, so
/// whoever held them is gone; on PostgreSQL other nodes may be at work.
pub(crate) const VOID_LEASES: Sql = Sql {
    sqlite: "update job_runs set leased_until = 0 where ended_at is null",
    postgres: "update job_runs set leased_until = 0 where false",
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
        Lock::Environment(_) => "select 1 from environments where id = $1 for update",
    }
}

/// Puts a migration into SQLite's words: strict tables so that types are
/// checked at all, clustered ones where the key is the row, and what stands
/// behind `--sqlite:`, for lines that only it needs.
pub(crate) fn sqlite_migration(text: &str) -> String {
    text.replace("--sqlite: ", "")
        .replace("strict, clustered", "strict, without rowid")
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
