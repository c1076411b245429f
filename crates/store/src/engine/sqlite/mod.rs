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

mod checkpoint;
mod connection;
mod job;
mod open;
mod reader;
mod writer;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError, bounded};
use domain::{Error, Result, limits};
use tokio::sync::oneshot;

pub use connection::Connection;
pub(crate) use open::migrate_file;

use self::checkpoint::{Log, run_checkpointer};
use self::job::{ReadJob, Write, WriteJob, run_at_once};
use self::open::{migrate, open_reader, open_writer};
use self::reader::run_reader;
use self::writer::run_writer;
use super::{overloaded, stopped};
use crate::{Tx, TxFuture};

/// Reader threads at least; more on machines with more cores.
const READERS_MIN: usize = 2;

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
    log: Arc<Log>,
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
        let (writers_log, checkpointers_log) = (Arc::clone(&log), Arc::clone(&log));
        let mut threads = vec![spawn("guildhall-writer", move || {
            run_writer(writer, &write_queue, &writers_log)
        })?];
        let checkpointer = open_writer(path)?;
        threads.push(spawn("guildhall-checkpoint", move || {
            run_checkpointer(&checkpointer, &closed, &checkpointers_log)
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
                log,
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

    /// How many groups were committed.
    pub(crate) fn version(&self) -> u64 {
        self.shared.log.commits.load(Ordering::SeqCst)
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
