//! PostgreSQL: pooled connections, writes sent ahead of their answers with the
//! next read or the commit, and operations run again after a deadlock.
//!
//! Isolation is READ COMMITTED: operations lock the rows they decide on first
//! (see [`crate::Lock`]).
//!
//! **Invariant:** a connection goes back to the pool only outside a
//! transaction; one that is abandoned inside (the caller went away, the
//! rollback failed) is closed instead.

use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use domain::{Error, Kind, Result, limits};
use futures_util::FutureExt;
use futures_util::future::{join_all, join4};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::{stopped, tls};
use crate::tx::Tallies;
use crate::value::Val;
use crate::{Tx, TxFuture, dialect, migrations};

/// Connections of one node.
const POOL: usize = 16;
/// Seconds to wait for a connection of the pool or to the server.
const CONNECT_TIMEOUT_S: u64 = 5;
/// Rows that share one tally, so that concurrent operations seldom wait for
/// each other there.
const TALLY_SHARDS: i64 = 32;
/// Names our migrations' lock among the advisory locks of the database.
const MIGRATION_LOCK: &str = "select pg_advisory_xact_lock(4300)";

struct Queued {
    sql: &'static str,
    params: Vec<Val>,
    refusal: Option<fn() -> Error>,
}

/// A connection and what its transaction has gathered.
pub struct Connection {
    client: Option<Object>,
    queue: Vec<Queued>,
    pub(crate) tallies: Tallies,
    transactional: bool,
    begun: bool,
    /// A deadlock or serialisation failure ended the transaction.
    retry: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.begun
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

impl Connection {
    fn new(client: Object, transactional: bool) -> Self {
        Self {
            client: Some(client),
            queue: Vec::new(),
            tallies: Tallies::new(),
            transactional,
            begun: false,
            retry: false,
        }
    }

    pub(crate) async fn send(
        &mut self,
        sql: &'static str,
        params: Vec<Val>,
        refusal: Option<fn() -> Error>,
    ) -> Result<()> {
        if !self.transactional {
            tracing::error!(sql, "a query tried to write");
            return Err(Error::internal());
        }
        self.queue.push(Queued {
            sql,
            params,
            refusal,
        });
        if self.queue.len() >= limits::PIPELINE_STATEMENTS {
            self.flight(None, false).await?;
        }
        Ok(())
    }

    pub(crate) async fn query(&mut self, sql: &'static str, params: Vec<Val>) -> Result<Vec<Row>> {
        self.flight(Some((sql, params)), false).await
    }

    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(Error::internal)
    }

    async fn prepare(&mut self, sql: &'static str) -> Result<Statement> {
        let prepared = self.client()?.prepare_cached(sql).await;
        prepared.map_err(|e| self.failure(&e))
    }

    /// Begin if need be, the queued writes, perhaps a read, perhaps the
    /// commit: one round trip.
    async fn flight(
        &mut self,
        read: Option<(&'static str, Vec<Val>)>,
        commit: bool,
    ) -> Result<Vec<Row>> {
        let queue = std::mem::take(&mut self.queue);
        let mut writes = Vec::with_capacity(queue.len());
        for queued in &queue {
            writes.push(self.prepare(queued.sql).await?);
        }
        let read = match read {
            Some((sql, params)) => Some((self.prepare(sql).await?, params)),
            None => None,
        };
        let begin = self.transactional && !self.begun;
        self.begun = self.transactional;
        let client = self.client()?;
        let begin = async {
            if begin {
                client.batch_execute("begin").await
            } else {
                Ok(())
            }
        };
        let written = join_all(
            queue
                .iter()
                .zip(&writes)
                .map(|(queued, statement)| client.execute_raw(statement, queued.params.iter())),
        );
        let rows = async {
            let Some((statement, params)) = &read else {
                return Ok(Vec::new());
            };
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
            client.query(statement, &params).await
        };
        let end = async {
            if commit {
                client.batch_execute("commit").await
            } else {
                Ok(())
            }
        };
        // Polled in this order the first time, and so sent in this order.
        let (begun, written, rows, ended) = join4(begin, written, rows, end).await;
        begun.map_err(|e| self.flight_failure(&e, commit))?;
        for (hit, queued) in written.into_iter().zip(&queue) {
            let hit = hit.map_err(|e| self.flight_failure(&e, commit))?;
            if let (0, Some(refusal)) = (hit, queued.refusal) {
                return Err(refusal());
            }
        }
        let rows = rows.map_err(|e| self.flight_failure(&e, commit))?;
        ended.map_err(|e| self.commit_failure(&e))?;
        Ok(rows)
    }

    /// Sends what is left and commits. Writes that must have hit a row are
    /// checked first.
    async fn finish(&mut self) -> Result<()> {
        self.queue_tallies();
        let checked = self.queue.iter().any(|queued| queued.refusal.is_some());
        if checked || self.queue.len() > limits::PIPELINE_STATEMENTS {
            self.flight(None, false).await?;
        }
        if self.begun || !self.queue.is_empty() {
            self.flight(None, true).await?;
        }
        self.begun = false;
        Ok(())
    }

    fn queue_tallies(&mut self) {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        let shard = NEXT
            .fetch_add(1, Ordering::Relaxed)
            .rem_euclid(TALLY_SHARDS);
        for ((scope, name), delta) in std::mem::take(&mut self.tallies) {
            if delta != 0 {
                let params = vec![
                    Val::Uuid(scope),
                    Val::from(name),
                    Val::Int(shard),
                    Val::Int(delta),
                ];
                self.queue.push(Queued {
                    sql: crate::tables::tallies::ADD.postgres,
                    params,
                    refusal: None,
                });
            }
        }
    }

    async fn roll_back(&mut self) {
        self.queue.clear();
        if self.begun
            && let Some(client) = &self.client
            && client.batch_execute("rollback").await.is_ok()
        {
            self.begun = false;
        }
    }

    /// Where the commit was on its way too, a broken connection may have lost
    /// the answers to a transaction that is kept.
    fn flight_failure(&mut self, error: &tokio_postgres::Error, commit: bool) -> Error {
        let known = self.failure(error);
        if commit && error.code().is_none() {
            Error::outcome_unknown()
        } else {
            known
        }
    }

    fn commit_failure(&mut self, error: &tokio_postgres::Error) -> Error {
        let known = self.failure(error);
        if self.retry {
            known
        } else {
            Error::outcome_unknown()
        }
    }

    /// Logs the cause, once, and tells whether trying again can help.
    fn failure(&mut self, error: &tokio_postgres::Error) -> Error {
        let state = error.code();
        if state == Some(&SqlState::T_R_DEADLOCK_DETECTED)
            || state == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
        {
            self.retry = true;
            return Error::unavailable(
                "contended",
                "too many requests changed the same thing at once; try again",
                1,
            );
        }
        tracing::error!(cause = %error, detail = ?error.as_db_error(), "PostgreSQL refused a statement");
        match state {
            Some(state) if *state == SqlState::DISK_FULL => Error::unavailable(
                "disk_full",
                "the database's disk is full: nothing was changed",
                60,
            ),
            Some(state) if is_passing(state) => unreachable_now(),
            Some(_) => Error::internal(),
            None => unreachable_now(),
        }
    }
}

fn is_passing(state: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ]
    .contains(state)
}

