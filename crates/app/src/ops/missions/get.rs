//! Missions are looked at.

use domain::id::MissionId;
use domain::mission::Status;
use domain::page::Part;
use domain::{Result, limits};
use serde_json::Value;
use store::tables::{jobs, mission_runs, missions};

use super::{found, shown};
use crate::ops::environments;
use crate::{Cx, Op};

/// Lists missions, the first one first.
#[derive(Clone, Debug)]
pub struct List {
    /// Which of them.
    pub part: Part,
}

impl Op for List {
    type Output = Vec<Value>;
    operation!("missions.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let all = missions::list(cx.tx, environment, limits::MISSIONS, self.part).await?;
        Ok(all.iter().map(shown).collect())
    }
}

/// Lists the missions that were not brought to a good end: of their last
/// execution something is left to do or has failed.
#[derive(Clone, Debug)]
pub struct Resumable;

impl Op for Resumable {
    type Output = Vec<Value>;
    operation!("missions.resumable", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let mut resumable = Vec::new();
        for mission in missions::list(cx.tx, environment, limits::MISSIONS, Part::default()).await?
        {
            if !matches!(
                mission.status,
                Status::Active | Status::Paused | Status::Failed
            ) {
                continue;
            }
            let runs = mission_runs::of_mission(cx.tx, environment, mission.id, 1).await?;
            let Some(run) = runs.first() else { continue };
            let all = jobs::of_group(cx.tx, environment, &run.group).await?;
            let is_left = |job: &jobs::Job| job.status != domain::job::Status::Done;
            if all.iter().any(is_left) {
                resumable.push(shown(&mission));
            }
        }
        Ok(resumable)
    }
}

/// Shows a mission.
#[derive(Clone, Debug)]
pub struct Get {
    /// Which.
    pub mission: MissionId,
}

impl Op for Get {
    type Output = Value;
    operation!("missions.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        Ok(shown(&found(cx, &environment, self.mission).await?))
    }
}
