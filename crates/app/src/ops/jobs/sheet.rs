//! A job with its document opened, on its way from one status to another.
//!
//! **Invariant:** every change of status is told to the log
//! (`job.transition`); [`Sheet::store`] compares where the job stood with where
//! it stands and moves what depends on it. Fields of the document that begin
//! with `_` are the engine's own and are never shown.

use std::pin::Pin;

use domain::Result;
use domain::event::Happening;
use domain::id::{JobId, MissionId};
use domain::job::Status;
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::job_runs::{self, Outcome};
use store::tables::jobs::{self, Job};

use crate::Cx;
use crate::calendar::iso;
use crate::ops::{missions, watchers};

/// The job because of which a job failed.
const BLOCKED_BY: &str = "_blockedBy";

/// A job with its document.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its row; the document in it is stale until it is stored.
    pub job: Job,
    /// Its document.
    pub document: Map<String, Value>,
    /// Where it stands in the database.
    stored: Status,
}

impl Sheet {
    /// Opens a job as it was read.
    pub fn open(job: Job) -> Self {
        let document = serde_json::from_str(&job.document).unwrap_or_default();
        let stored = job.status;
        Self {
            job,
            document,
            stored,
        }
    }

    /// Its id.
    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// A text of the document; empty where there is none.
    pub fn text(&self, field: &str) -> &str {
        self.document
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// A number of the document.
    pub fn number(&self, field: &str) -> Option<i64> {
        let value = self.document.get(field)?;
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|number| number as i64))
    }

    /// A list of the document; empty where there is none.
    pub fn list(&self, field: &str) -> &[Value] {
        let list = self.document.get(field).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// Whether a switch of the document is on.
    pub fn is(&self, field: &str) -> bool {
        self.document.get(field) == Some(&Value::Bool(true))
    }

    /// Whether its result is checked before it counts as done.
    pub(super) fn is_checked(&self) -> bool {
        !self.list("expectations").is_empty() || !self.list("metrics").is_empty()
    }

    /// Sets a field of the document.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.document.insert(field.to_owned(), value.into());
    }

    /// The job as everybody sees it (Polpo 2.8).
    pub fn shown(&self) -> Value {
        shown_with(&self.job, &self.document)
    }

    /// Goes to another status, by the ways there are.
    ///
    /// # Errors
    /// `Conflict` (`invalid_state`) where there is none.
    pub(crate) async fn go(
        &mut self,
        cx: &mut Cx<'_>,
        environment: &Environment,
        next: Status,
    ) -> Result<()> {
        self.job.status.to(next)?;
        self.force(cx, environment, next).await
    }

    /// Goes to another status, whatever the ways are.
    pub(crate) async fn force(
        &mut self,
        cx: &mut Cx<'_>,
        environment: &Environment,
        next: Status,
    ) -> Result<()> {
        let from = self.job.status;
        if from == next {
            return Ok(());
        }
        self.job.status = next;
        self.job.updated_at = cx.now;
        let facts = json!({
            "taskId": self.job.id.to_string(),
            "from": from.as_str(),
            "to": next.as_str(),
            "task": self.shown(),
        });
        self.tell(cx, environment, Happening::JobTransition, facts)
            .await?;
        watchers::fire(cx, environment, &self.job).await
    }

    /// Tells the log something about the job.
    pub(crate) async fn tell(
        &self,
        cx: &mut Cx<'_>,
        environment: &Environment,
        what: Happening,
        facts: Value,
    ) -> Result<()> {
        cx.record_hosted(environment.id, what, self.job.id, facts)
            .await
    }

    /// Tells that something but the status has changed.
    pub(crate) async fn tell_updated(
        &self,
        cx: &mut Cx<'_>,
        environment: &Environment,
    ) -> Result<()> {
        let facts = json!({ "taskId": self.job.id.to_string(), "task": self.shown() });
        self.tell(cx, environment, Happening::JobUpdated, facts)
            .await
    }

    /// Tells that it is tried once more.
    pub(super) async fn tell_retry(
        &self,
        cx: &mut Cx<'_>,
        environment: &Environment,
    ) -> Result<()> {
        let facts = json!({
            "taskId": self.id().to_string(),
            "attempt": self.job.retries,
            "maxRetries": self.number("maxRetries"),
        });
        self.tell(cx, environment, Happening::JobRetry, facts).await
    }

    /// Stores the job, and moves what depends on it: the environment is locked.
    pub(crate) async fn store(&mut self, cx: &mut Cx<'_>, environment: &Environment) -> Result<()> {
        self.keep(cx).await?;
        let from = std::mem::replace(&mut self.stored, self.job.status);
        settle(cx, environment, &self.job, from).await
    }

    /// Stores the job alone.
    async fn keep(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        self.job.updated_at = cx.now;
        self.job.document = written(&self.document);
        jobs::update(cx.tx, &self.job).await
    }

    /// Ends the run that is under way, if there is one.
    pub(crate) async fn stop_run(&self, cx: &mut Cx<'_>, outcome: Outcome) -> Result<()> {
        let Some(mut run) = job_runs::open_of(cx.tx, self.job.id).await? else {
            return Ok(());
        };
        run.ended_at = Some(cx.now);
        run.outcome = Some(outcome);
        job_runs::update(cx.tx, &run).await?;
        cx.halt(run.id);
        Ok(())
    }
}

