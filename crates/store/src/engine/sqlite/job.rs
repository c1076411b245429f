//! What waits for a thread of the engine: an operation or a query, and the
//! caller to be told how it ended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{Error, Result};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::{Tx, TxFuture};

/// Depends on its input alone and can be run again.
pub(super) trait Job: Send {
    /// Runs in the transaction it is given, or hears why there is none. True
    /// when what it did is to be kept.
    fn run(&mut self, tx: Result<&mut Tx>) -> bool;

    /// Tells the waiting caller how the last run ended, or that its
    /// transaction was lost behind it.
    fn answer(self: Box<Self>, kept: Result<()>);
}

struct Asked<T, F> {
    ask: F,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

/// A job, and where its outcome will be.
pub(super) fn job<T, F>(ask: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let asked = Asked {
        ask,
        outcome: None,
        answer,
    };
    (Box::new(asked), answered)
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: for<'a> Fn(&'a mut Tx) -> TxFuture<'a, T> + Send,
{
    fn run(&mut self, tx: Result<&mut Tx>) -> bool {
        let outcome = tx.and_then(|tx| run_at_once(|| (self.ask)(tx)));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, kept: Result<()>) {
        let told = match (self.outcome, kept) {
            (Some(Err(refused)), _) => Err(refused),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(lost)) => Err(lost),
            (None, Ok(())) => Err(Error::internal()),
        };
        // Nobody listens any more when the caller has gone away.
        let _ = self.answer.send(told);
    }
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
