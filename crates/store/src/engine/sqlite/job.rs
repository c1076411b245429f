//! What waits for a thread of the engine: an operation or a query, and the
//! caller to be told how it ended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{Error, Result};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::{Tx, TxFuture};

/// An operation on the writer. It depends on its input alone and can be run
/// again.
pub(super) trait WriteJob: Send {
    /// Runs in the transaction it is given, or hears why there is none. True
    /// when what it did is to be kept.
    fn run(&mut self, tx: Result<&mut Tx>) -> bool;
    /// Tells the waiting caller how the last run and its commit ended.
    fn answer(self: Box<Self>, committed: Result<()>);
}

pub(super) struct Write<T, F> {
    pub(super) operation: F,
    pub(super) outcome: Option<Result<T>>,
    pub(super) answer: oneshot::Sender<Result<T>>,
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

/// A query on a reader.
pub(super) type ReadJob = Box<dyn FnOnce(Result<&mut Tx>) + Send>;

/// Runs an operation to its end. Here its reads and writes are done when they
/// return, so it never waits. A panic is a defect of that operation alone.
pub(super) fn run_at_once<'a, T>(operation: impl FnOnce() -> TxFuture<'a, T>) -> Result<T> {
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
