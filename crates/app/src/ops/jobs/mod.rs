//! Jobs: work for hosted agents (Polpo 2.8, 3.1). The door calls them tasks;
//! here a task is what the market has.
//!
//! **Invariant:** whatever moves a job does it through a [`Sheet`], which tells
//! the log of every step and, when it is stored, moves what depends on the
//! job: the jobs that need it and the run of its mission.
//!
//! The engine that runs jobs is in `runtime/src/jobs.rs`; what it decides is
//! decided here, in the operations that only the server itself calls.

mod after;
mod assessed;
mod beat;
mod change;
mod create;
mod deadlines;
mod execute;
mod fields;
mod finish;
mod forget;
mod groups;
mod market;
mod prompt;
mod read;
mod runs;
mod sheet;
mod take;

pub use assessed::{Assessed, Progress, Verdict};
pub use beat::{Beat, GiveBack, Sign};
pub use change::{Deed, Do, Remove, RemoveMany, Update};
pub use create::Create;
pub(crate) use create::{NewJob, create};
pub use deadlines::{Alarmed, Ring};
pub use execute::{Execute, Executing, Step, Steps};
pub(crate) use fields::checked;
pub use finish::{Clarify, Finish};
pub use forget::ForgetRuns;
pub(crate) use groups::{Revived, end_group, go_on, let_go, remove_group, retry_group, send_back};
pub(crate) use market::follow;
pub use read::{Activity, Get, List, Processes, RunLog};
pub use runs::{Cut, Ended, Holding, LEASE, Taken};
pub use sheet::Sheet;
pub(crate) use sheet::shown;
pub use store::tables::job_runs::Stage;
pub use store::tables::jobs::Filter;
pub use take::{Begin, Take, Waiting};

use domain::id::JobId;
use domain::{Error, Result};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::jobs;

use crate::Cx;
use crate::ops::environments;

/// A job behind the lock of its environment.
pub(crate) async fn locked(cx: &mut Cx<'_>, environment: &Environment, id: JobId) -> Result<Sheet> {
    cx.tx.lock(Lock::Environment(environment.id)).await?;
    found(cx, environment, id).await
}

/// A job of an environment.
pub(crate) async fn found(cx: &mut Cx<'_>, environment: &Environment, id: JobId) -> Result<Sheet> {
    let job = jobs::find(cx.tx, environment.id, id).await?;
    job.map(Sheet::open).ok_or_else(unknown)
}

pub(crate) fn unknown() -> Error {
    Error::not_found("task_not_found", "there is no task of this id")
}

/// A number that is set in an environment.
pub(crate) fn setting(environment: &Environment, name: &str) -> Option<i64> {
    let settings = environments::settings(environment);
    settings.get(name).and_then(serde_json::Value::as_i64)
}
