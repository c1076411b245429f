//! Who pays for work accepts or rejects it, one delivery at a time
//! (AGI ATM 2.3, 3.1). The verdict is that of every other door: the first of
//! several wins, and the others are told so.

use domain::id::{SubmissionId, TaskId};
use domain::task::{Funding, Status};
use domain::{Error, Result, limits, text};
use store::tables::submissions::{self, Shown};
use store::tables::tasks::{self, Task};

use super::{Contract, Settlement, contract, judges, not_the_publisher, visible};
use crate::ops::reviews::{Reviewed, pass, refuse, still_waiting};
use crate::ops::tickets::{self, Verdict};
use crate::{Cx, Op};

/// Accepts a delivery, which pays for it.
#[derive(Clone, Debug)]
pub struct Accept {
    /// For which task.
    pub task: TaskId,
    /// Which; the one that waits where none is named.
    pub delivery: Option<SubmissionId>,
    /// What the publisher says.
    pub note: Option<String>,
}

/// Rejects a delivery.
#[derive(Clone, Debug)]
pub struct Reject {
    /// For which task.
    pub task: TaskId,
    /// Which; the one that waits where none is named.
    pub delivery: Option<SubmissionId>,
    /// Why.
    pub reason: String,
}

/// A judged delivery.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The delivery.
    pub delivery: Shown,
    /// Its task.
    pub contract: Contract,
    /// What was paid, where it passed.
    pub settlement: Option<Settlement>,
}

impl Op for Accept {
    type Output = Judged;
    operation!("contracts.accept", JudgeOwn, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Judged> {
        let note = self.note.filter(|note| !note.trim().is_empty());
        text::optional("note", note.as_deref().unwrap_or(""), limits::LETTER_CHARS)?;
        let found = judgeable(cx, self.task, self.delivery).await?;
        if found.is_ticket() {
            return judge_ticket(cx, &found, Verdict::Approve(None), note).await;
        }
        let Found { delivery, task } = found;
        let mut reviewed = still_waiting(cx, delivery, Some(task), note.as_deref()).await?;
        let me = cx.actor.account()?;
        let paid = pass(cx, &mut reviewed, me, note).await?;
        let settlement = Settlement::of(&reviewed.submission.submission, &paid, cx.now)?;
        judged(cx, reviewed, settlement).await
    }
}

impl Op for Reject {
    type Output = Judged;
    operation!("contracts.reject", JudgeOwn, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Judged> {
        text::required("reason", &self.reason, limits::LETTER_CHARS)?;
        let found = judgeable(cx, self.task, self.delivery).await?;
        let reason = Some(self.reason);
        if found.is_ticket() {
            return judge_ticket(cx, &found, Verdict::Reject, reason).await;
        }
        let Found { delivery, task } = found;
        let mut reviewed = still_waiting(cx, delivery, Some(task), reason.as_deref()).await?;
        let me = cx.actor.account()?;
        refuse(cx, &mut reviewed, me, reason).await?;
        judged(cx, reviewed, None).await
    }
}

async fn judged(
    cx: &mut Cx<'_>,
    reviewed: Reviewed,
    settlement: Option<Settlement>,
) -> Result<Judged> {
    Ok(Judged {
        delivery: reviewed.submission,
        contract: contract(cx, reviewed.task).await?,
        settlement,
    })
}

/// A delivery that the caller may judge.
struct Found {
    task: tasks::Shown,
    delivery: Shown,
}

impl Found {
    fn is_ticket(&self) -> bool {
        self.task.task.terms.funding == Funding::Project
    }
}

async fn judgeable(cx: &mut Cx<'_>, id: TaskId, delivery: Option<SubmissionId>) -> Result<Found> {
    let task = visible(cx, id).await?;
    if !judges(cx, &task.task).await? {
        return Err(not_the_publisher("judge what is delivered for it"));
    }
    let delivery = match delivery {
        Some(delivery) => of_this_task(cx, id, delivery).await?,
        None => the_one_that_waits(cx, &task.task).await?,
    };
    Ok(Found { task, delivery })
}

async fn of_this_task(cx: &mut Cx<'_>, task: TaskId, delivery: SubmissionId) -> Result<Shown> {
    let found = submissions::find(cx.tx, delivery).await?;
    let found = found.filter(|found| found.submission.task == task);
    let unknown = || {
        Error::not_found(
            "delivery_not_found",
            "there is no delivery with this id for this task: list its deliveries",
        )
    };
    found.ok_or_else(unknown)
}

async fn the_one_that_waits(cx: &mut Cx<'_>, task: &Task) -> Result<Shown> {
    let pending = submissions::all_pending_for(cx.tx, task.id).await?;
    let several = match <[Shown; 1]>::try_from(pending) {
        Ok([one]) => return Ok(one),
        Err(pending) => !pending.is_empty(),
    };
    Err(if several {
        Error::conflict(
            "several_deliveries_wait",
            "several deliveries wait for a verdict: judge one of them by its id",
        )
    } else if task.state.status == Status::Accepted {
        Error::conflict(
            "submission_already_reviewed",
            "this task is settled already",
        )
    } else {
        Error::conflict(
            "no_delivery_waits",
            format!(
                "no delivery waits for a verdict: the task is {}",
                task.state.status.in_words()
            ),
        )
    })
}

/// A ticket is judged by the rules of its project's board (OpenPod 2.12).
async fn judge_ticket(
    cx: &mut Cx<'_>,
    found: &Found,
    verdict: Verdict,
    comment: Option<String>,
) -> Result<Judged> {
    let ticket = found.task.task.id;
    let pending = submissions::pending_for(cx.tx, ticket).await?;
    let delivery = found.delivery.submission.id;
    if pending.is_none_or(|pending| pending.submission.id != delivery) {
        return Err(Error::conflict(
            "submission_already_reviewed",
            "this delivery was judged already",
        ));
    }
    let judge = tickets::Judge {
        ticket,
        verdict,
        comment,
    };
    let payout = judge.run(cx).await?.payout;
    let delivery = submissions::find(cx.tx, delivery).await?;
    let delivery = delivery.ok_or_else(Error::internal)?;
    let settlement = payout.map(|payout| Settlement::of_payout(&delivery.submission, &payout));
    let task = visible(cx, ticket).await?;
    Ok(Judged {
        settlement: settlement.transpose()?,
        contract: contract(cx, task).await?,
        delivery,
    })
}