/// Stores a job before something else moves it.
pub(super) async fn keep_document(cx: &mut Cx<'_>, sheet: &mut Sheet) -> Result<()> {
    sheet.keep(cx).await
}

/// A document as it is stored.
pub(super) fn written(document: &Map<String, Value>) -> String {
    serde_json::to_string(document).unwrap_or_else(|_| "{}".to_owned())
}

/// A job as everybody sees it (Polpo 2.8), in answers and events.
pub(crate) fn shown(job: &Job) -> Value {
    Sheet::open(job.clone()).shown()
}

fn shown_with(job: &Job, document: &Map<String, Value>) -> Value {
    let Job {
        id,
        environment: _,
        title,
        agent,
        group,
        mission,
        status,
        phase,
        waits: _,
        held: _,
        retries,
        document: _,
        precedence: _,
        alarm: _,
        created_at,
        updated_at,
    } = job;
    let open = document.iter().filter(|(name, _)| !name.starts_with('_'));
    let mut shown: Map<String, Value> = open
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let fixed = json!({
        "id": id.to_string(),
        "title": title,
        "assignTo": agent,
        "status": status.as_str(),
        "phase": phase.as_str(),
        "retries": retries,
        "createdAt": iso(*created_at),
        "updatedAt": iso(*updated_at),
    });
    if let Value::Object(fixed) = fixed {
        shown.extend(fixed);
    }
    if let Some(group) = group {
        shown.insert("group".into(), group.clone().into());
    }
    if let Some(mission) = mission {
        shown.insert("missionId".into(), mission.to_string().into());
    }
    for list in ["dependsOn", "expectations", "metrics"] {
        shown.entry(list).or_insert_with(|| json!([]));
    }
    Value::Object(shown)
}

/// Moves what depends on a job after its status was stored.
async fn settle(cx: &mut Cx<'_>, environment: &Environment, job: &Job, from: Status) -> Result<()> {
    let to = job.status;
    if from == to {
        return Ok(());
    }
    match (from == Status::Done, to == Status::Done) {
        (false, true) => jobs::wait_more(cx.tx, job.environment, job.id, -1).await?,
        (true, false) => jobs::wait_more(cx.tx, job.environment, job.id, 1).await?,
        _ => {}
    }
    // What has just begun makes nothing else ready.
    if !to.is_running() {
        cx.wake(environment.id);
    }
    let mut ended = vec![job.clone()];
    if to == Status::Failed {
        ended.extend(give_up_behind(cx, environment, job.id).await?);
    }
    for job in ended.iter().filter(|job| job.status.is_final()) {
        go_on(cx, environment, job).await?;
    }
    Ok(())
}

