//! What missions and approvals do with jobs: all of a run ended, removed, tried
//! again or let go; one job going on behind a gate.
//!
//! Whoever calls these has locked the environment.

use domain::Result;
use domain::event::Happening;
use domain::id::JobId;
use domain::job::{Phase, Status};
use serde_json::json;
use store::tables::environments::Environment;
use store::tables::job_runs::{self, Outcome};
use store::tables::jobs::{self, Job};

use super::sheet::bring_back_behind;
use super::{Sheet, after, market};
use crate::Cx;
use crate::ops::approvals::Hook;

/// What became of a run of a mission whose failed jobs were tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revived {
    /// Jobs that are tried again.
    pub(crate) retried: usize,
    /// Jobs that are pending now.
    pub(crate) pending: usize,
}

/// Ends every job of a run of a mission that has not ended: each fails and its
/// agent is stopped. Answers how many.
pub(crate) async fn end_group(
    cx: &mut Cx<'_>,
    environment: &Environment,
    group: &str,
    why: &str,
) -> Result<usize> {
    let mut ended = 0;
    for job in jobs::of_group(cx.tx, environment.id, group).await? {
        // Ending one may have ended those that need it.
        let Some(job) = jobs::find(cx.tx, environment.id, job.id).await? else {
            continue;
        };
        if !job.status.is_final() {
            end(cx, environment, &mut Sheet::open(job), why).await?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// Ends one job by force: it fails, its agent is stopped.
pub(crate) async fn end(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    why: &str,
) -> Result<()> {
    market::withdraw(cx, sheet).await?;
    sheet.stop_run(cx, Outcome::Killed).await?;
    sheet.set(
        "result",
        json!({ "exitCode": 1, "stdout": "", "stderr": why, "duration": 0 }),
    );
    sheet.force(cx, environment, Status::Failed).await?;
    sheet.store(cx, environment).await
}

/// Deletes every job of a run of a mission. Answers how many.
pub(crate) async fn remove_group(
    cx: &mut Cx<'_>,
    environment: &Environment,
    group: &str,
) -> Result<usize> {
    let all = jobs::of_group(cx.tx, environment.id, group).await?;
    let count = all.len();
    for job in all {
        remove(cx, environment, &mut Sheet::open(job)).await?;
    }
    Ok(count)
}

/// Deletes a job with its runs; those that need it need it no more.
pub(crate) async fn remove(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    market::withdraw(cx, sheet).await?;
    sheet.stop_run(cx, Outcome::Killed).await?;
    let id = sheet.id();
    if sheet.job.status != Status::Done {
        jobs::wait_more(cx.tx, environment.id, id, -1).await?;
    }
    jobs::remove(cx.tx, environment.id, id).await?;
    job_runs::forget(cx.tx, id).await?;
    let facts = json!({ "taskId": id.to_string() });
    sheet
        .tell(cx, environment, Happening::JobRemoved, facts)
        .await?;
    cx.wake(environment.id);
    Ok(())
}

/// Tries the failed jobs of a run of a mission again.
pub(crate) async fn retry_group(
    cx: &mut Cx<'_>,
    environment: &Environment,
    group: &str,
) -> Result<Revived> {
    let mut retried = 0;
    for job in jobs::of_group(cx.tx, environment.id, group).await? {
        let mut sheet = Sheet::open(job);
        let is_retried = sheet.job.status == Status::Failed && !sheet.is_blocked();
        if !is_retried || sheet.require_unplaced().is_err() {
            continue;
        }
        if !sheet.is_title_taken(cx).await? {
            revive(cx, environment, &mut sheet).await?;
            retried += 1;
        }
    }
    let all = jobs::of_group(cx.tx, environment.id, group).await?;
    let pending = all.iter().filter(|job| job.status == Status::Pending);
    Ok(Revived {
        retried,
        pending: pending.count(),
    })
}

/// Tries a failed job again, and brings back those that failed only because it
/// had.
pub(crate) async fn revive(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    sheet.require_unplaced()?;
    sheet.forget_failure();
    sheet.job.retries = sheet.job.retries.saturating_add(1);
    sheet.job.phase = Phase::Execution;
    sheet.go(cx, environment, Status::Pending).await?;
    sheet.store(cx, environment).await?;
    sheet.tell_retry(cx, environment).await?;
    bring_back_behind(cx, environment, sheet.id()).await
}

/// Lets a job go that its mission held back, or holds it back.
pub(crate) async fn let_go(
    cx: &mut Cx<'_>,
    environment: &Environment,
    job: JobId,
    held: bool,
) -> Result<()> {
    jobs::hold(cx.tx, environment.id, job, held).await?;
    cx.wake(environment.id);
    Ok(())
}

/// A job that awaited approval goes to its agent again, with what was said
/// about its work (Polpo 3.5).
pub(crate) async fn send_back(
    cx: &mut Cx<'_>,
    environment: &Environment,
    job: Job,
    feedback: &str,
) -> Result<Job> {
    let mut sheet = Sheet::open(job);
    let revisions = sheet.number("revisionCount").unwrap_or(0);
    sheet.set("revisionCount", revisions.saturating_add(1));
    let original = sheet.text("description").to_owned();
    let description =
        format!("{original}\n\nYour work was sent back with this feedback:\n{feedback}");
    sheet
        .document
        .entry("originalDescription")
        .or_insert_with(|| original.into());
    sheet.set("description", description);
    sheet.job.phase = Phase::Execution;
    sheet.go(cx, environment, Status::Pending).await?;
    sheet.store(cx, environment).await?;
    Ok(sheet.job)
}

/// A job goes on at the point where it awaited approval and got it: to its
/// end, to its next attempt, or to its run (Polpo 3.5).
pub(crate) async fn go_on(
    cx: &mut Cx<'_>,
    environment: &Environment,
    job: Job,
    hook: Hook,
) -> Result<Job> {
    let mut sheet = Sheet::open(job);
    match hook {
        Hook::Complete => after::finish(cx, environment, &mut sheet).await?,
        Hook::Fail => after::fail(cx, environment, &mut sheet).await?,
        Hook::Retry => after::retry(cx, environment, &mut sheet).await?,
        Hook::Spawn | Hook::Execute => {
            sheet.go(cx, environment, Status::Pending).await?;
            sheet.store(cx, environment).await?;
        }
    }
    Ok(sheet.job)
}
