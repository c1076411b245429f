//! The operator decides a dispute: a part of the reward is the worker's, the
//! rest goes back to the publisher, and not a credit is left over (AGI ATM 4).

use domain::dispute::{Share, Standing};
use domain::event::Happening;
use domain::id::DisputeId;
use domain::money::{self, Money, Units};
use domain::task::{ClaimStatus, SubmissionStatus};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::accounts;
use store::tables::disputes::{self, Dispute};
use store::tables::ledger::{Place, Reason};
use store::tables::submissions::{self, Submission};
use store::tables::tasks::{self, Shown, Task};

use super::{Contract, Settlement, contract};
use crate::ops::referrals;
use crate::ops::reviews::reward;
use crate::ops::tasks::{close_all, count, give_back, locked_to_count, put, record, record_with};
use crate::{Cx, Op};

/// Decides a dispute.
#[derive(Clone, Debug)]
pub struct Resolve {
    /// Which.
    pub dispute: DisputeId,
    /// What the worker is paid.
    pub share: Share,
    /// Why.
    pub note: Option<String>,
}

/// A decided dispute and its task.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The dispute.
    pub dispute: Dispute,
    /// The task.
    pub contract: Contract,
    /// What the worker was paid.
    pub settlement: Option<Settlement>,
}

impl Op for Resolve {
    type Output = Resolved;
    operation!("contracts.resolve", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Resolved> {
        let note = self.note.filter(|note| !note.trim().is_empty());
        text::optional("note", note.as_deref().unwrap_or(""), limits::LETTER_CHARS)?;
        let found = find(cx, self.dispute).await?;
        cx.tx.lock(Lock::Account(found.worker)).await?;
        let mut shown = locked_to_count(cx, found.task).await?;
        // Read again behind the lock.
        let mut dispute = find(cx, self.dispute).await?;
        if dispute.status == Standing::Resolved {
            return Err(Error::conflict(
                "dispute_resolved",
                "this dispute was decided already",
            ));
        }
        let frozen = shown.task.reward.clone().ok_or_else(Error::internal)?;
        let units = self.share.of(frozen.units)?;
        let submission = rule(cx, &dispute, units, note.clone()).await?;
        let settlement = match units {
            0 => {
                call_off(cx, &mut shown).await?;
                None
            }
            units => award(cx, &mut shown, &submission, &frozen, units).await?,
        };
        dispute.status = Standing::Resolved;
        dispute.worker_units = Some(units);
        dispute.note = note;
        dispute.resolved_at = Some(cx.now);
        disputes::resolve(cx.tx, &dispute).await?;
        let facts = json!({ "dispute": dispute.id.to_string(), "worker_units": units });
        record_with(cx, Happening::TaskResolved, &shown.task, facts).await?;
        Ok(Resolved {
            dispute,
            contract: contract(cx, shown).await?,
            settlement,
        })
    }
}

async fn find(cx: &mut Cx<'_>, id: DisputeId) -> Result<Dispute> {
    let unknown = || Error::not_found("dispute_not_found", "there is no dispute with this id");
    disputes::find(cx.tx, id).await?.ok_or_else(unknown)
}

/// Writes the operator's verdict on the submission and into the history.
async fn rule(
    cx: &mut Cx<'_>,
    dispute: &Dispute,
    units: Units,
    note: Option<String>,
) -> Result<Submission> {
    let found = submissions::find(cx.tx, dispute.submission).await?;
    let mut submission = found.ok_or_else(Error::internal)?.submission;
    let operator = cx.actor.account()?;
    submission.status = match units {
        0 => SubmissionStatus::Rejected,
        _ => SubmissionStatus::Approved,
    };
    submission.notes = note;
    submission.reviewer = Some(operator);
    submission.reviewed_at = Some(cx.now);
    submissions::revise(cx.tx, &submission).await?;
    let review = cx.id();
    submissions::record_review(cx.tx, review, &submission, operator, cx.now).await?;
    Ok(submission)
}

/// The worker gets a part like any reward, the publisher the rest back.
async fn award(
    cx: &mut Cx<'_>,
    shown: &mut Shown,
    submission: &Submission,
    frozen: &Money,
    units: Units,
) -> Result<Option<Settlement>> {
    let next = shown.task.state.resolve(true)?;
    shown.task.completed_at = Some(cx.now);
    shown.task.paid_at = Some(cx.now);
    let hold = split(cx, &shown.task, submission, frozen, units).await?;
    put(cx, shown, next).await?;
    let task = &shown.task;
    tasks::end_claim(cx.tx, task.id, ClaimStatus::Fulfilled, cx.now).await?;
    close_all(cx, task.id, SubmissionStatus::Superseded).await?;
    accounts::completed_one(cx.tx, submission.author).await?;
    referrals::settled(cx, submission.author, task.publisher).await?;
    count(cx, task.project, 0, 1, 0).await?;
    let facts = json!({
        "submission": submission.id.to_string(),
        "worker": submission.author.to_string(),
    });
    record_with(cx, Happening::TaskAccepted, task, facts).await?;
    record(cx, Happening::TaskPaid, task).await?;
    Ok(hold)
}

async fn split(
    cx: &mut Cx<'_>,
    task: &Task,
    submission: &Submission,
    frozen: &Money,
    units: Units,
) -> Result<Option<Settlement>> {
    let part = |units| Money {
        asset: frozen.asset.clone(),
        units,
    };
    let from = Place::frozen(task.publisher);
    let hold = reward(cx, task, &part(units), (from, Reason::Award), submission).await?;
    let rest = part(money::subtract(frozen.units, units)?);
    cx.refund(task.publisher, rest, task.id).await?;
    Ok(hold.map(|hold| Settlement::of_award(submission, &hold)))
}

/// The worker gets nothing: the task is off and the publisher has it all back.
async fn call_off(cx: &mut Cx<'_>, shown: &mut Shown) -> Result<()> {
    let next = shown.task.state.resolve(false)?;
    tasks::end_claim(cx.tx, shown.task.id, ClaimStatus::Revoked, cx.now).await?;
    close_all(cx, shown.task.id, SubmissionStatus::Cancelled).await?;
    put(cx, shown, next).await?;
    count(cx, shown.task.project, 0, 0, 1).await?;
    give_back(cx, &shown.task).await?;
    record(cx, Happening::TaskCancelled, &shown.task).await
}
