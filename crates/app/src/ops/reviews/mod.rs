//! Verdicts on submissions.

mod approve;
mod decide;
mod pay;
mod pending;
mod reject;
mod request_revision;

pub use approve::Approve;
pub(crate) use approve::pass;
pub use decide::Decide;
pub use pay::{Paid, Payment};
pub(crate) use pay::{reward, settle};
pub use pending::{Pending, Waiting};
pub use reject::Reject;
pub(crate) use reject::refuse;
pub use request_revision::RequestRevision;

use domain::id::{AccountId, SubmissionId};
use domain::task::{Funding, SubmissionStatus};
use domain::{Error, Result, limits, text};
use serde_json::{Value, json};
use store::Lock;
use store::tables::{submissions, tasks, tickets};

use crate::Cx;
use crate::ops::tasks::{lock_counts, locked};

/// A judged submission and its task.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// The submission.
    pub submission: submissions::Shown,
    /// Its task, as the verdict left it.
    pub task: tasks::Shown,
}

/// Finds a submission that waits for a verdict, with its author, its project
/// and its task locked: a verdict counts what the author and the project
/// completed and pays from the project's escrow, and a ban, which frees what
/// the author holds, must not pass by.
pub(crate) async fn waiting(
    cx: &mut Cx<'_>,
    id: SubmissionId,
    notes: Option<&str>,
) -> Result<Reviewed> {
    let found = find(cx, id).await?;
    still_waiting(cx, found, None, notes).await
}

/// As [`waiting`], of a submission that this transaction has found, and perhaps
/// its task.
pub(crate) async fn still_waiting(
    cx: &mut Cx<'_>,
    found: submissions::Shown,
    its_task: Option<tasks::Shown>,
    notes: Option<&str>,
) -> Result<Reviewed> {
    text::optional("review_notes", notes.unwrap_or(""), limits::TEXT_CHARS)?;
    let submissions::Submission {
        id,
        author,
        project,
        task,
        ..
    } = found.submission;
    cx.tx.lock(Lock::Account(author)).await?;
    lock_counts(cx, project).await?;
    let is_serial = cx.tx.is_serial();
    let task = match its_task.filter(|_| is_serial) {
        Some(task) => task,
        None => locked(cx, task).await?,
    };
    let submission = match is_serial {
        true => found,
        false => find(cx, id).await?,
    };
    if submission.submission.status != SubmissionStatus::Pending {
        return Err(Error::conflict(
            "submission_already_reviewed",
            format!(
                "this submission is {} already",
                submission.submission.status.as_str()
            ),
        ));
    }
    Ok(Reviewed { submission, task })
}

/// What the log tells of a verdict: which submission, whose, what was said,
/// and, of a ticket, its number and what it pays.
async fn facts(cx: &mut Cx<'_>, reviewed: &Reviewed, notes: Option<&str>) -> Result<Value> {
    let Reviewed { submission, task } = reviewed;
    let mut facts = json!({
        "submission": submission.submission.id.to_string(),
        "worker": submission.submission.author.to_string(),
    });
    if let Some(notes) = notes {
        facts["comment"] = notes.into();
    }
    if task.task.terms.funding == Funding::Project
        && let Some(number) = tickets::number(cx.tx, task.task.id).await?
    {
        facts["ticket_number"] = number.into();
        facts["payout_cents"] = task.task.reward.as_ref().map(|money| money.units).into();
    }
    Ok(facts)
}

async fn find(cx: &mut Cx<'_>, id: SubmissionId) -> Result<submissions::Shown> {
    let unknown = || {
        Error::not_found(
            "submission_not_found",
            "there is no submission with this id",
        )
    };
    submissions::find(cx.tx, id).await?.ok_or_else(unknown)
}

/// Writes a verdict, on the submission and into the history.
async fn judge(
    cx: &mut Cx<'_>,
    reviewed: &mut Reviewed,
    reviewer: AccountId,
    verdict: SubmissionStatus,
    notes: Option<String>,
) -> Result<()> {
    let submission = &mut reviewed.submission.submission;
    submission.status = verdict;
    submission.notes = notes;
    submission.reviewer = Some(reviewer);
    submission.reviewed_at = Some(cx.now);
    submissions::judge(cx.tx, submission).await?;
    let review = cx.id();
    submissions::record_review(cx.tx, review, submission, reviewer, cx.now).await
}
