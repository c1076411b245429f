//! What comes after a run: the job is done, goes back to be mended, is tried
//! again or has failed (Polpo 3.1).

use domain::Result;
use domain::event::Happening;
use domain::job::{FIXES, Phase, Status};
use serde_json::{Value, json};
use store::tables::environments::Environment;
use store::tables::hosted;

use super::Sheet;
use crate::ops::approvals::{Hook, Passage, ask_about_effects, guard};
use crate::ops::environments;
use crate::{Cx, calendar};

/// A job whose result is fine.
pub(super) async fn complete(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    if asks(cx, environment, sheet, Hook::Complete).await? {
        return Ok(());
    }
    finish(cx, environment, sheet).await
}

/// A job counts as done.
pub(super) async fn finish(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    sheet.document.remove("_trigger");
    sheet.go(cx, environment, Status::Done).await?;
    meet_deadline(cx, environment, sheet).await?;
    sheet.store(cx, environment).await
}

/// Tells that a deadline was kept.
async fn meet_deadline(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    sheet.job.alarm = None;
    let deadline = calendar::read(sheet.text("deadline"));
    let Some(left) = deadline.map(|deadline| deadline.0.saturating_sub(cx.now.0)) else {
        return Ok(());
    };
    if left < 0 {
        return Ok(());
    }
    let facts = json!({
        "entityId": sheet.id().to_string(),
        "entityType": "task",
        "deadline": sheet.text("deadline"),
        "marginMs": left / 1_000,
    });
    sheet.tell(cx, environment, Happening::SlaMet, facts).await
}

/// A job whose run or result was not fine: it is tried again while that is
/// allowed, otherwise it has failed.
pub(super) async fn try_again(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    why: &str,
) -> Result<()> {
    if sheet.is("sideEffects") {
        return block_retry(cx, environment, sheet, why).await;
    }
    let most = sheet.number("maxRetries").unwrap_or(0);
    if sheet.job.retries >= most {
        let facts = json!({ "taskId": sheet.id().to_string() });
        sheet
            .tell(cx, environment, Happening::JobMaxRetries, facts)
            .await?;
        return give_up(cx, environment, sheet).await;
    }
    sheet.set("_why", why);
    if asks(cx, environment, sheet, Hook::Retry).await? {
        return Ok(());
    }
    retry(cx, environment, sheet).await
}

/// The next attempt, by whom and how the policy says.
pub(super) async fn retry(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    let why = sheet.text("_why").to_owned();
    sheet.document.remove("_why");
    if sheet.job.status != Status::AwaitingApproval {
        sheet.go(cx, environment, Status::Failed).await?;
    }
    sheet.job.retries = sheet.job.retries.saturating_add(1);
    sheet.job.phase = Phase::Execution;
    sheet.document.remove("fixAttempts");
    escalate(cx, environment, sheet).await?;
    let original = original(sheet);
    sheet.set(
        "description",
        format!("{original}\n\nAn earlier attempt at this task did not succeed:\n{why}\nAvoid that this time."),
    );
    sheet.go(cx, environment, Status::Pending).await?;
    sheet.tell_retry(cx, environment).await?;
    sheet.store(cx, environment).await
}

/// Hands a job to another agent or model once its policy says so.
async fn escalate(cx: &mut Cx<'_>, environment: &Environment, sheet: &mut Sheet) -> Result<()> {
    let own = sheet.document.get("retryPolicy").cloned();
    let default = || environments::settings(environment).remove("defaultRetryPolicy");
    let Some(policy) = own.or_else(default) else {
        return Ok(());
    };
    let after = policy.get("escalateAfter").and_then(Value::as_i64);
    if after.is_none_or(|after| sheet.job.retries < after.max(1)) {
        return Ok(());
    }
    let text = |field: &str| policy.get(field).and_then(Value::as_str);
    if let Some(model) = text("escalateModel") {
        sheet.set("_model", model);
    }
    let fallback = match text("fallbackAgent") {
        Some(agent) => Some(agent.to_owned()),
        None if text("escalateModel").is_none() => {
            superior(cx, environment, &sheet.job.agent).await?
        }
        None => None,
    };
    if let Some(agent) = fallback {
        sheet.job.agent = agent;
    }
    Ok(())
}

