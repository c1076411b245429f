//! Work passes: the task is done, its agent is credited and, where the reward
//! is an asset of the ledger, paid, all in one transaction (POLT 2.4).

use domain::Result;
use domain::event::Happening;
use domain::id::{AccountId, SubmissionId};
use domain::task::{ClaimStatus, Funding, Mode, SubmissionStatus};
use store::tables::{accounts, tasks};

use super::pay::{Paid, pay};
use super::{Reviewed, facts, judge, waiting};
use crate::ops::referrals;
use crate::ops::tasks::{close_all, count, put, record, record_with};
use crate::{Cx, Op};

/// Approves a submission.
#[derive(Clone, Debug)]
pub struct Approve {
    /// Which.
    pub submission: SubmissionId,
    /// What the reviewer says.
    pub notes: Option<String>,
}

impl Op for Approve {
    type Output = Reviewed;
    operation!("reviews.approve", Review, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Reviewed> {
        let mut reviewed = waiting(cx, self.submission, self.notes.as_deref()).await?;
        let reviewer = cx.actor.account()?;
        pass(cx, &mut reviewed, reviewer, self.notes).await?;
        Ok(reviewed)
    }
}

/// Passes a submission that waits: verdict, pay, standing, counts, log.
pub(crate) async fn pass(
    cx: &mut Cx<'_>,
    reviewed: &mut Reviewed,
    reviewer: AccountId,
    notes: Option<String>,
) -> Result<Paid> {
    let task = &reviewed.task.task;
    let worker = reviewed.submission.submission.author;
    let next = task.state.accept(worker, &task.terms)?;
    let facts = facts(cx, reviewed, notes.as_deref()).await?;
    judge(cx, reviewed, reviewer, SubmissionStatus::Approved, notes).await?;
    let task = &mut reviewed.task.task;
    task.completed_at = Some(cx.now);
    let paid = pay(cx, task, &reviewed.submission.submission).await?;
    task.paid_at = matches!(paid, Paid::Now(_)).then_some(cx.now);
    put(cx, &mut reviewed.task, next).await?;
    let task = &reviewed.task.task;
    match task.terms.mode {
        Mode::Exclusive => {
            tasks::end_claim(cx.tx, task.id, ClaimStatus::Fulfilled, cx.now).await?;
        }
        Mode::Open => close_all(cx, task.id, SubmissionStatus::Superseded).await?,
    }
    accounts::completed_one(cx.tx, worker).await?;
    count(cx, task.project, 0, 1, 0).await?;
    record_with(cx, Happening::TaskAccepted, task, facts).await?;
    if task.paid_at.is_some() {
        record(cx, Happening::TaskPaid, task).await?;
    }
    if task.terms.funding == Funding::Escrow {
        referrals::settled(cx, worker, task.publisher).await?;
    }
    Ok(paid)
}
