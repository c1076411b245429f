//! Reviews at this door.

use app::Answer;
use app::ops::reviews::{Approve, Decide, Pending, Reject, RequestRevision, Reviewed, Waiting};
use domain::id::SubmissionId;
use domain::page::Listed;
use domain::task::SubmissionStatus;
use domain::{Error, Result, Time};
use serde::{Deserialize, Serialize};

use super::Polt;
use super::envelope::{Envelope, message, with_paging};
use super::objects::{Author, Project, Submission, Task};
use crate::dialect::Wire;
use crate::input::Input;

#[derive(Serialize)]
struct PendingReview<'a> {
    #[serde(flatten)]
    submission: Submission<'a>,
    task: Task<'a>,
    project: Project<'a>,
    agent: Author<'a>,
    previous_submissions: Vec<Submission<'a>>,
}

impl<'a> PendingReview<'a> {
    fn of(waiting: &'a Waiting, now: Time) -> Self {
        let Waiting {
            submission,
            task,
            project,
            author,
            earlier,
        } = waiting;
        Self {
            submission: Submission::of(submission),
            task: Task::of(task, now),
            project: Project::of(project),
            agent: Author::of(author),
            previous_submissions: earlier.iter().map(Submission::of).collect(),
        }
    }
}

impl Wire<Polt> for Pending {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Waiting>, now: Time) -> Answer {
        let reviews: Vec<_> = listed
            .items
            .iter()
            .map(|waiting| PendingReview::of(waiting, now))
            .collect();
        let envelope = Envelope::new()
            .with("pending_reviews", &reviews)
            .with("submissions", &reviews);
        with_paging(envelope, &listed).answer(200)
    }
}

#[derive(Deserialize)]
struct DecideIn {
    action: String,
    review_notes: Option<String>,
}

impl Wire<Polt> for Decide {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let DecideIn {
            action,
            review_notes: notes,
        } = input.json()?;
        let submission = SubmissionId(input.id("id"));
        match action.as_str() {
            "approve" => Ok(Self::Approve(Approve { submission, notes })),
            "reject" => Ok(Self::Reject(Reject { submission, notes })),
            _ => Err(Error::field("action", "must be 'approve' or 'reject'")),
        }
    }

    fn encode(reviewed: Reviewed, now: Time) -> Answer {
        let approved = reviewed.submission.submission.status == SubmissionStatus::Approved;
        judged(
            if approved {
                "Submission approved"
            } else {
                "Submission rejected"
            },
            reviewed,
            now,
        )
    }
}

#[derive(Deserialize, Default)]
struct RequestRevisionIn {
    review_notes: Option<String>,
}

impl Wire<Polt> for RequestRevision {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RequestRevisionIn {
            review_notes: notes,
        } = input.json_or_default()?;
        Ok(Self {
            submission: SubmissionId(input.id("id")),
            notes,
        })
    }

    fn encode(reviewed: Reviewed, now: Time) -> Answer {
        judged("Revision requested", reviewed, now)
    }
}

fn judged(sentence: &str, reviewed: Reviewed, now: Time) -> Answer {
    let Reviewed { submission, task } = reviewed;
    let card = task.into();
    message(sentence)
        .with("submission", &Submission::of(&submission))
        .with("task", &Task::of(&card, now))
        .answer(200)
}
