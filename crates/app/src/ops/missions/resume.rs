//! A mission goes on: behind a checkpoint, behind a delay, or with what
//! failed.

use domain::event::Happening;
use domain::id::{EnvironmentId, MissionId};
use domain::{Error, Result, limits};
use serde_json::{Value, json};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::jobs::{self, Job};
use store::tables::mission_runs::{self, Run};
use store::tables::missions::{self, Mission};

pub(crate) use super::abort::call_off;
use super::advance::{Underway, advance};
use super::execute::move_in_again;
use super::{found, locked, shown, tell};
use crate::ops::environments;
use crate::ops::jobs::{Revived, retry_group};
use crate::{Cx, Op};

/// Goes on with the last execution of a mission.
#[derive(Clone, Debug)]
pub struct Resume {
    /// Which mission.
    pub mission: MissionId,
    /// Whether its failed jobs are tried again.
    pub retry_failed: bool,
}

/// What goes on.
#[derive(Clone, Debug)]
pub struct Resumed {
    /// Jobs that are tried again.
    pub retried: usize,
    /// Jobs that are pending.
    pub pending: usize,
    /// The mission.
    pub mission: Value,
}

impl Op for Resume {
    type Output = Resumed;
    operation!("missions.resume", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Resumed> {
        let environment = environments::own(cx).await?;
        let mission = locked(cx, &environment, self.mission).await?;
        let runs = mission_runs::of_mission(cx.tx, environment.id, mission.id, 1).await?;
        let run = runs.into_iter().next().ok_or_else(|| {
            Error::conflict(
                "invalid_state",
                "the mission was never executed: execute it first",
            )
        })?;
        let group = run.group.clone();
        let revived = revive(cx, &environment, &mission, run, self.retry_failed).await?;
        let Revived { retried, pending } = revived;
        let facts = json!({
            "missionId": mission.id.to_string(),
            "name": mission.name,
            "retried": retried,
            "pending": pending,
        });
        tell(cx, &mission, Happening::MissionResumed, facts).await?;
        advance(cx, &environment, mission.id, &group).await?;
        let mission = found(cx, &environment, mission.id).await?;
        Ok(Resumed {
            retried,
            pending,
            mission: shown(&mission),
        })
    }
}

/// Opens the way of a run: checkpoints at which it waits, and failed jobs.
async fn revive(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: &Mission,
    mut run: Run,
    retry_failed: bool,
) -> Result<Revived> {
    let group = run.group.clone();
    if run.is_open {
        let mut underway = Underway::open(cx, environment, mission.clone(), run).await?;
        let names: Vec<_> = underway.state.checkpoints.keys().cloned().collect();
        for name in names {
            pass(cx, &mut underway, &name).await?;
        }
        underway.store(cx).await?;
    } else if retry_failed {
        reopen(cx, environment, mission, &mut run).await?;
    }
    if retry_failed {
        return retry_group(cx, environment, &group).await;
    }
    let jobs = jobs::of_group(cx.tx, environment.id, &group).await?;
    let is_pending = |job: &&Job| job.status == domain::job::Status::Pending;
    Ok(Revived {
        retried: 0,
        pending: jobs.iter().filter(is_pending).count(),
    })
}

/// Lets a run that has ended go on, where something of it failed.
async fn reopen(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: &Mission,
    run: &mut Run,
) -> Result<()> {
    let jobs = jobs::of_group(cx.tx, environment.id, &run.group).await?;
    let has_failed = |job: &Job| job.status == domain::job::Status::Failed;
    if !jobs.iter().any(has_failed) {
        return Ok(());
    }
    move_in_again(cx, environment, run).await?;
    run.is_open = true;
    run.updated_at = cx.now;
    let mut underway = Underway::open(cx, environment, mission.clone(), run.clone()).await?;
    underway.state.is_given_up = false;
    underway.store(cx).await
}

/// Resumes a checkpoint at which a run waits; false where it does not.
async fn pass(cx: &mut Cx<'_>, underway: &mut Underway, name: &str) -> Result<bool> {
    let now = cx.now;
    match underway.state.checkpoints.get_mut(name) {
        Some(stop) if stop.resumed.is_none() => stop.resumed = Some(now),
        _ => return Ok(false),
    }
    let facts = json!({
        "missionId": underway.mission.id.to_string(),
        "group": underway.run.group,
        "checkpointName": name,
    });
    tell(cx, &underway.mission, Happening::CheckpointResumed, facts).await?;
    Ok(true)
}

/// Lets a mission go on behind a checkpoint.
#[derive(Clone, Debug)]
pub struct ResumeCheckpoint {
    /// Which mission.
    pub mission: MissionId,
    /// The checkpoint's name.
    pub name: String,
}

impl Op for ResumeCheckpoint {
    type Output = Value;
    operation!("missions.resume_checkpoint", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mission = locked(cx, &environment, self.mission).await?;
        let id = environment.id;
        let runs = mission_runs::of_mission(cx.tx, id, mission.id, limits::MISSIONS).await?;
        for run in runs.into_iter().filter(|run| run.is_open) {
            let mut underway = Underway::open(cx, &environment, mission.clone(), run).await?;
            if pass(cx, &mut underway, &self.name).await? {
                underway.go_on(cx, &environment).await?;
                let mission = found(cx, &environment, mission.id).await?;
                return Ok(shown(&mission));
            }
        }
        Err(Error::not_found(
            "checkpoint_not_found",
            format!(
                "the mission does not wait at a checkpoint \"{}\"",
                self.name
            ),
        ))
    }
}

/// Goes on with a run in which a delay ends. Looks again: another node may
/// have done it.
pub(crate) async fn ring(cx: &mut Cx<'_>, environment: EnvironmentId, group: &str) -> Result<()> {
    cx.tx.lock(Lock::Environment(environment)).await?;
    let environment = environments::found(cx, environment).await?;
    let run = mission_runs::find(cx.tx, environment.id, group).await?;
    let Some(run) = run.filter(|run| run.due.is_some_and(|due| due <= cx.now)) else {
        return Ok(());
    };
    let mission = missions::find(cx.tx, environment.id, run.mission).await?;
    let Some(mission) = mission.filter(|_| run.is_open) else {
        return Ok(());
    };
    let mut underway = Underway::open(cx, &environment, mission, run).await?;
    underway.go_on(cx, &environment).await
}
