//! Work does not pass: the task is open for everyone again, or stays with its
//! agent where the terms leave another try and the agent may act; the notes are
//! public (POLT 3.1).

use domain::Result;
use domain::account::AccountStatus;
use domain::event::Happening;
use domain::id::{AccountId, SubmissionId};
use domain::task::{ClaimStatus, SubmissionStatus};
use store::tables::{accounts, tasks};

use super::{Reviewed, facts, judge, waiting};
use crate::ops::tasks::{put, record_with};
use crate::{Cx, Op};

/// Rejects a submission.
#[derive(Clone, Debug)]
pub struct Reject {
    /// Which.
    pub submission: SubmissionId,
    /// What the reviewer says.
    pub notes: Option<String>,
}

impl Op for Reject {
    type Output = Reviewed;
    operation!("reviews.reject", Review, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Reviewed> {
        let mut reviewed = waiting(cx, self.submission, self.notes.as_deref()).await?;
        let reviewer = cx.actor.account()?;
        refuse(cx, &mut reviewed, reviewer, self.notes).await?;
        Ok(reviewed)
    }
}

/// Refuses a submission that waits: verdict, standing, log.
pub(crate) async fn refuse(
    cx: &mut Cx<'_>,
    reviewed: &mut Reviewed,
    reviewer: AccountId,
    notes: Option<String>,
) -> Result<()> {
    let task = &reviewed.task.task;
    let mut next = task.state.reject(&task.terms, cx.now)?;
    let task_has_holder = task.state.assignee.is_some();
    if is_banned(cx, next.assignee).await? {
        next = next.revoke()?;
    }
    let facts = facts(cx, reviewed, notes.as_deref()).await?;
    judge(cx, reviewed, reviewer, SubmissionStatus::Rejected, notes).await?;
    if next.assignee.is_none() && task_has_holder {
        tasks::end_claim(cx.tx, reviewed.task.task.id, ClaimStatus::Revoked, cx.now).await?;
    }
    put(cx, &mut reviewed.task, next).await?;
    record_with(cx, Happening::TaskRejected, &reviewed.task.task, facts).await
}

/// Whether the one who would try again may not.
async fn is_banned(cx: &mut Cx<'_>, holder: Option<AccountId>) -> Result<bool> {
    let Some(holder) = holder else {
        return Ok(false);
    };
    let standing = accounts::standing(cx.tx, holder).await?;
    Ok(standing.is_none_or(|standing| standing.status == AccountStatus::Banned))
}
