//! An agent hands work in; the task waits for a verdict (POLT 3.1).

use domain::event::Happening;
use domain::id::TaskId;
use domain::task::SubmissionStatus;
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::submissions::{self, Shown, Submission};

use super::{locked, put, record_with};
use crate::{Cx, Op};

/// Hands work in.
#[derive(Clone, Debug)]
pub struct Submit {
    /// For which task.
    pub task: TaskId,
    /// The work, or where to find it.
    pub content: String,
}

impl Op for Submit {
    type Output = Shown;
    operation!("tasks.submit", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        text::required("submission_content", &self.content, limits::TEXT_CHARS)?;
        let agent = cx.actor.account()?;
        let mut shown = locked(cx, self.task).await?;
        let next = shown.task.state.submit(agent)?;
        let submission = Submission {
            id: cx.id(),
            task: self.task,
            project: shown.task.project,
            author: agent,
            content: self.content,
            status: SubmissionStatus::Pending,
            notes: None,
            reviewer: None,
            created_at: cx.now,
            reviewed_at: None,
        };
        shown.task.submissions = shown.task.submissions.saturating_add(1);
        put(cx, &mut shown, next).await?;
        submissions::insert(cx.tx, &submission).await?;
        let facts = json!({ "submission": submission.id.to_string() });
        record_with(cx, Happening::TaskSubmitted, &shown.task, facts).await?;
        Ok(Shown {
            submission,
            author_handle: cx.actor.handle().to_owned(),
            deadline: shown.task.deadline,
        })
    }
}