/// The plain deadlock rule: what waits for a job that has failed for good
/// fails as well, and what waits for that (Polpo 3.1).
async fn give_up_behind(
    cx: &mut Cx<'_>,
    environment: &Environment,
    failed: JobId,
) -> Result<Vec<Job>> {
    let mut behind = vec![failed];
    let mut ended = Vec::new();
    while let Some(failed) = behind.pop() {
        let dependants = jobs::dependants(cx.tx, environment.id, failed).await?;
        let waiting = dependants.into_iter().filter(|job| {
            matches!(job.status, Status::Pending | Status::AwaitingApproval) && job.waits > 0
        });
        let mut stuck: Vec<_> = waiting.map(Sheet::open).collect();
        if stuck.is_empty() {
            continue;
        }
        let ids: Vec<_> = stuck.iter().map(|sheet| sheet.id().to_string()).collect();
        let facts = json!({ "taskIds": ids, "resolvableCount": 0 });
        cx.record_hosted(environment.id, Happening::DeadlockDetected, failed, facts)
            .await?;
        for sheet in &mut stuck {
            give_up(cx, environment, sheet, failed).await?;
            behind.push(sheet.id());
        }
        ended.extend(stuck.into_iter().map(|sheet| sheet.job));
    }
    Ok(ended)
}

/// Fails a job because one that it needs has failed.
pub(super) async fn give_up(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    failed: JobId,
) -> Result<()> {
    let reason = format!("it needs the task {failed}, which has failed");
    sheet.set(BLOCKED_BY, failed.to_string());
    sheet.set(
        "result",
        json!({ "exitCode": 1, "stdout": "", "stderr": format!("not begun: {reason}"), "duration": 0 }),
    );
    let facts = json!({ "taskId": sheet.id().to_string(), "reason": reason });
    sheet
        .tell(cx, environment, Happening::DeadlockUnresolvable, facts)
        .await?;
    sheet.force(cx, environment, Status::Failed).await?;
    sheet.stored = Status::Failed;
    sheet.keep(cx).await
}

/// Brings back the jobs that failed only because this one had: the other half
/// of [`give_up_behind`]. The job itself has left its failure behind.
pub(super) async fn bring_back_behind(
    cx: &mut Cx<'_>,
    environment: &Environment,
    revived: JobId,
) -> Result<()> {
    let mut ahead = vec![revived];
    while let Some(needed) = ahead.pop() {
        for job in jobs::dependants(cx.tx, environment.id, needed).await? {
            let mut sheet = Sheet::open(job);
            let is_free = sheet.job.status == Status::Failed
                && sheet.document.contains_key(BLOCKED_BY)
                && jobs::failed_need(cx.tx, sheet.job.environment, sheet.id())
                    .await?
                    .is_none()
                && !sheet.is_title_taken(cx).await?;
            if !is_free {
                continue;
            }
            sheet.forget_failure();
            sheet.force(cx, environment, Status::Pending).await?;
            sheet.stored = Status::Pending;
            sheet.keep(cx).await?;
            ahead.push(sheet.id());
        }
    }
    Ok(())
}

impl Sheet {
    /// Whether it failed only because a job that it needs had.
    pub(super) fn is_blocked(&self) -> bool {
        self.document.contains_key(BLOCKED_BY)
    }

    /// Takes away what its failure left.
    pub(super) fn forget_failure(&mut self) {
        self.document.remove(BLOCKED_BY);
        self.document.remove("result");
    }

    /// Whether another job that has not ended has its title by now.
    pub(super) async fn is_title_taken(&self, cx: &mut Cx<'_>) -> Result<bool> {
        let holder = jobs::unfinished(cx.tx, &self.job).await?;
        Ok(holder.is_some_and(|id| id != self.job.id))
    }
}

/// Tells the run of a job's mission that the job has ended.
async fn go_on(cx: &mut Cx<'_>, environment: &Environment, job: &Job) -> Result<()> {
    if let (Some(mission), Some(group)) = (job.mission, &job.group) {
        advance(cx, environment, mission, group).await?;
    }
    Ok(())
}

/// As [`missions::advance`], which moves jobs itself.
pub(super) fn advance<'a>(
    cx: &'a mut Cx<'_>,
    environment: &'a Environment,
    mission: MissionId,
    group: &'a str,
) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(missions::advance(cx, environment, mission, group))
}
