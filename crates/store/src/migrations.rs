//! Numbered migrations, applied at start, each in a transaction, never edited
//! after release. A database that is newer than this binary is refused.

use domain::{Error, Kind, Result};

/// The migrations in order; a migration's version is its place, from 1.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "0001_ground",
        include_str!("../../../migrations/0001_ground.sql"),
    ),
    (
        "0002_workplace",
        include_str!("../../../migrations/0002_workplace.sql"),
    ),
    (
        "0003_knowledge",
        include_str!("../../../migrations/0003_knowledge.sql"),
    ),
    (
        "0004_webhooks",
        include_str!("../../../migrations/0004_webhooks.sql"),
    ),
    (
        "0005_github",
        include_str!("../../../migrations/0005_github.sql"),
    ),
    (
        "0006_contracts",
        include_str!("../../../migrations/0006_contracts.sql"),
    ),
    (
        "0007_hosting",
        include_str!("../../../migrations/0007_hosting.sql"),
    ),
    (
        "0008_jobs",
        include_str!("../../../migrations/0008_jobs.sql"),
    ),
    (
        "0009_chats",
        include_str!("../../../migrations/0009_chats.sql"),
    ),
    (
        "0010_places",
        include_str!("../../../migrations/0010_places.sql"),
    ),
    (
        "0011_job_runs",
        include_str!("../../../migrations/0011_job_runs.sql"),
    ),
    (
        "0012_missions",
        include_str!("../../../migrations/0012_missions.sql"),
    ),
    (
        "0013_ratings",
        include_str!("../../../migrations/0013_ratings.sql"),
    ),
    (
        "0014_sealed_secrets",
        include_str!("../../../migrations/0014_sealed_secrets.sql"),
    ),
    (
        "0015_notices",
        include_str!("../../../migrations/0015_notices.sql"),
    ),
    (
        "0016_fewer_trees",
        include_str!("../../../migrations/0016_fewer_trees.sql"),
    ),
    (
        "0017_cheaper_writes",
        include_str!("../../../migrations/0017_cheaper_writes.sql"),
    ),
];

/// The newest version this binary knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Where the version is kept; made outside the numbered migrations because it
/// must exist before the first of them.
pub(crate) const VERSION_TABLE: &str = "create table if not exists schema_version (\
     version bigint not null primary key, name text not null)";
pub(crate) const READ_VERSION: &str = "select coalesce(max(version), 0) from schema_version";

/// The migrations that bring a database from `version` to this binary's.
///
/// # Errors
/// `Unavailable` when the database is newer than this binary.
pub(crate) fn pending(
    version: i64,
) -> Result<impl Iterator<Item = (i64, &'static str, &'static str)>> {
    if version > SCHEMA_VERSION {
        return Err(Error::new(
            Kind::Unavailable,
            "schema_too_new",
            format!(
                "the database has schema version {version} and this binary knows versions up to \
                 {SCHEMA_VERSION}: start the newer guildhall that wrote it, or restore a backup made before"
            ),
        ));
    }
    if version > 0 && version < SCHEMA_VERSION {
        tracing::info!(
            from = version,
            to = SCHEMA_VERSION,
            "bringing the database forward: this takes seconds for each million rows"
        );
    }
    Ok((1_i64..)
        .zip(MIGRATIONS)
        .filter(move |(number, _)| *number > version)
        .map(|(number, (name, text))| (number, *name, *text)))
}

/// The statement that records an applied migration. Names are ours and carry
/// no quotes.
pub(crate) fn record(number: i64, name: &str) -> String {
    format!("insert into schema_version (version, name) values ({number}, '{name}')")
}

#[cfg(test)]
mod tests {
    use testkit::engine::{Engine, Scratch};

    use super::{MIGRATIONS, VERSION_TABLE, record};
    use crate::{Location, Sql, Store, dialect};

