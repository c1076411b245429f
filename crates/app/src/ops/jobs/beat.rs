//! A node says that it lives, and what its agents have done meanwhile.

use domain::Result;
use domain::event::Happening;
use domain::id::RunId;
use domain::job::{Phase, Status};
use serde_json::{Map, Value, json};
use store::tables::job_runs::{self, Outcome, Stage};
use uuid::Uuid;

use super::runs::{Holding, LEASE, held};
use crate::{Cx, Op};

/// What one run has done since the last time.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Which run.
    pub holding: Holding,
    /// The job's id and the agent's name, for events.
    pub about: (domain::id::JobId, String),
    /// What it has done so far, as the list of processes shows it.
    pub activity: Map<String, Value>,
    /// Further entries for its log.
    pub entries: Vec<Value>,
    /// What is told of it: a tool, a file, a summary.
    pub told: Option<Map<String, Value>>,
    /// For how many milliseconds it has been silent, where that is worth a
    /// warning.
    pub idle: Option<i64>,
}

/// Prolongs the leases of a node.
#[derive(Clone, Debug)]
pub struct Beat {
    /// Its runs.
    pub signs: Vec<Sign>,
}

impl Op for Beat {
    /// Runs that are not the node's any more: somebody has ended them.
    type Output = Vec<RunId>;
    operation!("jobs.beat", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<RunId>> {
        let mut lost = Vec::new();
        for sign in self.signs {
            let run = sign.holding.run;
            if !renew(cx, sign).await? {
                lost.push(run);
            }
        }
        Ok(lost)
    }
}

async fn renew(cx: &mut Cx<'_>, sign: Sign) -> Result<bool> {
    let Sign {
        holding,
        about: (job, agent),
        activity,
        entries,
        told,
        idle,
    } = sign;
    let more = i64::try_from(entries.len()).unwrap_or(0);
    let until = cx.now.plus(LEASE);
    let place = (holding.run, holding.node);
    let activity = Value::Object(activity).to_string();
    let Some(count) = job_runs::renew(cx.tx, place, until, activity, more).await? else {
        return Ok(false);
    };
    let first = count.saturating_sub(more);
    for (number, entry) in (first..).zip(entries) {
        job_runs::insert_entry(cx.tx, holding.run, number, entry.to_string()).await?;
    }
    let mut facts = json!({ "taskId": job.to_string(), "agentName": agent });
    if let Some(idle) = idle {
        facts["idleMs"] = json!(idle);
        facts["action"] = json!("warning");
        cx.record_hosted(holding.environment, Happening::AgentStale, job, facts)
            .await?;
    } else if let (Some(told), Some(facts)) = (told, facts.as_object_mut()) {
        facts.extend(told);
        let facts = Value::Object(std::mem::take(facts));
        cx.record_hosted(holding.environment, Happening::AgentActivity, job, facts)
            .await?;
    }
    Ok(true)
}

/// A node that stops gives its runs back: they begin anew elsewhere, which
/// counts as no attempt.
#[derive(Clone, Debug)]
pub struct GiveBack {
    /// Which run.
    pub holding: Holding,
}

impl Op for GiveBack {
    type Output = ();
    operation!("jobs.give_back", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Some(mut held) = held(cx, self.holding).await? else {
            return Ok(());
        };
        if held.run.stage == Stage::Assessment {
            held.run.node = Uuid::nil();
            held.run.leased_until = domain::Time(0);
            return job_runs::update(cx.tx, &held.run).await;
        }
        held.end(cx, Outcome::Lost).await?;
        let (environment, sheet) = (&held.environment, &mut held.sheet);
        if !sheet.job.status.is_running() {
            return Ok(());
        }
        sheet.job.phase = match sheet.job.phase {
            Phase::Review => Phase::Execution,
            phase => phase,
        };
        sheet.force(cx, environment, Status::Pending).await?;
        sheet.store(cx, environment).await
    }
}
