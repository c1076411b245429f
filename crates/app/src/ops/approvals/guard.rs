//! Asks whether a job may go on at a point.

use domain::Result;
use store::tables::environments::Environment;
use store::tables::jobs::Job;

use crate::Cx;

/// Where jobs can be stopped (Polpo 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hook {
    /// Before a run begins (`task:spawn`).
    Spawn,
    /// Before a job counts as done (`task:complete`).
    Complete,
    /// Before it counts as failed (`task:fail`).
    Fail,
    /// Before it is tried again (`task:retry`).
    Retry,
}

/// Whether the way is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It is.
    Open,
    /// Somebody was asked: the job awaits approval.
    Waits,
}

/// Asks the gates of an environment at a hook.
pub(crate) async fn guard(
    cx: &mut Cx<'_>,
    environment: &Environment,
    job: &Job,
    hook: Hook,
) -> Result<Passage> {
    let _ = (cx, environment, job, hook);
    Ok(Passage::Open)
}
