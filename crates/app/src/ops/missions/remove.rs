//! A mission is deleted, with everything that was made for it.

use domain::event::Happening;
use domain::id::MissionId;
use domain::{Result, limits};
use serde_json::{Value, json};
use store::tables::{approvals, hosted, mission_runs, missions, schedules};

use super::{locked, shown, tell};
use crate::ops::{environments, jobs};
use crate::{Cx, Op};

/// Deletes a mission, the jobs of all its executions, its volatile agents and
/// its schedule.
#[derive(Clone, Debug)]
pub struct Remove {
    /// Which.
    pub mission: MissionId,
}

/// What was deleted.
#[derive(Clone, Debug)]
pub struct Removed(pub Value);

impl Op for Remove {
    type Output = Removed;
    operation!("missions.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Removed> {
        let environment = environments::own(cx).await?;
        let mission = locked(cx, &environment, self.mission).await?;
        let id = environment.id;
        let runs = mission_runs::of_mission(cx.tx, id, mission.id, limits::MISSIONS).await?;
        // Nothing goes on any more once the executions are gone.
        mission_runs::remove(cx.tx, id, mission.id).await?;
        let mut deleted = 0_usize;
        for run in runs {
            let jobs = jobs::remove_group(cx, &environment, &run.group).await?;
            deleted = deleted.saturating_add(jobs);
            hosted::remove_group(cx.tx, id, &run.group).await?;
        }
        approvals::withdraw_mission(cx.tx, id, mission.id).await?;
        schedules::remove(cx.tx, id, mission.id).await?;
        missions::remove(cx.tx, id, mission.id).await?;
        let facts = json!({ "missionId": mission.id.to_string(), "deletedTasks": deleted });
        tell(cx, &mission, Happening::MissionDeleted, facts).await?;
        Ok(Removed(shown(&mission)))
    }
}
