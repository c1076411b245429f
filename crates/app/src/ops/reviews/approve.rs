//! Work passes: the task is done, its agent is credited and, where the reward
//! is an asset of the ledger, paid, all in one transaction (POLT 2.4).

use domain::event::Happening;
use domain::id::{AccountId, SubmissionId};
use domain::money::{self, Bucket, Money, Units};
use domain::task::{ClaimStatus, Funding, SubmissionStatus};
use domain::{Error, Result};
use serde_json::json;
use store::tables::ledger::{self, Entry, Place, Reason};
use store::tables::tasks::Task;
use store::tables::{accounts, projects, tasks};

use super::{Reviewed, judge, waiting};
use crate::ops::tasks::{put, record, record_with};
use crate::{Cx, Op};

/// Approves a submission.
#[derive(Clone, Debug)]
pub struct Approve {
    /// Which.
    pub submission: SubmissionId,
    /// What the reviewer says.
    pub notes: Option<String>,
}

impl Op for Approve {
    type Output = Reviewed;
    operation!("reviews.approve", Review, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Reviewed> {
        let mut reviewed = waiting(cx, self.submission, self.notes.as_deref()).await?;
        let next = reviewed.task.task.state.accept()?;
        let worker = next.assignee.ok_or_else(Error::internal)?;
        judge(cx, &mut reviewed, SubmissionStatus::Approved, self.notes).await?;
        let task = &mut reviewed.task.task;
        task.completed_at = Some(cx.now);
        task.paid_at = pay(cx, task, worker).await?.then_some(cx.now);
        put(cx, &mut reviewed.task, next).await?;
        let task = &reviewed.task.task;
        tasks::end_claim(cx.tx, task.id, ClaimStatus::Fulfilled, cx.now).await?;
        accounts::completed_one(cx.tx, worker).await?;
        projects::add_tasks(cx.tx, task.project, 0, 1, 0).await?;
        let facts =
            json!({ "submission": self.submission.to_string(), "worker": worker.to_string() });
        record_with(cx, Happening::TaskAccepted, task, facts).await?;
        if task.paid_at.is_some() {
            record(cx, Happening::TaskPaid, task).await?;
        }
        Ok(reviewed)
    }
}

/// Pays the reward, less the platform's fee. False when the ledger does not
/// know the reward.
async fn pay(cx: &mut Cx<'_>, task: &Task, worker: AccountId) -> Result<bool> {
    let Some(reward) = &task.reward else {
        return Ok(false);
    };
    let from = match task.terms.funding {
        Funding::Issuance => Place::platform(Bucket::Issuance),
        Funding::Escrow => Place::escrow(task.id),
    };
    let fee = money::fee_of(reward.units, task.terms.fee_bps)?;
    let net = money::subtract(reward.units, fee)?;
    transfer(cx, task, from, Place::wallet(worker), net, Reason::Payout).await?;
    transfer(
        cx,
        task,
        from,
        Place::platform(Bucket::Fees),
        fee,
        Reason::Fee,
    )
    .await?;
    if net > 0 {
        ledger::earn(
            cx.tx,
            worker,
            &Money {
                asset: reward.asset.clone(),
                units: net,
            },
        )
        .await?;
    }
    Ok(true)
}

async fn transfer(
    cx: &mut Cx<'_>,
    task: &Task,
    debit: Place,
    credit: Place,
    units: Units,
    reason: Reason,
) -> Result<()> {
    let Some(reward) = task.reward.as_ref().filter(|_| units > 0) else {
        return Ok(());
    };
    let money = Money {
        asset: reward.asset.clone(),
        units,
    };
    let entry = Entry {
        id: cx.id(),
        money,
        debit,
        credit,
        reason,
        task: Some(task.id),
        at: cx.now,
    };
    ledger::post(cx.tx, &entry).await
}
