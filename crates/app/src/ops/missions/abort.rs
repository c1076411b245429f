//! A mission is called off.

use domain::event::Happening;
use domain::id::MissionId;
use domain::mission::Status;
use domain::{Result, limits};
use serde_json::{Value, json};
use store::tables::environments::Environment;
use store::tables::missions::Mission;
use store::tables::{approvals, hosted, mission_runs};

use super::{keep, locked, shown, tell};
use crate::ops::environments;
use crate::ops::jobs::end_group;
use crate::{Cx, Op};

/// Ends every job of a mission; one that is executed is cancelled.
#[derive(Clone, Debug)]
pub struct Abort {
    /// Which.
    pub mission: MissionId,
}

impl Op for Abort {
    /// How many jobs were ended, and the mission.
    type Output = (usize, Value);
    operation!("missions.abort", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(usize, Value)> {
        let environment = environments::own(cx).await?;
        let mut mission = locked(cx, &environment, self.mission).await?;
        let aborted = call_off(cx, &environment, &mut mission).await?;
        Ok((aborted, shown(&mission)))
    }
}

/// Ends what is under way of a mission. Answers how many jobs were ended.
pub(crate) async fn call_off(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: &mut Mission,
) -> Result<usize> {
    let id = environment.id;
    let runs = mission_runs::of_mission(cx.tx, id, mission.id, limits::MISSIONS).await?;
    let mut aborted = 0_usize;
    for mut run in runs {
        // Closed first, so that the ends of its jobs complete nothing.
        if run.is_open {
            run.is_open = false;
            run.due = None;
            run.updated_at = cx.now;
            mission_runs::update(cx.tx, &run).await?;
        }
        let ended = end_group(cx, environment, &run.group, "the mission was aborted").await?;
        aborted = aborted.saturating_add(ended);
        hosted::remove_group(cx.tx, id, &run.group).await?;
    }
    approvals::withdraw_mission(cx.tx, id, mission.id).await?;
    if mission.status.is_underway() {
        mission.status = Status::Cancelled;
        keep(cx, mission).await?;
        let facts = json!({
            "missionId": mission.id.to_string(),
            "name": mission.name,
            "aborted": aborted,
        });
        tell(cx, mission, Happening::MissionAborted, facts).await?;
    }
    Ok(aborted)
}