/// To whom an agent reports, if that one is there.
async fn superior(
    cx: &mut Cx<'_>,
    environment: &Environment,
    agent: &str,
) -> Result<Option<String>> {
    let Some(agent) = hosted::find(cx.tx, environment.id, agent).await? else {
        return Ok(None);
    };
    let document: Value = serde_json::from_str(&agent.document).unwrap_or_default();
    let Some(name) = document.get("reportsTo").and_then(Value::as_str) else {
        return Ok(None);
    };
    let superior = hosted::find(cx.tx, environment.id, name).await?;
    Ok(superior.map(|superior| superior.name))
}

/// A job with effects elsewhere is not tried again by itself.
async fn block_retry(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    why: &str,
) -> Result<()> {
    let reason = format!("it has effects elsewhere and is not repeated by itself: {why}");
    let facts = json!({ "taskId": sheet.id().to_string(), "reason": reason });
    sheet
        .tell(cx, environment, Happening::JobRetryBlocked, facts)
        .await?;
    sheet.set("_why", why);
    ask_about_effects(cx, environment, &sheet.job).await?;
    sheet.go(cx, environment, Status::AwaitingApproval).await?;
    sheet.store(cx, environment).await
}

/// A job without attempts left.
pub(super) async fn give_up(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    if asks(cx, environment, sheet, Hook::Fail).await? {
        return Ok(());
    }
    fail(cx, environment, sheet).await
}

/// A job counts as failed.
pub(super) async fn fail(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    sheet.document.remove("_why");
    sheet.document.remove("_trigger");
    sheet.job.alarm = None;
    sheet.go(cx, environment, Status::Failed).await?;
    sheet.store(cx, environment).await
}

/// Sends a job back to its agent with what was found, while that is allowed;
/// false when it is not.
pub(super) async fn mend(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    found: &str,
) -> Result<bool> {
    let attempts = sheet.number("fixAttempts").unwrap_or(0);
    if attempts >= FIXES || sheet.is("sideEffects") {
        return Ok(false);
    }
    let attempt = attempts.saturating_add(1);
    let original = original(sheet);
    sheet.set("fixAttempts", attempt);
    sheet.set(
        "description",
        format!(
            "{original}\n\nYou have worked on this before. The result was checked and this was found:\n{found}\n\
             Mend exactly that; keep what is fine."
        ),
    );
    sheet.job.phase = Phase::Fix;
    let facts = json!({
        "taskId": sheet.id().to_string(),
        "attempt": attempt,
        "maxFix": FIXES,
    });
    sheet
        .tell(cx, environment, Happening::JobFix, facts)
        .await?;
    sheet.force(cx, environment, Status::Pending).await?;
    sheet.store(cx, environment).await?;
    Ok(true)
}

/// What was to be done before anything was added; kept from now on.
pub(super) fn original(sheet: &mut Sheet) -> String {
    if !sheet.document.contains_key("originalDescription") {
        let description = sheet.text("description").to_owned();
        sheet.set("originalDescription", description);
    }
    sheet.text("originalDescription").to_owned()
}

/// Asks the gates; true when the job waits for somebody now.
async fn asks(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
    hook: Hook,
) -> Result<bool> {
    // What is looked at is the job as it will be stored.
    sheet.job.document = super::sheet::written(&sheet.document);
    if guard(cx, environment, &sheet.job, hook).await? == Passage::Open {
        return Ok(false);
    }
    sheet.go(cx, environment, Status::AwaitingApproval).await?;
    sheet.store(cx, environment).await?;
    Ok(true)
}
