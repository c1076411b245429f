//! Deadlines of jobs come near and pass (`sla.*`). Called by a timer; any node
//! may do it, because each job is looked at again behind its lock.

use domain::event::Happening;
use domain::id::{EnvironmentId, JobId};
use domain::{Result, limits};
use serde_json::json;
use store::tables::jobs;

use super::locked;
use crate::ops::environments;
use crate::{Cx, Op, calendar};

/// Finds jobs about whose deadline something is due, a bounded number at a
/// time.
#[derive(Clone, Copy, Debug)]
pub struct Alarmed;

impl Op for Alarmed {
    type Output = Vec<(EnvironmentId, JobId)>;
    operation!("jobs.alarmed", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<(EnvironmentId, JobId)>> {
        jobs::alarmed(cx.tx, cx.now, limits::SWEEP_ROWS).await
    }
}

/// Tells what is due about the deadline of a job.
#[derive(Clone, Copy, Debug)]
pub struct Ring {
    /// Where it is done.
    pub environment: EnvironmentId,
    /// Which.
    pub job: JobId,
}

impl Op for Ring {
    type Output = ();
    operation!("jobs.ring", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let environment = environments::found(cx, self.environment).await?;
        let mut sheet = locked(cx, &environment, self.job).await?;
        if sheet.job.alarm.is_none_or(|alarm| alarm > cx.now) {
            return Ok(());
        }
        let deadline = calendar::read(sheet.text("deadline"));
        let Some(deadline) = deadline.filter(|_| !sheet.job.status.is_final()) else {
            sheet.job.alarm = None;
            return sheet.store(cx, &environment).await;
        };
        let mut facts = json!({
            "entityId": sheet.id().to_string(),
            "entityType": "task",
            "deadline": sheet.text("deadline"),
        });
        let left = deadline.0.saturating_sub(cx.now.0);
        let what = if left <= 0 {
            facts["overdueMs"] = json!(left.saturating_neg() / 1_000);
            sheet.job.alarm = None;
            Happening::SlaViolated
        } else {
            facts["remainingMs"] = json!(left / 1_000);
            sheet.job.alarm = Some(deadline);
            Happening::SlaWarning
        };
        sheet.tell(cx, &environment, what, facts).await?;
        sheet.store(cx, &environment).await
    }
}
