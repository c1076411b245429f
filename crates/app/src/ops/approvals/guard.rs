//! Asks whether a job or a mission may go on at a point.

use domain::approval::Status;
use domain::event::Happening;
use domain::{Result, limits};
use serde_json::{Value, json};
use store::tables::approvals::{self, Approval};
use store::tables::environments::Environment;
use store::tables::jobs::Job;
use store::tables::missions::Mission;

use super::gates::{self, Gate};
use super::{is_granted, opened};
use crate::Cx;
use crate::ops::notifications::{Notice, Severity, outcomes, tell};
use crate::ops::{jobs, missions};

/// Where jobs can be stopped (Polpo 3.5).
pub(crate) use domain::approval::Hook;

/// Whether the way is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It is.
    Open,
    /// Somebody was asked: the job awaits approval.
    Waits,
}

/// Asks the gates of an environment at a hook, one after the other.
pub(crate) async fn guard(
    cx: &mut Cx<'_>,
    environment: &Environment,
    job: &Job,
    hook: Hook,
) -> Result<Passage> {
    let gates = gates::at(environment, hook);
    if gates.is_empty() {
        return Ok(Passage::Open);
    }
    let task = jobs::shown(job);
    // Who agreed to a beginning agreed to the further attempts; a result is
    // looked at anew each time.
    let round = match hook {
        Hook::Spawn => Value::Null,
        _ => json!([task["retries"], task["revisionCount"], task["fixAttempts"]]),
    };
    let payload = json!({ "hook": hook.as_str(), "taskId": job.id.to_string(), "task": task });
    let known = approvals::of_job(cx.tx, environment.id, job.id, limits::APPROVALS_SHOWN).await?;
    let wish = |gate: &Gate| Wish {
        job: Some(job),
        mission: None,
        group: job.group.as_deref(),
        round: round.clone(),
        payload: payload.clone(),
        hook,
        gate: gate.clone(),
    };
    ask(cx, environment, gates, &known, wish).await
}

/// Asks somebody whether a job with effects elsewhere is to be tried again,
/// where no gate does (Polpo 3.1).
pub(crate) async fn ask_about_effects(
    cx: &mut Cx<'_>,
    environment: &Environment,
    job: &Job,
) -> Result<()> {
    if guard(cx, environment, job, Hook::Retry).await? == Passage::Waits {
        return Ok(());
    }
    let payload = json!({
        "hook": Hook::Retry.as_str(),
        "taskId": job.id.to_string(),
        "task": jobs::shown(job),
    });
    let wish = Wish {
        job: Some(job),
        mission: None,
        group: job.group.as_deref(),
        round: Value::Null,
        payload,
        hook: Hook::Retry,
        gate: Gate::of_effects(),
    };
    request(cx, environment, wish).await
}

/// Asks the gates before a mission begins; true where somebody was asked.
pub(crate) async fn ask_mission(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: &Mission,
    group: &str,
) -> Result<bool> {
    let gates = gates::at(environment, Hook::Execute);
    if gates.is_empty() {
        return Ok(false);
    }
    let payload = json!({
        "hook": Hook::Execute.as_str(),
        "missionId": mission.id.to_string(),
        "group": group,
        "mission": missions::shown(mission),
    });
    let rows = limits::APPROVALS_SHOWN;
    let known = approvals::of_mission(cx.tx, environment.id, mission.id, rows).await?;
    let wish = |gate: &Gate| Wish {
        job: None,
        mission: Some(mission),
        group: Some(group),
        round: group.into(),
        payload: payload.clone(),
        hook: Hook::Execute,
        gate: gate.clone(),
    };
    let passage = ask(cx, environment, gates, &known, wish).await?;
    Ok(passage == Passage::Waits)
}

/// A wish to be made.
struct Wish<'a> {
    job: Option<&'a Job>,
    mission: Option<&'a Mission>,
    group: Option<&'a str>,
    /// What a consent is good for.
    round: Value,
    payload: Value,
    hook: Hook,
    gate: Gate,
}

async fn ask<'a>(
    cx: &mut Cx<'_>,
    environment: &Environment,
    gates: Vec<Gate>,
    known: &[Approval],
    wish: impl Fn(&Gate) -> Wish<'a> + Send + Sync,
) -> Result<Passage> {
    for gate in gates {
        let wish = wish(&gate);
        if !gate.asks(&wish.payload) {
            continue;
        }
        let is_its = |known: &&Approval| known.gate == gate.id && known.hook == wish.hook;
        match known.iter().find(is_its) {
            Some(last) if last.status == Status::Pending => return Ok(Passage::Waits),
            Some(last) if is_granted(last) && opened(last).get("round") == Some(&wish.round) => {}
            _ => {
                request(cx, environment, wish).await?;
                return Ok(Passage::Waits);
            }
        }
    }
    Ok(Passage::Open)
}

async fn request(cx: &mut Cx<'_>, environment: &Environment, wish: Wish<'_>) -> Result<()> {
    let Wish {
        job,
        mission,
        group,
        round,
        payload,
        hook,
        gate,
    } = wish;
    let document = json!({
        "payload": payload,
        "round": round,
        "timeoutAction": gate.silence.as_str(),
        "maxRevisions": gate.max_revisions,
    });
    let title = match (job, mission) {
        (Some(job), _) => format!("the task \"{}\" awaits approval", job.title),
        (None, Some(mission)) => format!("the mission \"{}\" awaits approval", mission.name),
        (None, None) => "something awaits approval".to_owned(),
    };
    let mission = mission
        .map(|mission| mission.id)
        .or_else(|| job.and_then(|job| job.mission));
    let approval = Approval {
        id: cx.id(),
        environment: environment.id,
        gate: gate.id.clone(),
        gate_name: gate.name.clone(),
        hook,
        job: job.map(|job| job.id),
        mission,
        group: group.map(str::to_owned),
        status: Status::Pending,
        due: gate.timeout.map(|timeout| cx.now.plus(timeout)),
        document: document.to_string(),
        requested_at: cx.now,
        resolved_at: None,
    };
    approvals::insert(cx.tx, &approval).await?;
    let mut about = json!({ "requestId": approval.id.to_string() });
    let ids = [
        ("taskId", approval.job.map(|id| id.to_string())),
        ("missionId", approval.mission.map(|id| id.to_string())),
    ];
    for (key, id) in ids {
        if let Some(id) = id {
            about[key] = id.into();
        }
    }
    let mut facts = about.clone();
    facts["gateId"] = approval.gate.clone().into();
    facts["gateName"] = approval.gate_name.clone().into();
    let what = Happening::ApprovalRequested;
    cx.record_hosted(environment.id, what, approval.id, facts)
        .await?;
    let carried = job.filter(|_| gate.includes_outcomes);
    let carried = carried.map(|job| outcomes(&jobs::Sheet::open(job.clone()).document));
    let notice = Notice {
        body: format!(
            "\"{}\" asks before it goes on ({})",
            gate.name,
            hook.as_str()
        ),
        rule: (gate.id, gate.name),
        event: "approval:requested",
        severity: Severity::Warning,
        title,
        about,
        outcomes: carried.unwrap_or_default(),
    };
    tell(cx, environment, &gate.channels, notice).await
}
