//! What happens to missions, schedules and wishes for consent by themselves,
//! at a time. Called by a timer; any node may do it, because each thing is
//! locked and looked at again.
//!
//! To add one: a kind here, the rows that are due, what is done.

use domain::id::{ApprovalId, EnvironmentId, MissionId};
use domain::{Result, limits};
use store::tables::{approvals, mission_runs, schedules};

use crate::ops;
use crate::{Cx, Op};

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A delay of a mission ends.
    Delay(EnvironmentId, String),
    /// A schedule's time has come.
    Schedule(EnvironmentId, MissionId),
    /// Nobody answered in time.
    Silence(EnvironmentId, ApprovalId),
}

/// Finds what is due now, a bounded number at a time.
#[derive(Clone, Debug)]
pub struct Due;

impl Op for Due {
    type Output = Vec<Alarm>;
    operation!("alarms.due", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Alarm>> {
        let (now, rows) = (cx.now, limits::SWEEP_ROWS);
        let delays = mission_runs::due(cx.tx, now, rows).await?;
        let schedules = schedules::due(cx.tx, now, rows).await?;
        let silences = approvals::due(cx.tx, now, rows).await?;
        let delays = delays.into_iter().map(|(e, group)| Alarm::Delay(e, group));
        let schedules = schedules.into_iter().map(|(e, id)| Alarm::Schedule(e, id));
        let silences = silences.into_iter().map(|(e, id)| Alarm::Silence(e, id));
        Ok(delays.chain(schedules).chain(silences).collect())
    }
}

/// Does what is due.
#[derive(Clone, Debug)]
pub struct Ring {
    /// What.
    pub alarm: Alarm,
}

impl Op for Ring {
    type Output = ();
    operation!("alarms.ring", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        match self.alarm {
            Alarm::Delay(environment, group) => ops::missions::ring(cx, environment, &group).await,
            Alarm::Schedule(environment, mission) => {
                ops::schedules::ring(cx, environment, mission).await
            }
            Alarm::Silence(environment, approval) => {
                ops::approvals::ring(cx, environment, approval).await
            }
        }
    }
}

/// Passes over what could not be done, so that it is not tried every second.
#[derive(Clone, Debug)]
pub struct Skip {
    /// What.
    pub alarm: Alarm,
    /// Why.
    pub why: String,
}

impl Op for Skip {
    type Output = ();
    operation!("alarms.skip", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        match self.alarm {
            Alarm::Schedule(environment, mission) => {
                ops::schedules::skip(cx, environment, mission, &self.why).await
            }
            // Neither depends on what people wrote: it is tried again.
            Alarm::Delay(..) | Alarm::Silence(..) => Ok(()),
        }
    }
}
