//! The two engines and the one handle to them.

pub mod location;
pub(crate) mod postgres;
pub(crate) mod sqlite;
mod tls;

use domain::{Error, Result};

use crate::{Location, Tx, TxFuture};

/// The one handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(sqlite::Handle),
    Postgres(postgres::Handle),
}

impl Store {
    /// Opens a database and brings its schema up to date.
    ///
    /// # Errors
    /// `Unavailable` with the reason when it cannot be opened, is newer than
    /// this binary or is not ours.
    pub async fn open(location: &Location) -> Result<Self> {
        let engine = match location {
            Location::Sqlite(path) => Engine::Sqlite(sqlite::Handle::open(path)?),
            Location::Postgres(url) => Engine::Postgres(postgres::Handle::open(url).await?),
        };
        Ok(Self { engine })
    }

    /// Whether this process is the only one on the database.
    pub fn is_embedded(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// Runs an operation in a transaction and answers after its commit. It is
    /// run again after a deadlock, so it must depend on its input alone.
    ///
    /// # Errors
    /// What the operation refuses (nothing is kept then); `Unavailable` when
    /// the engine is overloaded or out of reach (nothing is kept);
    /// `OutcomeUnknown` when the commit itself failed.
    pub async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(handle) => handle.write(operation).await,
            Engine::Postgres(handle) => handle.write(operation).await,
        }
    }

    /// Runs a query on a snapshot.
    ///
    /// # Errors
    /// What the query refuses; `Unavailable` when the engine is overloaded or
    /// out of reach.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + Sync + 'static,
    {
        match &self.engine {
            Engine::Sqlite(handle) => handle.read(query).await,
            Engine::Postgres(handle) => handle.read(query).await,
        }
    }

    /// How often this process has committed, where it alone writes: what is
    /// read after a version was asked for holds every write that was
    /// acknowledged before.
    pub fn version(&self) -> Option<u64> {
        match &self.engine {
            Engine::Sqlite(handle) => Some(handle.version()),
            Engine::Postgres(_) => None,
        }
    }

    /// Finishes what is queued and closes. Later calls are refused.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(handle) => handle.close().await,
            Engine::Postgres(handle) => handle.close(),
        }
    }
}

/// The answer when a queue is full.
pub(crate) fn overloaded() -> Error {
    Error::unavailable(
        "overloaded",
        "the server has more work queued than it takes; try again in a second",
        1,
    )
}

/// The answer when the engine has stopped.
pub(crate) fn stopped() -> Error {
    Error::unavailable(
        "database_closed",
        "the server is stopping; try again when it is back",
        5,
    )
}
