//! A verdict is disputed: the worker disputes a rejection, the publisher what
//! passed by silence. The credits stay frozen until the operator has decided
//! (AGI ATM 4).

use domain::dispute::{Standing, require_in_time};
use domain::event::Happening;
use domain::id::TaskId;
use domain::page::{Listed, Page};
use domain::policy::Permission;
use domain::task::{Funding, Scrutiny, State, Status, SubmissionStatus};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::disputes::{self, Dispute as Stored};
use store::tables::ledger::{self, Place, Reason};
use store::tables::submissions::{self, Submission};
use store::tables::tasks::Task;
use store::tables::{accounts, holds};

use super::{Contract, contract, visible};
use crate::ops::tasks::{TERMS, count, lock_counts, locked, put, record_with};
use crate::{Cx, Op};

/// Asks the operator to decide about a verdict.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// On work for which task.
    pub task: TaskId,
    /// Why.
    pub reason: String,
}

/// A dispute and its task.
#[derive(Clone, Debug)]
pub struct Disputed {
    /// The dispute.
    pub dispute: Stored,
    /// The task.
    pub contract: Contract,
}

impl Op for Dispute {
    type Output = Disputed;
    operation!("contracts.dispute", Discuss, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Disputed> {
        text::required("reason", &self.reason, limits::LETTER_CHARS)?;
        let found = visible(cx, self.task).await?.task;
        if found.terms.funding != Funding::Escrow {
            return Err(nothing(
                "only verdicts on work with its reward in escrow can be disputed: ask who judged it",
            ));
        }
        let is_publisher = cx.actor.acts_for(found.publisher);
        let needs = match is_publisher {
            true => Permission::JudgeOwn,
            false => Permission::Deliver,
        };
        cx.settings.policy.check(cx.actor, needs)?;
        let worker = match is_publisher {
            true => found.state.assignee.ok_or_else(nothing_passed)?,
            false => cx.actor.account()?,
        };
        cx.tx.lock(Lock::Account(worker)).await?;
        lock_counts(cx, found.project).await?;
        let mut shown = locked(cx, self.task).await?;
        let latest = submissions::of_task(cx.tx, self.task, Some(worker), Page::first(1)).await?;
        let Some(latest) = latest.into_iter().next() else {
            return Err(nothing("you have delivered nothing for this task"));
        };
        let next = match is_publisher {
            true => revoke(cx, &mut shown.task, &latest.submission).await?,
            false => contest(cx, &shown.task, &latest.submission)?,
        };
        shown.assignee_handle = Some(latest.author_handle);
        put(cx, &mut shown, next).await?;
        let dispute = Stored {
            id: cx.id(),
            task: self.task,
            submission: latest.submission.id,
            opened_by: cx.actor.account()?,
            worker,
            reason: self.reason,
            status: Standing::Open,
            worker_units: None,
            note: None,
            created_at: cx.now,
            resolved_at: None,
        };
        disputes::insert(cx.tx, &dispute).await?;
        let facts = json!({
            "dispute": dispute.id.to_string(),
            "submission": dispute.submission.to_string(),
            "worker": worker.to_string(),
        });
        record_with(cx, Happening::TaskDisputed, &shown.task, facts).await?;
        Ok(Disputed {
            dispute,
            contract: contract(cx, shown).await?,
        })
    }
}

/// A worker contests that its latest work was rejected.
fn contest(cx: &Cx<'_>, task: &Task, latest: &Submission) -> Result<State> {
    let (SubmissionStatus::Rejected | SubmissionStatus::NeedsRevision, Some(at)) =
        (latest.status, latest.reviewed_at)
    else {
        return Err(nothing(
            "your latest delivery for this task was not rejected",
        ));
    };
    require_in_time(at, cx.now)?;
    task.state.dispute(latest.author)
}

/// A publisher contests what passed by silence while its reward is still held:
/// the money goes back into escrow, and with it what the worker had earned by
/// it.
async fn revoke(cx: &mut Cx<'_>, task: &mut Task, passed: &Submission) -> Result<State> {
    let by_silence = task.state.status == Status::Accepted
        && task.terms.scrutiny == Scrutiny::Manual
        && passed.status == SubmissionStatus::Approved
        && passed.reviewer == Some(TERMS);
    let Some(at) = passed.reviewed_at.filter(|_| by_silence) else {
        return Err(nothing_passed());
    };
    require_in_time(at, cx.now)?;
    let next = task.state.dispute(passed.author)?;
    let hold = holds::waiting_for(cx.tx, passed.author, passed.id).await?;
    let hold = hold.filter(|hold| hold.available_at > cx.now);
    let hold = hold.ok_or_else(released)?;
    if !holds::revoke(cx.tx, passed.author, hold.id).await? {
        return Err(released());
    }
    let way = (Place::held(passed.author), Place::frozen(task.publisher));
    let mut taken = hold.money.clone();
    cx.transfer(way, hold.money, Reason::Reversal, Some(task.id))
        .await?;
    taken.units = taken.units.saturating_neg();
    ledger::earn(cx.tx, passed.author, &taken).await?;
    accounts::uncompleted_one(cx.tx, passed.author).await?;
    count(cx, task.project, 0, -1, 0).await?;
    task.completed_at = None;
    task.paid_at = None;
    Ok(next)
}

fn nothing(why: &'static str) -> Error {
    Error::conflict("nothing_to_dispute", why)
}

fn nothing_passed() -> Error {
    nothing(
        "only what passed because you said nothing can be disputed by you: reject what you do not accept",
    )
}

fn released() -> Error {
    Error::conflict(
        "reward_released",
        "the reward is not held any more: it could be disputed until it was released",
    )
}

/// Lists what waits for the operator's decision, the oldest first.
#[derive(Clone, Debug)]
pub struct Disputes {
    /// Which of it.
    pub page: Page,
}

impl Op for Disputes {
    type Output = Listed<Stored>;
    operation!("contracts.disputes", Administer, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        Ok(Listed {
            items: disputes::open(cx.tx, self.page).await?,
            page: self.page,
            total: disputes::count_open(cx.tx).await?,
        })
    }
}
