//! Work does not pass: the task is open for everyone again, or stays with its
//! agent where the terms leave another try; the notes are public (POLT 3.1).

use domain::Result;
use domain::event::Happening;
use domain::id::SubmissionId;
use domain::task::{ClaimStatus, SubmissionStatus};
use serde_json::json;
use store::tables::tasks;

use super::{Reviewed, judge, waiting};
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
        let task = &reviewed.task.task;
        let next = task.state.reject(&task.terms, cx.now)?;
        judge(cx, &mut reviewed, SubmissionStatus::Rejected, self.notes).await?;
        if next.assignee.is_none() {
            tasks::end_claim(cx.tx, reviewed.task.task.id, ClaimStatus::Revoked, cx.now).await?;
        }
        put(cx, &mut reviewed.task, next).await?;
        let facts = json!({ "submission": self.submission.to_string() });
        record_with(cx, Happening::TaskRejected, &reviewed.task.task, facts).await?;
        Ok(reviewed)
    }
}
