//! Somebody wants a run ended.

use domain::event::Happening;
use domain::id::RunId;
use domain::policy::Actor;
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::runs::{self, Run, Status};

use super::{not_active, own};
use crate::{App, Cx, Errand, Op};

/// Ends a run; again is no harm.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// The run.
    pub run: RunId,
    /// Why.
    pub reason: Option<String>,
}

/// As [`Cancel`], for a run that is under way.
#[derive(Clone, Debug)]
pub struct Abort {
    /// The run.
    pub run: RunId,
    /// Why.
    pub reason: Option<String>,
}

/// What comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Cancelled {
    /// The run.
    pub run: RunId,
    /// Whether it ends because of somebody's wish.
    pub is_accepted: bool,
}

impl Errand for Cancel {
    type Output = Cancelled;
    operation!("runs.cancel", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Cancelled> {
        if let Some(reason) = &self.reason {
            text::required("reason", reason, limits::CANCEL_REASON_CHARS)?;
        }
        let run = self.run;
        let found = app.call(actor, Mark { run }).await?;
        if let Some(attended) = app.live().find(found.environment, run) {
            attended.cancel();
        }
        let is_accepted = matches!(found.status, Status::Running | Status::Cancelled);
        Ok(Cancelled { run, is_accepted })
    }
}

impl Errand for Abort {
    type Output = Cancelled;
    operation!("runs.abort", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Cancelled> {
        let Self { run, reason } = self;
        let cancelled = Cancel { run, reason }.run(app, actor).await?;
        match cancelled.is_accepted {
            true => Ok(cancelled),
            false => Err(not_active()),
        }
    }
}

/// Notes it for the node that attends the run, which may be another one: it
/// hears of it through the log, and when it renews its lease at the latest.
#[derive(Clone, Copy, Debug)]
struct Mark {
    run: RunId,
}

impl Op for Mark {
    type Output = Run;
    operation!("runs.mark", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Run> {
        let run = own(cx, self.run).await?;
        if run.status == Status::Running && !run.is_cancelled {
            runs::cancel(cx.tx, run.environment, run.id).await?;
            let facts = json!({ "runId": run.id.to_string() });
            cx.record_hosted(run.environment, Happening::RunCancelled, run.id, facts)
                .await?;
        }
        Ok(run)
    }
}
