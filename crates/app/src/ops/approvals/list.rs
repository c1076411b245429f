//! Wishes for consent are looked at.

use domain::approval::Status;
use domain::id::{ApprovalId, EnvironmentId, JobId};
use domain::page::Part;
use domain::{Error, Result, limits};
use serde_json::Value;
use store::tables::approvals::{self, Approval};

use super::shown;
use crate::{Cx, Op};

/// Lists wishes, the latest first.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those about this job.
    pub job: Option<JobId>,
    /// Which of them.
    pub part: Part,
}

impl Op for List {
    type Output = Vec<Value>;
    operation!("approvals.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let rows = limits::APPROVALS_SHOWN;
        let Self { status, job, part } = self;
        let all = match job {
            Some(job) => {
                let mut all = approvals::of_job(cx.tx, environment, job, rows).await?;
                all.retain(|approval| status.is_none_or(|status| status == approval.status));
                part.of(all)
            }
            None => approvals::list(cx.tx, environment, status, rows, part).await?,
        };
        Ok(all.iter().map(shown).collect())
    }
}

/// Shows a wish.
#[derive(Clone, Debug)]
pub struct Get {
    /// Which.
    pub approval: ApprovalId,
}

impl Op for Get {
    type Output = Value;
    operation!("approvals.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = cx.actor.environment()?;
        Ok(shown(&found(cx, environment, self.approval).await?))
    }
}

pub(super) async fn found(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    id: ApprovalId,
) -> Result<Approval> {
    let found = approvals::find(cx.tx, environment, id).await?;
    found.ok_or_else(|| {
        Error::not_found(
            "approval_not_found",
            "there is no approval request of this id",
        )
    })
}
