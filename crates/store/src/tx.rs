//! One transaction, on either engine: what an operation reads and writes
//! through.
//!
//! Reads wait for their rows. Writes do not: SQLite runs them at once,
//! PostgreSQL sends them ahead with the next read or the commit. A refusal
//! that depends on a write having hit a row therefore comes at the write, at a
//! later read or at the commit, and always before anything is kept.

use std::collections::BTreeMap;

use domain::Result;
use domain::error::Error;
use domain::id::{AccountId, EnvironmentId, Id, IdeaId, MessageId, ProjectId, TaskId, WebhookId};
use uuid::Uuid;

use crate::dialect::Sql;
use crate::engine::postgres::Connection as Postgres;
use crate::engine::sqlite::Connection as Sqlite;
use crate::value::{Row, Val};

/// A row an operation decides on. Operations lock first, in the order of this
/// list, so that two of them never wait for each other; where they do all the
/// same, one is run again.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// An account, and with it the number of tasks it holds.
    Account(AccountId),
    /// A project with its counters and stage.
    Project(ProjectId),
    /// A task, its claims and submissions.
    Task(TaskId),
    /// An idea with its counters.
    Idea(IdeaId),
    /// A message with its counters.
    Message(MessageId),
    /// A webhook and what waits for it.
    Webhook(WebhookId),
    /// An environment: its agents' names, how many of its runs are under way.
    Environment(EnvironmentId),
}

impl Lock {
    pub(crate) fn key(self) -> Val {
        match self {
            Self::Account(id) => Val::Uuid(id.uuid()),
            Self::Project(id) => Val::Uuid(id.uuid()),
            Self::Task(id) => Val::Uuid(id.uuid()),
            Self::Idea(id) => Val::Uuid(id.uuid()),
            Self::Message(id) => Val::Uuid(id.uuid()),
            Self::Webhook(id) => Val::Uuid(id.uuid()),
            Self::Environment(id) => Val::Uuid(id.uuid()),
        }
    }
}

/// Changes of tallies that wait for the commit: (scope, name) to delta.
pub(crate) type Tallies = BTreeMap<(Uuid, &'static str), i64>;

/// A transaction, or a snapshot for reading.
pub enum Tx {
    /// On the embedded engine.
    #[doc(hidden)]
    Sqlite(Sqlite),
    /// On PostgreSQL.
    #[doc(hidden)]
    Postgres(Postgres),
}

impl Tx {
    /// Whether nobody else writes while this runs. What an operation read to
    /// find out what to lock is then still so behind the lock, and need not be
    /// read again.
    pub fn is_serial(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The rows a statement answers, each through `map`.
    ///
    /// # Errors
    /// What `map` refuses; `Unavailable` when the engine is out of reach.
    pub async fn rows<T: Send>(
        &mut self,
        sql: Sql,
        params: Vec<Val>,
        mut map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        check(&params)?;
        match self {
            Self::Sqlite(c) => c.rows(sql.sqlite, &params, map),
            Self::Postgres(c) => {
                let rows = c.query(sql.postgres, params).await?;
                rows.iter().map(|row| map(&Row::Postgres(row))).collect()
            }
        }
    }

    /// The first row a statement answers, through `map`.
    ///
    /// # Errors
    /// As [`Tx::rows`].
    pub async fn row<T: Send>(
        &mut self,
        sql: Sql,
        params: Vec<Val>,
        map: impl FnOnce(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        check(&params)?;
        match self {
            Self::Sqlite(c) => c.row(sql.sqlite, &params, map),
            Self::Postgres(c) => {
                let rows = c.query(sql.postgres, params).await?;
                rows.first().map(|row| map(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// A write, whether it hits a row or not.
    ///
    /// # Errors
    /// `Unavailable` when the engine cannot write.
    pub async fn write(&mut self, sql: Sql, params: Vec<Val>) -> Result<()> {
        self.send(sql, params, None).await
    }

    /// A write that must hit a row, or the operation is refused.
    ///
    /// # Errors
    /// `refusal`, now or at the latest before the commit.
    pub async fn write_or(
        &mut self,
        sql: Sql,
        params: Vec<Val>,
        refusal: fn() -> Error,
    ) -> Result<()> {
        self.send(sql, params, Some(refusal)).await
    }

    async fn send(
        &mut self,
        sql: Sql,
        params: Vec<Val>,
        refusal: Option<fn() -> Error>,
    ) -> Result<()> {
        check(&params)?;
        match self {
            Self::Sqlite(c) => c.write(sql.sqlite, &params, refusal),
            Self::Postgres(c) => c.send(sql.postgres, params, refusal).await,
        }
    }

    /// Locks a row until the commit (see [`Lock`] for the order).
    ///
    /// # Errors
    /// `Unavailable` when the engine is out of reach.
    pub async fn lock(&mut self, lock: Lock) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(c) => {
                c.send(crate::dialect::lock(&lock), vec![lock.key()], None)
                    .await
            }
        }
    }

    /// Counts `delta` more of `name` within `scope`. Written at the end of the
    /// transaction, so that the counted rows, which many operations share, are
    /// locked for the shortest time; operations of one group commit share one
    /// write.
    pub fn tally(&mut self, scope: Uuid, name: &'static str, delta: i64) {
        let tallies = match self {
            Self::Sqlite(c) => &mut c.tallies,
            Self::Postgres(c) => &mut c.tallies,
        };
        let n = tallies.entry((scope, name)).or_insert(0);
        *n = n.saturating_add(delta);
    }
}

fn check(params: &[Val]) -> Result<()> {
    params.iter().try_for_each(Val::check)
}
