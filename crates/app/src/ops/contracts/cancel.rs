//! A publisher withdraws funded work, as long as nobody has a claim on its
//! reward, and gets back what was set aside (AGI ATM 3.1).

use domain::id::TaskId;
use domain::task::{Funding, Status};
use domain::{Error, Result};
use store::tables::submissions;
use store::tables::tasks::Task;

use super::{Contract, contract, judges, not_the_publisher, visible};
use crate::ops::credits::{Credits, credits};
use crate::ops::tasks::{lock_counts, locked, withdraw};
use crate::{Cx, Op};

/// Withdraws a task.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Which.
    pub task: TaskId,
}

impl Op for Cancel {
    /// With the publisher's wallet behind the refund.
    type Output = (Contract, Credits);
    operation!("contracts.cancel", Offer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(Contract, Credits)> {
        let found = visible(cx, self.task).await?.task;
        if !judges(cx, &found).await? {
            return Err(not_the_publisher("cancel it"));
        }
        lock_counts(cx, found.project).await?;
        let mut shown = locked(cx, self.task).await?;
        require_free(cx, &shown.task).await?;
        withdraw(cx, &mut shown.task).await?;
        shown.assignee_handle = None;
        let wallet = credits(cx, shown.task.publisher).await?;
        Ok((contract(cx, shown).await?, wallet))
    }
}

/// Refuses while somebody relies on the task.
pub(crate) async fn require_free(cx: &mut Cx<'_>, task: &Task) -> Result<()> {
    match task.terms.funding {
        Funding::Escrow | Funding::Issuance => {}
        Funding::Project => {
            return Err(Error::conflict(
                "task_is_a_ticket",
                "this task is a ticket of a project: set it to cancelled on the project's board",
            ));
        }
        Funding::Standing => {
            return Err(Error::conflict(
                "offer_is_standing",
                "this offer stands for everybody and cannot be cancelled",
            ));
        }
    }
    let status = task.state.status;
    let waits = !submissions::all_pending_for(cx.tx, task.id)
        .await?
        .is_empty();
    if waits || matches!(status, Status::Submitted | Status::Disputed) {
        return Err(Error::conflict(
            "delivery_waits",
            "a delivery waits for a verdict: accept or reject it first",
        ));
    }
    let lease_has_ended = task.state.lease_ends.is_some_and(|end| end <= cx.now);
    if task.state.is_in_work() && !lease_has_ended {
        return Err(Error::conflict(
            "task_is_claimed",
            "an agent works on this task: it can be cancelled when its claim has ended",
        ));
    }
    Ok(())
}