fn unreachable_now() -> Error {
    Error::unavailable(
        "database_unreachable",
        "the server cannot reach its database; try again in a few seconds",
        5,
    )
}

/// A panic is a defect of that operation alone.
async fn caught<T>(running: TxFuture<'_, T>) -> Result<T> {
    let ran = AssertUnwindSafe(running).catch_unwind().await;
    ran.unwrap_or_else(|_| Err(Error::internal()))
}

/// An error with its causes: what the server said stands in the last one.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let told: Vec<_> = causes.map(ToString::to_string).collect();
    told.join(": ")
}

/// The pool of a running PostgreSQL engine.
#[derive(Clone)]
pub(crate) struct Handle {
    pool: Arc<Pool>,
}

impl Handle {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let tls = tls::Wanted::parse(url)?;
        let mut config = tokio_postgres::Config::from_str(&tls.url).map_err(|cause| {
            Error::invalid(
                "invalid_database_url",
                format!("the PostgreSQL URL cannot be read: {cause}"),
            )
        })?;
        config
            .ssl_mode(tls.mode)
            .application_name("guildhall")
            .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_S));
        let manager = Manager::from_config(
            config,
            tls.connector()?,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let wait = Some(Duration::from_secs(CONNECT_TIMEOUT_S));
        let pool = Pool::builder(manager)
            .max_size(POOL)
            .wait_timeout(wait)
            .create_timeout(wait)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| Error::internal())?;
        let handle = Self {
            pool: Arc::new(pool),
        };
        handle.migrate().await?;
        Ok(handle)
    }

    async fn client(&self) -> Result<Object> {
        if self.pool.is_closed() {
            return Err(stopped());
        }
        self.pool.get().await.map_err(|cause| {
            tracing::error!(%cause, "no connection to PostgreSQL");
            unreachable_now()
        })
    }

    async fn migrate(&self) -> Result<()> {
        let mut client = self.pool.get().await.map_err(|cause| {
            Error::new(
                Kind::Unavailable,
                "cannot_open_database",
                format!(
                    "cannot connect to PostgreSQL: {}{}",
                    told(&cause),
                    tls::hint(&cause)
                ),
            )
        })?;
        let broken = |cause: tokio_postgres::Error| {
            Error::new(
                Kind::Unavailable,
                "cannot_migrate",
                format!("cannot bring the schema up to date: {}", told(&cause)),
            )
        };
        let tx = client.transaction().await.map_err(broken)?;
        tx.batch_execute(MIGRATION_LOCK).await.map_err(broken)?;
        tx.batch_execute(migrations::VERSION_TABLE)
            .await
            .map_err(broken)?;
        let version = tx
            .query_one(migrations::READ_VERSION, &[])
            .await
            .map_err(broken)?
            .get(0);
        for (number, name, text) in migrations::pending(version)? {
            tx.batch_execute(&dialect::postgres_migration(text))
                .await
                .map_err(broken)?;
            tx.batch_execute(&migrations::record(number, name))
                .await
                .map_err(broken)?;
        }
        tx.commit().await.map_err(broken)
    }

    pub(crate) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let mut tries = 0;
        loop {
            let mut tx = Tx::Postgres(Connection::new(self.client().await?, true));
            let outcome = caught(operation(&mut tx)).await;
            let Tx::Postgres(connection) = &mut tx else {
                return Err(Error::internal());
            };
            let outcome = match outcome {
                Ok(value) => connection.finish().await.map(|()| value),
                Err(error) => Err(error),
            };
            if outcome.is_ok() {
                return outcome;
            }
            connection.roll_back().await;
            tries += 1;
            if !connection.retry || tries > limits::WRITE_RETRIES {
                return outcome;
            }
        }
    }

    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let mut tx = Tx::Postgres(Connection::new(self.client().await?, false));
        caught(query(&mut tx)).await
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}
