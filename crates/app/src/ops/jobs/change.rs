//! A job is changed by hand: its fields, its status, its end (Polpo 2.8).

use domain::id::JobId;
use domain::job::{Phase, Status};
use domain::page::Part;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::job_runs::{self, Outcome, Run, Stage};
use store::tables::jobs::{self, Filter};
use uuid::Uuid;

use super::create::title_taken;
use super::fields::{expectations, precedence};
use super::groups::{end, remove, revive};
use super::sheet::{advance, bring_back_behind};
use super::{Sheet, locked, market};
use crate::ops::environments;
use crate::{Cx, Op};

/// Changes fields of a job, its status by force.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub job: JobId,
    /// `description`, `assignTo`, `status`, `expectations`, `retries`,
    /// `maxRetries`, `sideEffects`, `priority`.
    pub fields: Map<String, Value>,
}

impl Op for Update {
    type Output = Value;
    operation!("jobs.update", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut sheet = locked(cx, &environment, self.job).await?;
        let was_failed = sheet.job.status == Status::Failed;
        let given = self.fields.iter().filter(|(_, value)| !value.is_null());
        for (name, value) in given {
            change(&mut sheet, name, value)?;
        }
        match self.fields.get("status") {
            Some(Value::Null) | None => sheet.tell_updated(cx, &environment).await?,
            Some(word) => {
                let status = word.as_str().and_then(Status::parse);
                let status = status.ok_or_else(|| {
                    Error::field("status", "must be one of the statuses of a task")
                })?;
                force(cx, &environment, &mut sheet, status).await?;
            }
        }
        sheet.store(cx, &environment).await?;
        if was_failed && sheet.job.status != Status::Failed {
            bring_back_behind(cx, &environment, sheet.id()).await?;
        }
        Ok(sheet.shown())
    }
}

fn change(sheet: &mut Sheet, name: &str, value: &Value) -> Result<()> {
    match name {
        "description" => {
            let description = said("description", value)?;
            text::required("description", description, limits::JOB_TEXT_CHARS)?;
            sheet.document.remove("originalDescription");
            sheet.set("description", description);
        }
        "assignTo" => {
            let agent = said("assignTo", value)?;
            text::required("assignTo", agent, limits::NAME_CHARS)?;
            sheet.job.agent = agent.to_owned();
        }
        "expectations" => {
            use Status::{Done, Draft, Failed, Pending};
            if !matches!(sheet.job.status, Draft | Pending | Failed | Done) {
                return Err(Error::conflict(
                    "invalid_state",
                    "expectations can be changed while the task is pending, failed or done",
                ));
            }
            let kept = expectations(value, &mut Vec::new())?;
            sheet.set("expectations", kept);
        }
        "retries" => {
            let count = value
                .as_i64()
                .filter(|count| (0..=limits::JOB_RETRIES_MAX).contains(count));
            sheet.job.retries = count.ok_or_else(|| {
                Error::field(
                    "retries",
                    format!(
                        "must be a whole number from 0 to {}",
                        limits::JOB_RETRIES_MAX
                    ),
                )
            })?;
        }
        "maxRetries" | "sideEffects" | "priority" => {
            let one = Map::from_iter([(name.to_owned(), value.clone())]);
            sheet.document.extend(super::checked(&one)?.document);
            sheet.job.precedence = precedence(&sheet.document);
        }
        _ => {}
    }
    Ok(())
}

fn said<'a>(field: &'static str, value: &'a Value) -> Result<&'a str> {
    value
        .as_str()
        .ok_or_else(|| Error::field(field, "must be a text"))
}

/// Puts a job where somebody says, whatever the ways are.
async fn force(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    status: Status,
) -> Result<()> {
    if sheet.job.status == status {
        return sheet.tell_updated(cx, environment).await;
    }
    if sheet.job.status.is_final() && !status.is_final() && sheet.is_title_taken(cx).await? {
        return Err(title_taken(&sheet.job.title));
    }
    market::withdraw(cx, sheet).await?;
    sheet.stop_run(cx, Outcome::Killed).await?;
    sheet.force(cx, environment, status).await
}

/// What is done with one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A failed one is tried again.
    Retry,
    /// It fails, and its agent is stopped.
    Kill,
    /// The result of a finished one is checked again.
    Reassess,
    /// A draft is to be done.
    Queue,
    /// It fails, whatever it was.
    ForceFail,
}

/// Does something with one job.
#[derive(Clone, Copy, Debug)]
pub struct Do {
    /// With which.
    pub job: JobId,
    /// What.
    pub deed: Deed,
}