    /// What stood in a database before version 17 took claims, holds, briefs
    /// and events into other trees. Bytes are written `<00>`.
    const BEFORE_17: &str = "\
        insert into claims (id, task, account, status, claimed_at, ended_at) values \
            (<01>, <aa>, <0a>, 'released', 1, 2), (<02>, <aa>, <0b>, 'revoked', 2, 2), (<03>, <aa>, <0c>, 'active', 3, null), \
            (<04>, <bb>, <0a>, 'fulfilled', 1, 9);\
        insert into holds (account, id, asset, units, task, submission, paid_at, available_at, ended) values \
            (<0a>, <01>, 'CREDIT', 5, null, null, 1, 2, 1), (<0a>, <02>, 'CREDIT', 7, null, null, 1, 9, 0);\
        insert into briefs (task, payload, skills, protected, acceptance) values (<aa>, 'payload', 'rust', '', <ff>);\
        insert into events (kind, public, subject, body, created_at) values \
            ('task.published', 0, <aa>, '{}', 1), ('task.claimed', 1, <aa>, '{}', 2);";

    /// Migrates an empty database to a version that is not the last, and
    /// writes into it.
    async fn older(scratch: &Scratch, engine: Engine, version: usize, rows: &str) {
        let steps = MIGRATIONS.iter().take(version).zip(1..);
        let in_words = |translate: fn(&str) -> String| {
            let steps = steps.map(|((name, text), number)| {
                format!("{};{};", translate(text), record(number, name))
            });
            format!("{VERSION_TABLE};{}", steps.collect::<String>())
        };
        match engine {
            Engine::Sqlite => {
                let file = scratch.url().strip_prefix("sqlite:").expect("a file");
                let connection = rusqlite::Connection::open(file).expect("the file opens");
                let rows = rows.replace('<', "x'").replace('>', "'");
                let script = in_words(dialect::sqlite_migration) + &rows;
                connection.execute_batch(&script).expect("written");
            }
            Engine::Postgres => {
                let connected = tokio_postgres::connect(scratch.url(), tokio_postgres::NoTls).await;
                let (client, connection) = connected.expect("a connection");
                tokio::spawn(connection);
                let rows = rows.replace('<', "'\\x").replace('>', "'");
                let script = in_words(dialect::postgres_migration) + &rows;
                client.batch_execute(&script).await.expect("written");
            }
        }
    }

    async fn numbers(store: &Store, sql: &'static str) -> Vec<i64> {
        let read = store.read(move |tx| {
            Box::pin(async move { tx.rows(Sql::new(sql), vec![], |row| row.int(0)).await })
        });
        read.await.expect("numbers")
    }

    testkit::on_both_engines! {
        fn an_older_database_keeps_what_it_has(engine: Engine) {
            let scratch = engine.scratch();
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                older(&scratch, engine, 16, BEFORE_17).await;
                let location = Location::parse(scratch.url()).expect("a location");
                let store = Store::open(&location).await.expect("the store opens");

                // The claim that holds comes first, those that ended in their order.
                let turns = "select turn from claims order by task, claimed_at, account";
                assert_eq!(numbers(&store, turns).await, [1, 2, 0, 1]);
                let holding = "select claimed_at from claims where status = 'active' and turn = 0";
                assert_eq!(numbers(&store, holding).await, [3]);
                let holds = "select units from holds order by account, ended, id";
                assert_eq!(numbers(&store, holds).await, [7, 5]);
                let briefs = "select count(*) from briefs where payload = 'payload' and skills = 'rust'";
                assert_eq!(numbers(&store, briefs).await, [1]);
                // The log goes on where it was.
                let next = Sql::new("insert into events (kind, public, subject, body, created_at) \
                    select kind, public, subject, body, 3 from events where kind = 'task.claimed'");
                let written = store.write(move |tx| Box::pin(async move { tx.write(next, vec![]).await }));
                written.await.expect("written");
                assert_eq!(numbers(&store, "select seq from events order by created_at").await, [1, 2, 3]);
                store.close().await;
            });
        }
    }
}
