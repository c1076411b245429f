//! Runs as the engine holds them: what it was handed, and how one is found
//! again when there is something to write down.

use std::sync::Arc;

use domain::Result;
use domain::id::{EnvironmentId, RunId};
use domain::time::Span;
use serde_json::{Map, Value};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::job_runs::{self, Outcome, Run, Stage};
use store::tables::jobs;
use uuid::Uuid;

use super::Sheet;
use crate::Cx;
use crate::ops::environments;
use crate::ports::agents::Worker;

/// For how long a node has a run to itself without saying that it lives.
pub const LEASE: Span = Span::seconds(15);

/// A run that a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Where.
    pub environment: EnvironmentId,
    /// Which run.
    pub run: RunId,
    /// By which node.
    pub node: Uuid,
}

/// A run that was handed to a node.
#[derive(Clone, Debug)]
pub struct Taken {
    /// By what it is held.
    pub holding: Holding,
    /// The job as it stands.
    pub sheet: Sheet,
    /// What is to be done.
    pub stage: Stage,
    /// Who works; nobody where the agent is gone by now.
    pub worker: Option<Worker>,
    /// Which model it uses, where that is said.
    pub model: Option<String>,
    /// Which model looks at results, where that is said for the environment.
    pub judge: Option<String>,
    /// The messages with which the run begins.
    pub messages: Vec<Value>,
    /// Milliseconds it may take.
    pub most_ms: i64,
    /// Entries that its log has.
    pub entries: i64,
}

/// How an agent's part of a run ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// 0 when the agent came to its end.
    pub exit_code: i64,
    /// What it said last.
    pub stdout: String,
    /// Why it did not come to its end.
    pub stderr: String,
    /// Milliseconds it took.
    pub duration_ms: i64,
    /// Outcomes it registered.
    pub outcomes: Vec<Value>,
    /// Files it made, and files it changed.
    pub files: (Vec<String>, Vec<String>),
    /// Why the server cut it off.
    pub cut: Option<Cut>,
    /// What it did, as the list of processes shows it.
    pub activity: Map<String, Value>,
    /// Further entries for its log.
    pub entries: Vec<Value>,
}

/// Why a run was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It took longer than it may, in milliseconds.
    TimedOut {
        /// So long it took.
        elapsed: i64,
        /// So long it may take.
        timeout: i64,
    },
    /// It showed no sign of life for so many milliseconds.
    Stale {
        /// So long.
        idle: i64,
    },
}

/// A run behind the lock of its environment, with its job.
pub(super) struct Held {
    pub(super) environment: Environment,
    pub(super) run: Run,
    pub(super) sheet: Sheet,
}

/// The run, if the node still holds it; otherwise what it reports is passed
/// over.
pub(super) async fn held(cx: &mut Cx<'_>, holding: Holding) -> Result<Option<Held>> {
    cx.tx.lock(Lock::Environment(holding.environment)).await?;
    let run = job_runs::find(cx.tx, holding.environment, holding.run).await?;
    let Some(run) = run.filter(|run| run.ended_at.is_none() && run.node == holding.node) else {
        return Ok(None);
    };
    let Some(job) = jobs::find(cx.tx, holding.environment, run.job).await? else {
        return Ok(None);
    };
    let environment = environments::found(cx, holding.environment).await?;
    Ok(Some(Held {
        environment,
        run,
        sheet: Sheet::open(job),
    }))
}

impl Held {
    /// Ends the run.
    pub(super) async fn end(&mut self, cx: &mut Cx<'_>, outcome: Outcome) -> Result<()> {
        self.run.ended_at = Some(cx.now);
        self.run.outcome = Some(outcome);
        job_runs::update(cx.tx, &self.run).await
    }

    /// Adds entries to the log of the run.
    pub(super) async fn log(&mut self, cx: &mut Cx<'_>, entries: Vec<Value>) -> Result<()> {
        for entry in entries {
            let number = self.run.entries;
            job_runs::insert_entry(cx.tx, self.run.id, number, entry.to_string()).await?;
            self.run.entries = number.saturating_add(1);
        }
        Ok(())
    }
}

/// A worker as a turn needs it.
pub(super) fn worker(name: &str, document: &Arc<Map<String, Value>>) -> Worker {
    Worker {
        name: name.into(),
        document: Arc::clone(document),
    }
}
