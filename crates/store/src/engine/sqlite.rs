//! The embedded engine: one writer thread, several reader threads, and one
//! that copies the write-ahead log into the database.
//!
//! The writer takes a part of what is queued (at most
//! [`GROUP_COMMIT_OPERATIONS`](domain::limits::GROUP_COMMIT_OPERATIONS)), runs
//! each operation in one transaction, commits durably
//! (`synchronous=full`) and only then answers. While it waits for the disk the
//! next group gathers, so it is busiest when it is most loaded.
//!
//! **Invariant:** no answer, not even a refusal, leaves before the commit of
//! the group it was decided in.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use domain::{Error, Kind, Result, limits};
use futures_util::FutureExt;
use rusqlite::config::DbConfig;
use rusqlite::{ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use super::{overloaded, stopped};
use crate::tx::Tallies;
use crate::value::{Row, Val};
use crate::{Tx, TxFuture, dialect, migrations};

/// Milliseconds a statement waits for another process's lock.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// What the writer keeps of the database, in KiB, negative as the engine wants
/// it. No more: a commit behind which a page was split looks through all of
/// it, which at 64 MiB was a quarter of the writer's time; what is not kept
/// here is in the system's memory.
const WRITER_CACHE: i64 = -16_384;
/// What a reader keeps of it, likewise.
const READER_CACHE: i64 = -32_768;
/// Prepared statements kept per connection: all of ours.
const STATEMENTS: usize = 512;
/// How often the write-ahead log is copied into the database, beside the
/// writer, when something was committed.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);
/// Pages in the write-ahead log (128 MiB) after which the writer copies the
/// last few itself, so that the log begins anew and stays bounded.
const LOG_PAGES_MAX: i64 = 32_768;
/// Queries that share a snapshot: taking one costs two locks of the system,
/// and queries of one group wait for each other.
const READS_PER_SNAPSHOT: usize = 4;
/// Reader threads at least; more on machines with more cores.
const READERS_MIN: usize = 2;

/// A connection and what its transaction has gathered.
pub struct Connection {
    inner: rusqlite::Connection,
    pub(crate) tallies: Tallies,
    /// Whether a row was changed since this was last looked at.
    wrote: Cell<bool>,
}

impl Connection {
    fn new(inner: rusqlite::Connection) -> Self {
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
    fn control(&self, sql: &str) -> Result<()> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.raw_execute().map_err(|e| failure(&e))?;
        Ok(())
    }

    /// Writes what was counted.
    fn flush(&mut self, tallies: Tallies) -> Result<()> {
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
fn failure(error: &rusqlite::Error) -> Error {
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

/// An operation on the writer. It depends on its input alone and can be run
/// again.
trait WriteJob: Send {
    /// Runs in the transaction it is given, or hears why there is none. True
    /// when what it did is to be kept.
    fn run(&mut self, tx: Result<&mut Tx>) -> bool;
    /// Tells the waiting caller how the last run and its commit ended.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Write<T, F> {
    operation: F,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<T, F> WriteJob for Write<T, F>
where
    T: Send,
    F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send,
{
    fn run(&mut self, tx: Result<&mut Tx>) -> bool {
        let outcome = tx.and_then(|tx| run_at_once(|| (self.operation)(tx)));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let told = match (self.outcome, committed) {
            (Some(Err(refused)), _) => Err(refused),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(lost)) => Err(lost),
            (None, Ok(())) => Err(Error::internal()),
        };
        // Nobody listens any more when the caller has gone away.
        let _ = self.answer.send(told);
    }
}

type ReadJob = Box<dyn FnOnce(Result<&mut Tx>) + Send>;

/// The queues of a running embedded engine.
#[derive(Clone)]
pub(crate) struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    writes: Queue<Box<dyn WriteJob>>,
    reads: Queue<ReadJob>,
    /// Never used but to end the checkpointer by closing it.
    checkpoints: Queue<()>,
    /// The writer first.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the writer and the checkpointer tell each other.
#[derive(Default)]
struct Log {
    /// Groups committed so far.
    commits: AtomicU64,
    /// Whether the log is so long that the writer should end it.
    is_long: AtomicBool,
}

/// The near end of a queue. When it is closed, the threads at the far end
/// finish every job that is in it and then end themselves.
struct Queue<J>(RwLock<Option<Sender<J>>>);

impl<J> Queue<J> {
    fn new(sender: Sender<J>) -> Self {
        Self(RwLock::new(Some(sender)))
    }

    fn push(&self, job: J) -> Result<()> {
        let sender = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.as_ref().ok_or_else(stopped)?;
        sender.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => overloaded(),
            TrySendError::Disconnected(_) => stopped(),
        })
    }

    fn close(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Handle {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut writer = open_writer(path)?;
        migrate(&mut writer)?;
        let (writes, write_queue) = bounded(limits::WRITE_QUEUE);
        let (reads, read_queue) = bounded(limits::READ_QUEUE);
        let (checkpoints, closed) = bounded(0);
        let log = Arc::new(Log::default());
        let writers_log = Arc::clone(&log);
        let mut threads = vec![spawn("guildhall-writer", move || {
            run_writer(writer, &write_queue, &writers_log)
        })?];
        let checkpointer = open_writer(path)?;
        threads.push(spawn("guildhall-checkpoint", move || {
            run_checkpointer(&checkpointer, &closed, &log)
        })?);
        let cores = std::thread::available_parallelism().map_or(READERS_MIN, usize::from);
        for _ in 0..cores.max(READERS_MIN) {
            let reader = open_reader(path)?;
            let queue = read_queue.clone();
            threads.push(spawn("guildhall-reader", move || {
                run_reader(reader, &queue)
            })?);
        }
        let threads = Mutex::new(threads);
        Ok(Self {
            shared: Arc::new(Shared {
                writes: Queue::new(writes),
                reads: Queue::new(reads),
                checkpoints: Queue::new(checkpoints),
                threads,
            }),
        })
    }

    pub(crate) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Write {
            operation,
            outcome: None,
            answer,
        });
        self.shared.writes.push(job)?;
        answered.await.map_err(|_| stopped())?
    }

    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: ReadJob = Box::new(move |tx| {
            let found = tx.and_then(|tx| run_at_once(|| query(tx)));
            let _ = answer.send(found);
        });
        self.shared.reads.push(job)?;
        answered.await.map_err(|_| stopped())?
    }

    pub(crate) async fn close(&self) {
        let shared = Arc::clone(&self.shared);
        let joined = tokio::task::spawn_blocking(move || {
            let lock = shared.threads.lock();
            let threads = std::mem::take(&mut *lock.unwrap_or_else(PoisonError::into_inner));
            let mut threads = threads.into_iter();
            let writer = threads.next();
            shared.reads.close();
            shared.checkpoints.close();
            for thread in threads {
                let _ = thread.join();
            }
            // Last, because the last connection to close copies the
            // write-ahead log into the database, and a reader could not.
            shared.writes.close();
            if let Some(writer) = writer {
                let _ = writer.join();
            }
        });
        let _ = joined.await;
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map_err(|cause| {
            Error::unavailable(
                "no_threads",
                format!("the system gives no thread for the database: {cause}"),
                5,
            )
        })
}

/// Runs an operation to its end. Here its reads and writes are done when they
/// return, so it never waits. A panic is a defect of that operation alone.
fn run_at_once<'a, T>(operation: impl FnOnce() -> TxFuture<'a, T>) -> Result<T> {
    let ran = catch_unwind(AssertUnwindSafe(|| operation().now_or_never()));
    match ran {
        Ok(Some(outcome)) => outcome,
        Ok(None) => {
            tracing::error!("an operation waited for something other than its transaction");
            Err(Error::internal())
        }
        Err(_) => Err(Error::internal()),
    }
}

