//! What was paid for a delivery (AGI ATM 2.5).

use domain::id::{AccountId, SubmissionId, TaskId};
use domain::money::Money;
use domain::{Result, Time, money};
use store::tables::holds::Hold;
use store::tables::payouts::Payout;
use store::tables::submissions::Submission;
use uuid::Uuid;

use crate::ops::reviews::{Paid, Payment};

/// The settlement of a delivery; there is at most one per task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Its id: of the ledger entry that will release what is held, of the
    /// project's payout, otherwise of the delivery.
    pub id: Uuid,
    /// For which task.
    pub task: TaskId,
    /// For which delivery.
    pub delivery: SubmissionId,
    /// Whom it pays.
    pub payee: AccountId,
    /// What it pays.
    pub money: Money,
    /// When it was paid; `None` while it is owed.
    pub paid_at: Option<Time>,
    /// When it can be spent.
    pub available_at: Option<Time>,
}

impl Settlement {
    /// What became of the reward of a delivery that passed; `None` where the
    /// ledger does not know it.
    ///
    /// # Errors
    /// `Internal` when a payout contradicts itself.
    pub(crate) fn of(delivery: &Submission, paid: &Paid, now: Time) -> Result<Option<Self>> {
        Ok(match paid {
            Paid::Nothing => None,
            Paid::Now(Payment { net, hold, payout }) => {
                let id = match (hold, payout) {
                    (Some(hold), _) => hold.id.0,
                    (None, Some(payout)) => payout.id.0,
                    (None, None) => delivery.id.0,
                };
                let available_at = hold.as_ref().map_or(now, |hold| hold.available_at);
                let times = (Some(now), Some(available_at));
                Some(Self::paying(delivery, id, net.clone(), times))
            }
            Paid::Owed(payout) => Some(Self::of_payout(delivery, payout)?),
        })
    }

    /// A reward that a project paid or owes.
    pub(crate) fn of_payout(delivery: &Submission, payout: &Payout) -> Result<Self> {
        let net = Money {
            asset: payout.asset.clone(),
            units: money::subtract(payout.gross, payout.fee)?,
        };
        let times = (payout.settled_at, payout.settled_at);
        Ok(Self::paying(delivery, payout.id.0, net, times))
    }

    /// What the operator gave a worker.
    pub(crate) fn of_award(delivery: &Submission, hold: &Hold) -> Self {
        let times = (Some(hold.paid_at), Some(hold.available_at));
        Self::paying(delivery, hold.id.0, hold.money.clone(), times)
    }

    fn paying(
        delivery: &Submission,
        id: Uuid,
        money: Money,
        (paid_at, available_at): (Option<Time>, Option<Time>),
    ) -> Self {
        Self {
            id,
            task: delivery.task,
            delivery: delivery.id,
            payee: delivery.author,
            money,
            paid_at,
            available_at,
        }
    }
}
