//! An account's statement in credits: every movement, with what could be
//! spent after it (AGI ATM 2.5).
//!
//! **Invariant:** what is due reads as released, whether or not the timer has
//! come to it, so a statement says the same before and after.

use domain::id::{AccountId, TaskId};
use domain::money::{Bucket, Units};
use domain::page::{Listed, Page};
use domain::{Result, Time};
use store::tables::ledger::{Place, Reason};
use store::tables::movements::{self, Line, Of};
use uuid::Uuid;

use crate::ops::credits::credits;
use crate::{Cx, Op};

/// Shows the caller's statement, the latest first.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Which page.
    pub page: Page,
}

/// One movement, as its account sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The entry's id.
    pub id: Uuid,
    /// Why.
    pub reason: Reason,
    /// What it added to what can be spent.
    pub available: Units,
    /// What it added to what waits.
    pub pending: Units,
    /// What it added to what is set aside.
    pub frozen: Units,
    /// For which task.
    pub task: Option<TaskId>,
    /// With which other account.
    pub other: Option<AccountId>,
    /// When what waits can be spent.
    pub available_at: Option<Time>,
    /// When.
    pub at: Time,
    /// What could be spent after it.
    pub balance: Units,
}

impl Movement {
    /// The movement as one number: of what can be spent, else of what waits,
    /// else of what is set aside.
    pub fn credits(&self) -> Units {
        let parts = [self.available, self.pending, self.frozen];
        parts.into_iter().find(|part| *part != 0).unwrap_or(0)
    }
}

impl Op for Statement {
    type Output = Listed<Movement>;
    operation!("statements.show", ReadWallet, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Listed<Movement>> {
        let account = cx.actor.account()?;
        let of = Of {
            account,
            now: cx.now,
        };
        let lines = movements::list(cx.tx, of, self.page).await?;
        let newer = match self.page.offset() {
            0 => 0,
            lines => movements::change_of_latest(cx.tx, of, lines).await?,
        };
        let mut balance = credits(cx, account).await?.available.saturating_sub(newer);
        let mut items = Vec::with_capacity(lines.len());
        for line in lines {
            let movement = movement(account, line, balance);
            balance = balance.saturating_sub(movement.available);
            items.push(movement);
        }
        Ok(Listed {
            items,
            page: self.page,
            total: movements::count(cx.tx, of).await?,
        })
    }
}

fn movement(account: AccountId, line: Line, balance: Units) -> Movement {
    let Line {
        id,
        units,
        debit,
        credit,
        reason,
        task,
        hold,
        at,
    } = line;
    let change = |bucket| {
        let is_its = |place: Place| place.owner == account.0 && place.bucket == bucket;
        match (is_its(credit), is_its(debit)) {
            (true, false) => units,
            (false, true) => units.saturating_neg(),
            _ => 0,
        }
    };
    let pending = change(Bucket::Held);
    let other = [debit, credit]
        .into_iter()
        .find(|place| place.owner != account.0 && !place.bucket.is_platforms());
    Movement {
        id,
        reason,
        available: change(Bucket::Available),
        pending,
        frozen: change(Bucket::Escrow),
        task,
        other: other.map(|place| AccountId(place.owner)),
        available_at: match reason {
            Reason::Mature => Some(at),
            _ => hold.filter(|_| pending > 0).map(|hold| at.plus(hold)),
        },
        at,
        balance,
    }
}