fn connection(tx: &mut Tx) -> Result<&mut Connection> {
    match tx {
        Tx::Sqlite(connection) => Ok(connection),
        Tx::Postgres(_) => Err(Error::internal()),
    }
}

fn begin(tx: &mut Tx, how: &str) -> Result<()> {
    let connection = connection(tx)?;
    connection.tallies.clear();
    connection.control(how)
}

fn end(tx: &mut Tx) {
    if let Ok(connection) = connection(tx)
        && !connection.inner.is_autocommit()
    {
        let _ = connection.control("rollback");
    }
}

/// Answers what is queued, a few queries on one snapshot. A query only joins a
/// snapshot that is taken after it was queued, so it sees every write that was
/// acknowledged before it was asked.
fn run_reader(reader: rusqlite::Connection, queue: &Receiver<ReadJob>) {
    let mut tx = Tx::Sqlite(Connection::new(reader));
    while let Ok(first) = queue.recv() {
        let mut jobs = vec![first];
        jobs.extend(queue.try_iter().take(READS_PER_SNAPSHOT - 1));
        let begun = begin(&mut tx, "begin");
        for job in jobs {
            job(begun.clone().map(|()| &mut tx));
        }
        end(&mut tx);
    }
}

fn run_writer(writer: rusqlite::Connection, queue: &Receiver<Box<dyn WriteJob>>, log: &Log) {
    let mut tx = Tx::Sqlite(Connection::new(writer));
    while let Ok(first) = queue.recv() {
        run_group(&mut tx, first, queue);
        log.commits.fetch_add(1, Ordering::Relaxed);
        if log.is_long.swap(false, Ordering::Relaxed)
            && let Ok(connection) = connection(&mut tx)
        {
            // The checkpointer has copied all but the last few pages; after
            // these the next commit begins the log anew.
            let _ = checkpoint(&connection.inner);
        }
    }
}

/// Copies the log into the database beside the writer, which would otherwise
/// stand still for it.
fn run_checkpointer(connection: &rusqlite::Connection, closed: &Receiver<()>, log: &Log) {
    let mut seen = 0;
    while closed.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        let commits = log.commits.load(Ordering::Relaxed);
        if commits == seen {
            continue;
        }
        match checkpoint(connection) {
            Ok(pages) => {
                seen = commits;
                log.is_long.store(pages > LOG_PAGES_MAX, Ordering::Relaxed);
            }
            Err(cause) => {
                tracing::warn!(%cause, "the log could not be copied into the database; it is tried again")
            }
        }
    }
}

