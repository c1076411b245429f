//! A wish is granted or refused, by somebody or by silence, and what waited
//! goes on accordingly (Polpo 3.5).

use domain::approval::{Hook, Silence, Status};
use domain::event::Happening;
use domain::id::{ApprovalId, EnvironmentId};
use domain::job::Status as JobStatus;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::approvals::{self, Approval};
use store::tables::environments::Environment;
use store::tables::{jobs as job_table, missions};

use super::guard::{Passage, guard};
use super::list::found;
use super::{opened, shown, silence};
use crate::ops::jobs::{self, Sheet, send_back};
use crate::ops::{self, environments};
use crate::{Cx, Op};

/// Grants a wish.
#[derive(Clone, Debug)]
pub struct Approve {
    /// Which.
    pub approval: ApprovalId,
    /// Who says so.
    pub by: Option<String>,
    /// What is said to it.
    pub note: Option<String>,
}

impl Op for Approve {
    type Output = Value;
    operation!("approvals.approve", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let (environment, mut approval) = pending(cx, self.approval).await?;
        let mut document = opened(&approval);
        say(&mut document, "resolvedBy", self.by)?;
        say(&mut document, "note", self.note)?;
        settle(cx, &mut approval, Status::Approved, &document).await?;
        let mut facts = json!({
            "requestId": approval.id.to_string(),
            "status": approval.status.as_str(),
        });
        copy(&document, "resolvedBy", &mut facts);
        tell(cx, &approval, Happening::ApprovalResolved, facts).await?;
        go_on(cx, &environment, &approval).await?;
        Ok(shown(&approval))
    }
}

/// Refuses a wish: the work goes back to its agent.
#[derive(Clone, Debug)]
pub struct Reject {
    /// Which.
    pub approval: ApprovalId,
    /// What should be otherwise.
    pub feedback: String,
    /// Who says so.
    pub by: Option<String>,
}

impl Op for Reject {
    type Output = Value;
    operation!("approvals.reject", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        text::required("feedback", &self.feedback, limits::TEXT_CHARS)?;
        let (environment, mut approval) = pending(cx, self.approval).await?;
        let mut document = opened(&approval);
        let count = refusals(cx, &approval).await?.saturating_add(1);
        let most = document.get("maxRevisions").and_then(Value::as_i64);
        let most = most.unwrap_or(limits::APPROVAL_REVISIONS);
        if approval.job.is_some() && count > most {
            return Err(Error::conflict(
                "max_revisions",
                format!(
                    "this was sent back {most} times, and more is not allowed: approve it, or end the task"
                ),
            ));
        }
        say(&mut document, "resolvedBy", self.by)?;
        say(&mut document, "feedback", Some(self.feedback.clone()))?;
        settle(cx, &mut approval, Status::Rejected, &document).await?;
        let mut facts = json!({
            "requestId": approval.id.to_string(),
            "feedback": self.feedback,
            "rejectionCount": count,
        });
        if let Some(job) = approval.job {
            facts["taskId"] = job.to_string().into();
        }
        copy(&document, "resolvedBy", &mut facts);
        tell(cx, &approval, Happening::ApprovalRejected, facts).await?;
        match waiting(cx, &environment, &approval).await? {
            Some(sheet) => {
                send_back(cx, &environment, sheet.job, &self.feedback).await?;
            }
            None => call_off(cx, &environment, &approval).await?,
        }
        Ok(shown(&approval))
    }
}

/// A wish that nobody has answered, behind the lock of its environment.
async fn pending(cx: &mut Cx<'_>, id: ApprovalId) -> Result<(Environment, Approval)> {
    let environment = cx.actor.environment()?;
    cx.tx.lock(Lock::Environment(environment)).await?;
    let environment = environments::own(cx).await?;
    let approval = found(cx, environment.id, id).await?;
    if approval.status != Status::Pending {
        return Err(Error::conflict(
            "already_resolved",
            format!("this request is {} already", approval.status.as_str()),
        ));
    }
    Ok((environment, approval))
}

fn say(document: &mut Map<String, Value>, key: &'static str, said: Option<String>) -> Result<()> {
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        text::optional(key, &said, limits::TEXT_CHARS)?;
        document.insert(key.into(), said.into());
    }
    Ok(())
}

fn copy(document: &Map<String, Value>, key: &str, facts: &mut Value) {
    if let Some(said) = document.get(key) {
        facts[key] = said.clone();
    }
}

