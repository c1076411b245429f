//! Operations with their types put away, so that everything around them (the
//! transaction, the two engines, the handler of the doors) is compiled once
//! and not once per operation.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::policy::{Actor, Permission};
use domain::{Error, Result, Time};

use crate::errand::Trip;
use crate::{Answer, App, Cx, Effect, Op};

/// Work that is running.
pub(crate) type Running<'w> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'w>>;

/// What runs inside a transaction and answers a door.
pub(crate) trait Work: Send + Sync + 'static {
    fn run<'w, 'c: 'w>(&'w self, cx: &'w mut Cx<'c>) -> Running<'w>;
}

/// What a door has decoded: an operation or an errand.
pub struct Prepared {
    pub(crate) needs: Permission,
    pub(crate) effect: Effect,
    pub(crate) job: Job,
}

/// Where it runs: inside a transaction, or around some.
pub(crate) enum Job {
    Op(Arc<dyn Work>),
    Staged(Box<dyn Stage>),
    Errand(Box<dyn Trip>),
}

impl Prepared {
    /// Puts an operation together with the encoding of its output.
    pub fn new<O: Op>(op: O, encode: fn(O::Output, Time) -> Answer) -> Self {
        Self {
            needs: O::NEEDS,
            effect: O::EFFECT,
            job: if O::PREPARES {
                Job::Staged(Box::new(Encoded { op, encode }))
            } else {
                Job::Op(Arc::new(Encoded { op, encode }))
            },
        }
    }
}

/// An operation that has something to do before its transaction.
pub(crate) type Preparing<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn Work>>> + Send + 'a>>;

/// What becomes work once it is prepared.
pub(crate) trait Stage: Send + Sync + 'static {
    fn prepare<'a>(self: Box<Self>, app: &'a App, actor: &'a Actor) -> Preparing<'a>;
}

impl<O: Op> Stage for Encoded<O> {
    fn prepare<'a>(self: Box<Self>, app: &'a App, actor: &'a Actor) -> Preparing<'a> {
        Box::pin(async move {
            let Self { op, encode } = *self;
            let op = op.prepare(app, actor).await?;
            let work: Arc<dyn Work> = Arc::new(Self { op, encode });
            Ok(work)
        })
    }
}

struct Encoded<O: Op> {
    op: O,
    encode: fn(O::Output, Time) -> Answer,
}

impl<O: Op> Work for Encoded<O> {
    fn run<'w, 'c: 'w>(&'w self, cx: &'w mut Cx<'c>) -> Running<'w> {
        Box::pin(async move {
            let output = self.op.clone().run(cx).await?;
            Ok((self.encode)(output, cx.now))
        })
    }
}

/// Where a typed operation leaves its output.
pub(crate) struct Output<T>(Arc<Mutex<Option<T>>>);

impl<T> Output<T> {
    pub(crate) fn take(self) -> Result<T> {
        let output = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        output.ok_or_else(Error::internal)
    }
}

struct Typed<O: Op> {
    op: O,
    output: Arc<Mutex<Option<O::Output>>>,
}

impl<O: Op> Work for Typed<O> {
    fn run<'w, 'c: 'w>(&'w self, cx: &'w mut Cx<'c>) -> Running<'w> {
        Box::pin(async move {
            let output = self.op.clone().run(cx).await?;
            *self.output.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
            Ok(Answer {
                status: 200,
                body: Bytes::new(),
            })
        })
    }
}

/// An operation whose output is wanted as it is.
pub(crate) fn typed<O: Op>(op: O) -> (Arc<dyn Work>, Output<O::Output>) {
    let output = Arc::new(Mutex::new(None));
    let work = Typed {
        op,
        output: Arc::clone(&output),
    };
    (Arc::new(work), Output(output))
}