/// Copies what can be copied without waiting for anybody. Answers the pages
/// in the log.
fn checkpoint(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    connection.query_row("pragma wal_checkpoint(passive)", (), |row| row.get(1))
}

/// How many operations of so many that wait share a commit: a third of them,
/// so that some callers are answered while others' operations run. Were all to
/// share one, they would all wait for it together, and half of the machine
/// with them.
fn group_size(waiting: usize) -> usize {
    (waiting / 3).clamp(
        limits::GROUP_COMMIT_OPERATIONS_MIN,
        limits::GROUP_COMMIT_OPERATIONS,
    )
}

/// Runs and commits one group, then answers it.
fn run_group(tx: &mut Tx, first: Box<dyn WriteJob>, queue: &Receiver<Box<dyn WriteJob>>) {
    let mut group = Group::default();
    if let Err(error) = begin(tx, "begin immediate") {
        group.jobs.push(first);
        group.lost = Some(error);
        return group.commit(tx);
    }
    let mut next = Some(first);
    while let Some(job) = next.take() {
        if !group.run(tx, job) {
            group.run_apart(tx);
            break;
        }
        let taken = group.jobs.len();
        if group.lost.is_none() && taken < group_size(taken + queue.len()) {
            next = queue.try_recv().ok();
        }
    }
    group.commit(tx);
}

/// The operations of one commit.
#[derive(Default)]
struct Group {
    jobs: Vec<Box<dyn WriteJob>>,
    tallies: Tallies,
    /// Why there is no transaction, or why the engine gave it up.
    lost: Option<Error>,
}

impl Group {
    /// Runs a job straight in the transaction. Most are kept, and most of the
    /// others are refused before they write, so that nothing need be undone.
    /// False when one was refused after it had written.
    fn run(&mut self, tx: &mut Tx, mut job: Box<dyn WriteJob>) -> bool {
        if let Ok(connection) = connection(tx) {
            connection.wrote.set(false);
        }
        let keep = job.run(Ok(tx));
        self.jobs.push(job);
        self.count(tx, keep);
        keep || self.lost.is_some() || connection(tx).is_ok_and(|c| !c.wrote.get())
    }

    /// Starts over, with each job in a savepoint, so that what a refused one
    /// had written is undone and the others are kept. Savepoints are not used
    /// from the start because the engine copies every page that changes behind
    /// one.
    fn run_apart(&mut self, tx: &mut Tx) {
        self.tallies.clear();
        end(tx);
        if let Err(error) = begin(tx, "begin immediate") {
            self.lost = Some(error);
            return;
        }
        for mut job in std::mem::take(&mut self.jobs) {
            if self.lost.is_none() {
                self.run_in_savepoint(tx, &mut *job);
            }
            self.jobs.push(job);
        }
    }

    fn run_in_savepoint(&mut self, tx: &mut Tx, job: &mut dyn WriteJob) {
        let begun = connection(tx).and_then(|c| c.control("savepoint operation"));
        let keep = job.run(begun.map(|()| &mut *tx));
        self.count(tx, keep);
        let Ok(connection) = connection(tx) else {
            return;
        };
        if !keep && self.lost.is_none() {
            let _ = connection.control("rollback to operation");
        }
        if self.lost.is_none() {
            let _ = connection.control("release operation");
        }
    }

    /// Takes over what a job counted, and notices when the engine has rolled
    /// everything back on its own, as it does on a full disk.
    fn count(&mut self, tx: &mut Tx, keep: bool) {
        let Ok(connection) = connection(tx) else {
            return;
        };
        if connection.inner.is_autocommit() {
            self.lost = Some(Error::unavailable(
                "storage_failed",
                "the database could not write: nothing was changed; the operator must look at its disk",
                60,
            ));
        }
        for (key, delta) in std::mem::take(&mut connection.tallies) {
            let delta = if keep { delta } else { 0 };
            let n = self.tallies.entry(key).or_insert(0);
            *n = n.saturating_add(delta);
        }
    }

    fn commit(self, tx: &mut Tx) {
        let committed = match self.lost {
            Some(error) => Err(error),
            None => connection(tx).and_then(|c| commit(c, self.tallies)),
        };
        end(tx);
        for job in self.jobs {
            job.answer(committed.clone());
        }
    }
}

fn commit(connection: &mut Connection, tallies: Tallies) -> Result<()> {
    connection.flush(tallies)?;
    connection
        .control("commit")
        .map_err(|error| match error.code {
            // The engine kept nothing, and says so.
            "disk_full" | "database_busy" => error,
            _ => Error::outcome_unknown(),
        })
}

fn open_writer(path: &Path) -> Result<rusqlite::Connection> {
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

fn open_reader(path: &Path) -> Result<rusqlite::Connection> {
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

fn migrate(connection: &mut rusqlite::Connection) -> Result<()> {
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