async fn settle(
    cx: &mut Cx<'_>,
    approval: &mut Approval,
    status: Status,
    document: &Map<String, Value>,
) -> Result<()> {
    approval.status = status;
    approval.resolved_at = Some(cx.now);
    approval.document = Value::Object(document.clone()).to_string();
    approvals::update(cx.tx, approval).await
}

async fn tell(cx: &mut Cx<'_>, approval: &Approval, what: Happening, facts: Value) -> Result<()> {
    cx.record_hosted(approval.environment, what, approval.id, facts)
        .await
}

/// How often somebody refused at the same gate before.
async fn refusals(cx: &mut Cx<'_>, approval: &Approval) -> Result<i64> {
    let Some(job) = approval.job else {
        return Ok(0);
    };
    let rows = limits::APPROVALS_SHOWN;
    let all = approvals::of_job(cx.tx, approval.environment, job, rows).await?;
    let is_refusal = |known: &&Approval| {
        known.gate == approval.gate
            && known.hook == approval.hook
            && known.status == Status::Rejected
    };
    Ok(i64::try_from(all.iter().filter(is_refusal).count()).unwrap_or(i64::MAX))
}

/// The job that waits for the answer, unless it was moved in the meantime.
async fn waiting(
    cx: &mut Cx<'_>,
    environment: &Environment,
    approval: &Approval,
) -> Result<Option<Sheet>> {
    let Some(job) = approval.job else {
        return Ok(None);
    };
    let job = job_table::find(cx.tx, environment.id, job).await?;
    let waits = |job: &job_table::Job| job.status == JobStatus::AwaitingApproval;
    Ok(job.filter(waits).map(Sheet::open))
}

/// Lets go on what waited for a consent; the next gate may ask first.
async fn go_on(cx: &mut Cx<'_>, environment: &Environment, approval: &Approval) -> Result<()> {
    let hook = approval.hook;
    if hook == Hook::Execute {
        let Some((mission, group)) = approval.mission.zip(approval.group.as_deref()) else {
            return Ok(());
        };
        let mission = missions::find(cx.tx, environment.id, mission).await?;
        return match mission {
            Some(mission) => ops::missions::consented(cx, environment, mission, group).await,
            None => Ok(()),
        };
    }
    let Some(sheet) = waiting(cx, environment, approval).await? else {
        return Ok(());
    };
    if hook != Hook::Spawn && guard(cx, environment, &sheet.job, hook).await? == Passage::Waits {
        return Ok(());
    }
    jobs::go_on(cx, environment, sheet.job, hook).await?;
    Ok(())
}

/// Calls off the mission that somebody does not want to begin.
async fn call_off(cx: &mut Cx<'_>, environment: &Environment, approval: &Approval) -> Result<()> {
    let Some(mission) = approval.mission.filter(|_| approval.hook == Hook::Execute) else {
        return Ok(());
    };
    if let Some(mut mission) = missions::find(cx.tx, environment.id, mission).await? {
        ops::missions::call_off(cx, environment, &mut mission).await?;
    }
    Ok(())
}

/// Nobody answered in time. Looks again: somebody may have.
pub(crate) async fn ring(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    id: ApprovalId,
) -> Result<()> {
    cx.tx.lock(Lock::Environment(environment)).await?;
    let environment = environments::found(cx, environment).await?;
    let approval = approvals::find(cx.tx, environment.id, id).await?;
    let is_due = |approval: &Approval| {
        approval.status == Status::Pending && approval.due.is_some_and(|due| due <= cx.now)
    };
    let Some(mut approval) = approval.filter(is_due) else {
        return Ok(());
    };
    let document = opened(&approval);
    let action = silence(&document);
    settle(cx, &mut approval, Status::Timeout, &document).await?;
    let facts = json!({
        "requestId": approval.id.to_string(),
        "action": action.as_str(),
    });
    tell(cx, &approval, Happening::ApprovalTimeout, facts).await?;
    if action == Silence::Approve {
        return go_on(cx, &environment, &approval).await;
    }
    match waiting(cx, &environment, &approval).await? {
        Some(mut sheet) => {
            let why = format!("nobody approved it in time at \"{}\"", approval.gate_name);
            sheet.document.entry("result").or_insert_with(
                || json!({ "exitCode": 1, "stdout": "", "stderr": why, "duration": 0 }),
            );
            sheet.go(cx, &environment, JobStatus::Failed).await?;
            sheet.store(cx, &environment).await
        }
        None => call_off(cx, &environment, &approval).await,
    }
}