impl Op for Do {
    /// What was done, and the job behind it.
    type Output = (Deed, Value);
    operation!("jobs.do", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(Deed, Value)> {
        let environment = environments::own(cx).await?;
        let mut sheet = locked(cx, &environment, self.job).await?;
        match self.deed {
            Deed::Retry => retry(cx, &environment, &mut sheet).await?,
            Deed::Kill => stop(cx, &environment, &mut sheet, "stopped by its caller").await?,
            Deed::ForceFail => stop(cx, &environment, &mut sheet, "failed by its caller").await?,
            Deed::Reassess => reassess(cx, &environment, &mut sheet).await?,
            Deed::Queue if sheet.job.status == Status::Draft => {
                queue(cx, &environment, &mut sheet).await?;
            }
            Deed::Queue => {
                return Err(Error::not_found(
                    "invalid_state",
                    format!(
                        "only a draft can be queued, and this task is {}",
                        sheet.job.status.as_str()
                    ),
                ));
            }
        }
        Ok((self.deed, sheet.shown()))
    }
}

/// A failed job is tried again.
async fn retry(cx: &mut Cx<'_>, environment: &Environment, sheet: &mut Sheet) -> Result<()> {
    if sheet.job.status != Status::Failed {
        return Err(Error::conflict(
            "invalid_state",
            format!(
                "only a failed task can be tried again, and this one is {}",
                sheet.job.status.as_str()
            ),
        ));
    }
    if sheet.is_title_taken(cx).await? {
        return Err(title_taken(&sheet.job.title));
    }
    revive(cx, environment, sheet).await
}

/// A job fails, whatever it was.
async fn stop(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    why: &str,
) -> Result<()> {
    if sheet.job.status == Status::Failed {
        return Ok(());
    }
    end(cx, environment, sheet, why).await
}

/// A draft is to be done.
pub(super) async fn queue(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    sheet.go(cx, environment, Status::Pending).await?;
    sheet.store(cx, environment).await?;
    if let Some(failed) = jobs::failed_need(cx.tx, sheet.job.environment, sheet.id()).await? {
        super::sheet::give_up(cx, environment, sheet, failed).await?;
    }
    Ok(())
}

/// The result of a finished job is checked again, by whichever node comes
/// first.
async fn reassess(cx: &mut Cx<'_>, environment: &Environment, sheet: &mut Sheet) -> Result<()> {
    if !sheet.job.status.is_final() || !sheet.is_checked() {
        return Err(Error::conflict(
            "invalid_state",
            "only a task that is done or failed and has expectations or metrics can be assessed again",
        ));
    }
    if sheet.is_title_taken(cx).await? {
        return Err(title_taken(&sheet.job.title));
    }
    sheet.set("_trigger", "reassess");
    sheet.job.phase = Phase::Review;
    sheet.force(cx, environment, Status::Review).await?;
    let run = Run {
        id: cx.id(),
        environment: environment.id,
        job: sheet.id(),
        agent: sheet.job.agent.clone(),
        stage: Stage::Assessment,
        node: Uuid::nil(),
        leased_until: domain::Time(0),
        activity: "{}".into(),
        entries: 0,
        outcome: None,
        started_at: cx.now,
        ended_at: None,
    };
    job_runs::insert(cx.tx, &run).await?;
    let facts = json!({ "taskId": sheet.id().to_string() });
    let what = domain::event::Happening::AssessmentStarted;
    sheet.tell(cx, environment, what, facts).await?;
    sheet.store(cx, environment).await
}

/// Deletes one job.
#[derive(Clone, Copy, Debug)]
pub struct Remove {
    /// Which.
    pub job: JobId,
}

impl Op for Remove {
    /// The job as it was.
    type Output = Value;
    operation!("jobs.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut sheet = locked(cx, &environment, self.job).await?;
        remove(cx, &environment, &mut sheet).await?;
        if let (Some(mission), Some(group)) = (sheet.job.mission, &sheet.job.group) {
            advance(cx, &environment, mission, group).await?;
        }
        Ok(sheet.shown())
    }
}

/// Deletes jobs by a filter.
#[derive(Clone, Debug)]
pub struct RemoveMany {
    /// Which; all of them where nothing is said.
    pub filter: Filter,
}

impl Op for RemoveMany {
    type Output = usize;
    operation!("jobs.remove_many", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<usize> {
        let environment = environments::own(cx).await?;
        cx.tx.lock(Lock::Environment(environment.id)).await?;
        let found = jobs::list(cx.tx, environment.id, &self.filter, Part::default()).await?;
        let count = found.len();
        let mut runs = std::collections::BTreeSet::new();
        for job in found {
            remove(cx, &environment, &mut Sheet::open(job.clone())).await?;
            runs.extend(job.mission.zip(job.group));
        }
        for (mission, group) in runs {
            advance(cx, &environment, mission, &group).await?;
        }
        Ok(count)
    }
}
