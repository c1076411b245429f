//! Errands: calls of a door that need something outside of this server.
//!
//! An operation runs inside a transaction, may run again after a deadlock and
//! therefore never waits for anybody else. What has to ask another system is
//! an errand: it runs outside of any transaction, asks through a port (see
//! `ports`) and, before and after that, runs operations like everybody else:
//!
//! ```text
//! 1  app.call(actor, an operation)   may they? what is known?
//! 2  app.github()?. ...              the outgoing call
//! 3  app.call(actor, an operation)   what came of it, with its event
//! ```
//!
//! **Invariant:** nothing is decided by an errand on what it read before its
//! outgoing call: the operation behind it looks again.
//!
//! **Invariant:** an errand is safe to be cut off between two steps (its
//! caller went away) and to be repeated. What it does elsewhere cannot be part
//! of a transaction here, so the answer that is kept for a repeated
//! `Idempotency-Key` is written behind it (`once.rs`). An errand with an effect
//! elsewhere that must happen once also after a crash sends a key of its own
//! along and notes it in step 1.
//!
//! To add one, write it beside the operations of its noun in `ops`, and bind
//! it with an `ErrandWire` mapping and a `get_errand` or `post_errand` line at
//! each door.

use std::pin::Pin;

use domain::Result;
use domain::policy::{Actor, Permission};

use crate::{App, Effect, Prepared, Reply};

/// A call with an outgoing request in it: its input is the value itself.
pub trait Errand: Send + Sync + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Its name in metrics and logs, `noun.verb`.
    const NAME: &'static str;
    /// What one must be allowed to do.
    const NEEDS: Permission;
    /// Whether it changes anything here.
    const EFFECT: Effect;

    /// What a repeated `Idempotency-Key` gets.
    fn keeping(&self) -> Keeping {
        Keeping::GoesOn
    }

    /// Runs it.
    fn run(self, app: &App, actor: &Actor) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// Whether the answer of an errand is kept for a repeated `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is, and the errand comes to its end also when its caller went away:
    /// it may come back for the answer.
    GoesOn,
    /// It is, unless its caller went away, which ends the errand.
    EndsWithCaller,
    /// It is not: the answer is of no use later, and to do it again does no
    /// harm.
    Never,
}

/// An errand that is running.
pub(crate) type Underway<'a> = Pin<Box<dyn Future<Output = Result<Reply>> + Send + 'a>>;

/// An errand with its types put away, as `Work` is an operation with its.
pub(crate) trait Trip: Send + Sync + 'static {
    fn keeping(&self) -> Keeping;
    fn run<'a>(self: Box<Self>, app: &'a App, actor: &'a Actor) -> Underway<'a>;
}

struct Encoded<E: Errand> {
    errand: E,
    encode: fn(E::Output, domain::Time) -> Reply,
}

impl<E: Errand> Trip for Encoded<E> {
    fn keeping(&self) -> Keeping {
        self.errand.keeping()
    }

    fn run<'a>(self: Box<Self>, app: &'a App, actor: &'a Actor) -> Underway<'a> {
        Box::pin(async move {
            let Self { errand, encode } = *self;
            let output = errand.run(app, actor).await?;
            Ok(encode(output, app.now()))
        })
    }
}

impl Prepared {
    /// Puts an errand together with the encoding of its output.
    pub fn errand<E: Errand>(errand: E, encode: fn(E::Output, domain::Time) -> Reply) -> Self {
        Self {
            needs: E::NEEDS,
            effect: E::EFFECT,
            job: crate::work::Job::Errand(Box::new(Encoded { errand, encode })),
        }
    }
}
