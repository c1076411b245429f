//! Old runs of jobs are forgotten with their logs. The last run of a job is what
//! callers are shown of it, and stays as long as the job.

use domain::id::RunId;
use domain::time::Span;
use domain::{Result, limits};
use store::tables::job_runs;

use crate::{Cx, Op};

/// Forgets a bounded number of them.
#[derive(Clone, Copy, Debug)]
pub struct ForgetRuns {
    /// Behind which run to begin.
    pub after: Option<RunId>,
}

impl Op for ForgetRuns {
    /// Behind which to go on; nothing at the end.
    type Output = Option<RunId>;
    operation!("jobs.forget_runs", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Option<RunId>> {
        let before = cx.now.minus(Span::hours(24 * limits::RUN_DAYS));
        let rows = limits::FORGET_RUNS;
        let old = job_runs::begun_before(cx.tx, self.after, before, rows).await?;
        let Some(last) = old.last().copied() else {
            return Ok(None);
        };
        job_runs::forget_replaced(cx.tx, self.after, last).await?;
        Ok(Some(last).filter(|_| old.len() >= rows as usize))
    }
}
