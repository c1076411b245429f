//! Work nearly passes: its author is asked for another submission, and the
//! old one stays in the history (POLT 3.1).

use domain::account::AccountStatus;
use domain::event::Happening;
use domain::id::SubmissionId;
use domain::task::SubmissionStatus;
use domain::{Error, Result};
use store::tables::accounts;

use super::{Reviewed, facts, judge, waiting};
use crate::ops::tasks::{put, record_with};
use crate::{Cx, Op};

/// Asks for a revision.
#[derive(Clone, Debug)]
pub struct RequestRevision {
    /// Of which submission.
    pub submission: SubmissionId,
    /// What is to be changed.
    pub notes: Option<String>,
}

impl Op for RequestRevision {
    type Output = Reviewed;
    operation!("reviews.request_revision", Review, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Reviewed> {
        let mut reviewed = waiting(cx, self.submission, self.notes.as_deref()).await?;
        let author = accounts::find(cx.tx, reviewed.submission.submission.author).await?;
        if author.is_none_or(|author| author.status == AccountStatus::Banned) {
            return Err(Error::conflict(
                "author_is_banned",
                "the author of this submission is banned and cannot revise it: approve or reject it",
            ));
        }
        let task = &reviewed.task.task;
        let next = task.state.request_revision(&task.terms, cx.now)?;
        let facts = facts(cx, &reviewed, self.notes.as_deref()).await?;
        let reviewer = cx.actor.account()?;
        judge(
            cx,
            &mut reviewed,
            reviewer,
            SubmissionStatus::NeedsRevision,
            self.notes,
        )
        .await?;
        put(cx, &mut reviewed.task, next).await?;
        record_with(
            cx,
            Happening::TaskRevisionRequested,
            &reviewed.task.task,
            facts,
        )
        .await?;
        Ok(reviewed)
    }
}
