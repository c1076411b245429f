//! An agent hands work in; the task waits for a verdict (POLT 3.1).

use domain::event::Happening;
use domain::id::{AccountId, TaskId};
use domain::task::{Mode, SubmissionStatus};
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::submissions::{self, Package, Shown, Submission};
use store::tables::tasks::Task;

use super::{locked, move_until, record_with};
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
    operation!("tasks.submit", Deliver, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        text::required("submission_content", &self.content, limits::TEXT_CHARS)?;
        let agent = cx.actor.account()?;
        let mut shown = locked(cx, self.task).await?;
        let submission = hand_in(cx, &mut shown.task, agent, self.content, None).await?;
        Ok(Shown {
            submission,
            author_handle: cx.actor.handle().to_owned(),
            deadline: shown.task.deadline,
            is_private: shown.task.briefed,
        })
    }
}

/// Hands work in for a task, which is locked, in its holder's name.
pub(crate) async fn hand_in(
    cx: &mut Cx<'_>,
    task: &mut Task,
    holder: AccountId,
    content: String,
    package: Option<Package>,
) -> Result<Submission> {
    let next = task.state.submit(holder, &task.terms)?;
    let auto_accept_at = task.terms.silence.map(|silence| cx.now.plus(silence));
    let submission = Submission {
        id: cx.id(),
        task: task.id,
        project: task.project,
        author: holder,
        content,
        package,
        auto_accept_at,
        status: SubmissionStatus::Pending,
        notes: None,
        reviewer: None,
        created_at: cx.now,
        reviewed_at: None,
    };
    task.submissions = task.submissions.saturating_add(1);
    // Of a task that is open to all, others may wait for a verdict already.
    let own = next.alarm(&task.terms, task.deadline, cx.now);
    let waits = task.alarm.filter(|_| task.terms.mode == Mode::Open);
    let alarm = [own, waits, auto_accept_at].into_iter().flatten().min();
    move_until(cx, task, next, alarm).await?;
    submissions::insert(cx.tx, &submission).await?;
    let facts = json!({ "submission": submission.id.to_string() });
    record_with(cx, Happening::TaskSubmitted, task, facts).await?;
    Ok(submission)
}
