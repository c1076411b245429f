//! Jobs as callers read them.

use domain::Result;
use domain::id::JobId;
use domain::limits;
use domain::page::Part;
use serde_json::{Value, json};
use store::tables::job_runs::{self, Run};
use store::tables::jobs::{self, Filter};

use super::{found, shown};
use crate::calendar::iso;
use crate::ops::environments;
use crate::{Cx, Op};

/// Lists jobs, in the order of their making.
#[derive(Clone, Debug)]
pub struct List {
    /// Which.
    pub filter: Filter,
    /// Which of them.
    pub part: Part,
}

impl Op for List {
    type Output = Vec<Value>;
    operation!("jobs.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let found = jobs::list(cx.tx, environment, &self.filter, self.part).await?;
        Ok(found.iter().map(shown).collect())
    }
}

/// Reads one job.
#[derive(Clone, Copy, Debug)]
pub struct Get {
    /// Which.
    pub job: JobId,
}

impl Op for Get {
    type Output = Value;
    operation!("jobs.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        Ok(found(cx, &environment, self.job).await?.shown())
    }
}

/// Reads a job with its last run and that run's log.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// Which.
    pub job: JobId,
}

impl Op for Activity {
    type Output = Value;
    operation!("jobs.activity", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = cx.actor.environment()?;
        let missing =
            json!({ "task": null, "run": null, "sessionResolution": "missing", "entries": [] });
        let Some(job) = jobs::find(cx.tx, environment, self.job).await? else {
            return Ok(missing);
        };
        let run = job_runs::last_of(cx.tx, job.id).await?;
        let entries = match &run {
            Some(run) => log(cx, run).await?,
            None => Vec::new(),
        };
        Ok(json!({
            "task": shown(&job),
            "run": run.as_ref().map(run_shown),
            "sessionId": run.as_ref().map(|run| run.id.to_string()),
            "sessionResolution": if run.is_some() { "explicit" } else { "missing" },
            "entries": entries,
        }))
    }
}

/// Lists what runs at the moment (Polpo 2.10).
#[derive(Clone, Copy, Debug)]
pub struct Processes;

impl Op for Processes {
    type Output = Vec<Value>;
    operation!("jobs.processes", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let open = job_runs::open(cx.tx, environment).await?;
        Ok(open.iter().map(process).collect())
    }
}

/// Reads the log of a job's last run; empty where there is none.
#[derive(Clone, Copy, Debug)]
pub struct RunLog {
    /// Of which job.
    pub job: JobId,
}

impl Op for RunLog {
    type Output = Vec<Value>;
    operation!("jobs.run_log", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let job = jobs::find(cx.tx, environment, self.job).await?;
        let run = match job {
            Some(job) => job_runs::last_of(cx.tx, job.id).await?,
            None => None,
        };
        match run {
            Some(run) => log(cx, &run).await,
            None => Ok(Vec::new()),
        }
    }
}

/// The log of a run, from its header to its end.
async fn log(cx: &mut Cx<'_>, run: &Run) -> Result<Vec<Value>> {
    let started = iso(run.started_at);
    let mut entries = vec![
        json!({
            "_run": true,
            "runId": run.id.to_string(),
            "taskId": run.job.to_string(),
            "agentName": run.agent,
            "startedAt": started,
            "pid": 0,
        }),
        json!({ "ts": started, "event": "spawned" }),
    ];
    let written = job_runs::entries(cx.tx, run.id, limits::RUN_ENTRIES).await?;
    let read = written
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok());
    entries.extend(read);
    if let (Some(ended), Some(outcome)) = (run.ended_at, run.outcome) {
        let event = match outcome {
            job_runs::Outcome::Completed => "done",
            job_runs::Outcome::Killed => "sigterm",
            job_runs::Outcome::Failed | job_runs::Outcome::Lost => "error",
        };
        entries.push(json!({ "ts": iso(ended), "event": event }));
    }
    Ok(entries)
}

fn process(run: &Run) -> Value {
    let mut activity = json!({
        "filesCreated": [],
        "filesEdited": [],
        "toolCalls": 0,
        "totalTokens": 0,
        "lastUpdate": iso(run.started_at),
    });
    let noted: Value = serde_json::from_str(&run.activity).unwrap_or_default();
    if let (Some(activity), Value::Object(noted)) = (activity.as_object_mut(), noted) {
        activity.extend(noted);
    }
    json!({
        "id": run.id.to_string(),
        "agentName": run.agent,
        "pid": 0,
        "taskId": run.job.to_string(),
        "startedAt": iso(run.started_at),
        "alive": run.ended_at.is_none(),
        "activity": activity,
    })
}

fn run_shown(run: &Run) -> Value {
    let mut shown = process(run);
    let status = run.outcome.map_or("running", |outcome| match outcome {
        job_runs::Outcome::Completed => "completed",
        job_runs::Outcome::Failed => "failed",
        job_runs::Outcome::Killed | job_runs::Outcome::Lost => "killed",
    });
    shown["status"] = json!(status);
    if let Some(ended) = run.ended_at {
        shown["endedAt"] = json!(iso(ended));
    }
    shown
}
