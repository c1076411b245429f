//! A job is begun by a caller who may follow it to its end (Polpo 2.8).
//!
//! What its agent says is heard at once where the job runs on this node;
//! otherwise the result is told at the end.

use std::pin::Pin;
use std::time::Duration;

use domain::id::JobId;
use domain::job::Status;
use domain::policy::{Actor, Permission};
use domain::{Error, Result};
use futures_core::Stream;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;

use super::change::queue;
use super::{Get, locked};
use crate::ops::environments;
use crate::ports::agents::Piece;
use crate::{App, Cx, Effect, Errand, Op};

/// How often a job is looked at that runs elsewhere.
const LOOK: Duration = Duration::from_millis(500);

/// Begins a job.
#[derive(Clone, Copy, Debug)]
pub struct Execute {
    /// Which.
    pub job: JobId,
    /// Whether its caller wants to follow it.
    pub follows: bool,
}

/// What a caller gets that begins a job.
pub enum Executing {
    /// The job as it stands.
    Begun(Value),
    /// What happens in it.
    Followed(Steps),
}

/// What happens in a job, to its end.
pub type Steps = Pin<Box<dyn Stream<Item = Step> + Send>>;

/// One thing that happens in a job.
#[derive(Clone, Debug)]
pub enum Step {
    /// Its agent does something.
    Piece(Piece),
    /// It has ended, or waits for somebody: the job as it stands then.
    Over(Value),
}

impl Errand for Execute {
    type Output = Executing;
    const NAME: &'static str = "jobs.execute";
    const NEEDS: Permission = Permission::Host;
    const EFFECT: Effect = Effect::Writes;

    async fn run(self, app: &App, actor: &Actor) -> Result<Executing> {
        // Heard before it can begin: nothing is missed.
        let live = app.voices().follow(self.job);
        let news = app.news();
        let task = match app.call(actor, Ready { job: self.job }).await {
            Ok(task) if self.follows => task,
            other => {
                drop(live);
                app.voices().leave(self.job);
                return other.map(Executing::Begun);
            }
        };
        drop(task);
        let follower = Follower {
            app: app.clone(),
            actor: actor.clone(),
            job: self.job,
            live,
            news,
            is_over: false,
        };
        let steps = futures_util::stream::unfold(follower, Follower::next);
        Ok(Executing::Followed(Box::pin(steps)))
    }
}

/// Makes a draft a job to be done; whatever waits or runs already is left
/// alone.
#[derive(Clone, Copy, Debug)]
struct Ready {
    job: JobId,
}

impl Op for Ready {
    type Output = Value;
    operation!("jobs.ready", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut sheet = locked(cx, &environment, self.job).await?;
        match sheet.job.status {
            Status::Draft => queue(cx, &environment, &mut sheet).await?,
            Status::Done | Status::Failed => {
                return Err(Error::conflict(
                    "invalid_state",
                    format!(
                        "this task is {}: retry it, or write a new one",
                        sheet.job.status.as_str()
                    ),
                ));
            }
            _ => {}
        }
        Ok(sheet.shown())
    }
}

struct Follower {
    app: App,
    actor: Actor,
    job: JobId,
    live: broadcast::Receiver<Piece>,
    news: watch::Receiver<()>,
    is_over: bool,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.app.voices().leave(self.job);
    }
}

impl Follower {
    async fn next(mut self) -> Option<(Step, Self)> {
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                biased;
                piece = self.live.recv() => match piece {
                    Ok(piece) => return Some((Step::Piece(piece), self)),
                    Err(RecvError::Lagged(_)) => {}
                    // Its sender stays as long as somebody follows.
                    Err(RecvError::Closed) => return None,
                },
                _ = timeout(LOOK, self.news.changed()) => {
                    if let Some(task) = self.over().await? {
                        // What was said before its end comes before it.
                        if let Ok(piece) = self.live.try_recv() {
                            return Some((Step::Piece(piece), self));
                        }
                        self.is_over = true;
                        return Some((Step::Over(task), self));
                    }
                }
            }
        }
    }

    /// The job, where nothing more happens in it by itself; nothing at all
    /// when it is gone.
    async fn over(&self) -> Option<Option<Value>> {
        let task = self
            .app
            .call(&self.actor, Get { job: self.job })
            .await
            .ok()?;
        let status = task.get("status").and_then(Value::as_str);
        let is_over = matches!(
            status,
            Some("done" | "failed" | "awaiting_approval" | "draft")
        );
        Some(is_over.then_some(task))
    }
}
