//! The embedded engine: one writer thread, several reader threads, one that
//! syncs the write-ahead log and one that copies it into the database.
//!
//! The writer takes a part of what is queued (at most
//! [`GROUP_COMMIT_OPERATIONS`](domain::limits::GROUP_COMMIT_OPERATIONS)), runs
//! each operation in one transaction, commits it and hands it to the syncer,
//! which answers when it is on the disk. Meanwhile the next group runs, so the
//! engine is busiest when it is most loaded.
//!
//! **Invariant:** no answer, not even a refusal, leaves before the group it
//! was decided in is on the disk ([`log`]).

mod connection;
mod job;
mod log;
mod open;
mod reader;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError, bounded};
use domain::{Error, Result, limits};

pub use connection::Connection;
pub(crate) use open::migrate_file;

use self::job::{Job, job};
use self::log::{Log, run_checkpointer, run_syncer};
use self::writer::Writer;
use super::{overloaded, stopped};
use crate::{Tx, TxFuture};

/// Reader threads at least; more on machines with more cores.
const READERS_MIN: usize = 2;
/// Groups and queries that wait for the syncer before who brings more waits.
const SYNC_QUEUE: usize = 64;

/// The queues of a running embedded engine.
#[derive(Clone)]
pub(crate) struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    writes: Queue<Box<dyn Job>>,
    reads: Queue<Box<dyn Job>>,
    /// Never used but to end the checkpointer by closing it.
    checkpoints: Queue<()>,
    threads: Mutex<Option<Threads>>,
}

/// The threads of the engine.
struct Threads {
    writer: JoinHandle<()>,
    syncer: JoinHandle<()>,
    /// The readers and the checkpointer.
    others: Vec<JoinHandle<()>>,
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
        let mut writer = open::open_writer(path)?;
        open::migrate(&mut writer)?;
        let log_file = open::log_file(path)?;
        open::leave_syncing(&writer)?;
        let (writes, write_queue) = bounded(limits::WRITE_QUEUE);
        let (reads, read_queue) = bounded(limits::READ_QUEUE);
        let (checkpoints, closed) = bounded(0);
        let (syncer, sync_queue) = bounded(SYNC_QUEUE);
        let (tell, synced) = bounded(1);
        let log = Arc::new(Log::default());
        let mut others = Vec::new();
        let cores = std::thread::available_parallelism().map_or(READERS_MIN, usize::from);
        for _ in 0..cores.max(READERS_MIN) {
            let reader = open::open_reader(path)?;
            let (queue, syncer, log) = (read_queue.clone(), syncer.clone(), Arc::clone(&log));
            others.push(spawn("guildhall-reader", move || {
                reader::run_reader(reader, &queue, &syncer, &log)
            })?);
        }
        let checkpointer = open::open_writer(path)?;
        let seen = Arc::clone(&log);
        others.push(spawn("guildhall-checkpoint", move || {
            run_checkpointer(&checkpointer, &closed, &seen)
        })?);
        let seen = Arc::clone(&log);
        let syncing = spawn("guildhall-sync", move || {
            run_syncer(|| log_file.sync_data(), &sync_queue, &tell, &seen)
        })?;
        let desk = Writer {
            queue: write_queue,
            syncer,
            synced,
            log,
        };
        let writing = spawn("guildhall-writer", move || desk.run(writer))?;
        let threads = Threads {
            writer: writing,
            syncer: syncing,
            others,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                writes: Queue::new(writes),
                reads: Queue::new(reads),
                checkpoints: Queue::new(checkpoints),
                threads: Mutex::new(Some(threads)),
            }),
        })
    }

    pub(crate) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let (job, answered) = job(operation);
        self.shared.writes.push(job)?;
        answered.await.map_err(|_| stopped())?
    }

    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        let (job, answered) = job(query);
        self.shared.reads.push(job)?;
        answered.await.map_err(|_| stopped())?
    }

    pub(crate) async fn close(&self) {
        let shared = Arc::clone(&self.shared);
        let closed = tokio::task::spawn_blocking(move || shared.close());
        let _ = closed.await;
    }
}

impl Shared {
    /// Ends the threads, each when its queue is empty.
    fn close(&self) {
        let lock = self.threads.lock();
        let threads = lock.unwrap_or_else(PoisonError::into_inner).take();
        self.reads.close();
        self.checkpoints.close();
        let Some(threads) = threads else { return };
        for thread in threads.others {
            let _ = thread.join();
        }
        // Last, because the last connection to close copies the write-ahead
        // log into the database, and a reader could not.
        self.writes.close();
        let _ = threads.writer.join();
        let _ = threads.syncer.join();
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
