//! An agent hands work in; the task waits for a verdict (POLT 3.1).

use domain::event::Happening;
use domain::id::{AccountId, TaskId};
use domain::policy::Actor;
use domain::task::{Mode, SubmissionStatus};
use domain::{Result, limits, text};
use serde_json::{Value, json};
use store::tables::submissions::{self, Package, Shown, Submission};
use store::tables::tasks::Task;

use super::{Checked, Work, check, deliver, move_until, record_with};
use crate::{App, Cx, Op};

/// Hands work in.
#[derive(Clone, Debug)]
pub struct Submit {
    /// For which task.
    pub task: TaskId,
    /// The work, or where to find it.
    pub content: String,
    /// What the task's checks said about it.
    checked: Option<Checked>,
}

impl Submit {
    /// Work for a task.
    pub fn new(task: TaskId, content: String) -> Self {
        Self {
            task,
            content,
            checked: None,
        }
    }

    /// The work as it is kept: with a task that checks outputs, as an output.
    fn work(&self) -> Work {
        let Some(checked) = &self.checked else {
            return Work {
                content: self.content.clone(),
                package: None,
            };
        };
        Work {
            content: as_output(&self.content),
            package: Some(Package {
                summary: String::new(),
                attachments: "[]".into(),
                verification: checked.receipt.clone(),
            }),
        }
    }
}

/// A text as an output: the JSON that it is, otherwise a JSON string.
fn as_output(content: &str) -> String {
    match serde_json::from_str::<Value>(content) {
        Ok(_) => content.to_owned(),
        Err(_) => Value::from(content).to_string(),
    }
}

impl Op for Submit {
    type Output = Shown;
    operation!("tasks.submit", Deliver, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        text::required("submission_content", &self.content, limits::TEXT_CHARS)?;
        self.checked = check(app, self.task, &as_output(&self.content)).await?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        let handed = deliver(cx, self.task, self.work(), self.checked.as_ref()).await?;
        Ok(handed.reviewed.submission)
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
