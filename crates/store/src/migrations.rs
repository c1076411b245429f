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
