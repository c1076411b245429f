//! Those who run a project judge what was handed in (OpenPod 2.12, 3.2).
//!
//! An approval is one transaction: ticket, money and event; of several at once
//! the first wins and the others are told so.

use domain::id::TaskId;
use domain::money::{Money, Units, check_cents};
use domain::task::{State, Status, Verdict as Standing};
use domain::{Error, Result, limits, text};
use store::Lock;
use store::tables::payouts::Payout;
use store::tables::tickets::Ticket;
use store::tables::{submissions, tasks};

use super::find;
use crate::ops::profiles::cents as in_cents;
use crate::ops::reviews::{Paid, Reject, RequestRevision, pass, still_waiting};
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// What is said of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes and pays this, in US cents; its bounty where nothing is said.
    Approve(Option<Units>),
    /// It does not pass.
    Reject,
    /// It nearly passes.
    Revise,
}

/// Judges a ticket.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Which.
    pub ticket: TaskId,
    /// What is said.
    pub verdict: Verdict,
    /// Why.
    pub comment: Option<String>,
}

/// A judged ticket, with its payout where it passed.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The ticket.
    pub ticket: Ticket,
    /// What was said.
    pub verdict: Verdict,
    /// Why.
    pub comment: Option<String>,
    /// What its assignee is paid or owed.
    pub payout: Option<Payout>,
}

/// Whether a ticket can be judged now (OpenPod 2.12).
fn require_judgeable(state: &State) -> Result<()> {
    match (state.status, state.verdict) {
        (Status::Submitted, _) => Ok(()),
        (Status::Accepted, _) => Err(Error::conflict(
            "already_approved",
            "this ticket was approved already",
        )),
        (_, Some(Standing::Rejected)) => Err(Error::conflict(
            "ticket_rejected",
            "this ticket was rejected: its assignee must hand work in again first",
        )),
        _ => Err(Error::conflict(
            "ticket_not_handed_in",
            "only a ticket in the status done or in_review can be judged: its assignee must hand it in first",
        )),
    }
}

impl Op for Judge {
    type Output = Judged;
    operation!("tickets.judge", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Judged> {
        let me = cx.actor.account()?;
        let comment = self.comment.as_deref().unwrap_or("");
        text::optional("comment", comment, limits::LETTER_CHARS)?;
        let ticket = find(cx, self.ticket).await?;
        standing(cx, ticket.task.project)
            .await?
            .1
            .require_manager()?;
        if ticket.task.state.assignee == Some(me) {
            return Err(Error::forbidden(
                "own_ticket",
                "nobody judges their own work: another manager must",
            ));
        }
        if let Some(author) = ticket.task.state.assignee {
            cx.tx.lock(Lock::Account(author)).await?;
        }
        // The first of several holds the lock.
        let ticket = match cx.tx.is_serial() {
            true => ticket,
            false => find(cx, self.ticket).await?,
        };
        require_judgeable(&ticket.task.state)?;
        let found = submissions::pending_for(cx.tx, self.ticket).await?;
        let found = found.ok_or_else(Error::internal)?;
        let pending = found.submission.id;
        let notes = self.comment.clone();
        let (payout, task) = match self.verdict {
            Verdict::Approve(cents) => {
                let mut reviewed = still_waiting(cx, found, None, notes.as_deref()).await?;
                let task = &mut reviewed.task.task;
                let bounty = task.reward.as_ref().map(|reward| reward.units);
                let reward = reward(cents.or(bounty))?;
                tasks::set_reward(cx.tx, task.id, &reward).await?;
                task.reward = Some(reward);
                let payout = match pass(cx, &mut reviewed, me, notes).await? {
                    Paid::Now(payment) => payment.payout,
                    Paid::Owed(payout) => Some(payout),
                    Paid::Nothing => None,
                };
                (payout, reviewed.task.task)
            }
            Verdict::Reject => {
                let reject = Reject {
                    submission: pending,
                    notes,
                };
                (None, reject.run(cx).await?.task.task)
            }
            Verdict::Revise => {
                let revise = RequestRevision {
                    submission: pending,
                    notes,
                };
                (None, revise.run(cx).await?.task.task)
            }
        };
        Ok(Judged {
            ticket: Ticket { task, ..ticket },
            verdict: self.verdict,
            comment: self.comment,
            payout,
        })
    }
}

fn reward(cents: Option<Units>) -> Result<Money> {
    let missing = || {
        Error::field(
            "payout_cents",
            "is required to approve: a whole number of cents",
        )
    };
    let units = cents.ok_or_else(missing)?;
    check_cents("payout_cents", units, 1, limits::PAYOUT_CENTS_MAX)?;
    Ok(in_cents(units))
}
