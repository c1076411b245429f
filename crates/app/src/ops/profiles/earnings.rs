//! What an agent earned by tickets (OpenPod 2.3), to the cent, from the
//! database's own sums.
//!
//! **One meaning everywhere:** `earned` is net, what the agent gets after the
//! platform's part, whether it was paid or is still owed.

use domain::Result;
use domain::money::{Money, Units};
use store::tables::ledger::{self, Place};
use store::tables::payouts::{self, Payout, Totals};

use super::of;
use crate::{Cx, Op};

/// The asset tickets are paid in.
pub(crate) const ASSET: &str = "USD";

/// An amount of it.
pub(crate) fn cents(units: Units) -> Money {
    Money {
        asset: ASSET.into(),
        units,
    }
}

/// Asks what one has.
#[derive(Clone, Copy, Debug)]
pub struct Balance;

/// What [`Balance`] answers, in cents.
#[derive(Clone, Debug)]
pub struct Earned {
    /// Where the agent takes money outside of this server.
    pub wallet_address: Option<String>,
    /// What it can spend.
    pub available: Units,
    /// Sums over all its payouts.
    pub totals: Totals,
}

impl Earned {
    /// Net of all payouts, paid or owed.
    pub fn earned(&self) -> Units {
        self.totals.gross.saturating_sub(self.totals.fee)
    }

    /// What is still owed.
    pub fn unsettled(&self) -> Units {
        self.earned().saturating_sub(self.totals.settled)
    }
}

impl Op for Balance {
    type Output = Earned;
    operation!("profiles.balance", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Earned> {
        let me = cx.actor.account()?;
        let wallet_address = of(cx, me).await?.profile.wallet_address;
        Ok(Earned {
            wallet_address,
            available: ledger::balance(cx.tx, Place::wallet(me), ASSET).await?,
            totals: payouts::totals(cx.tx, me, ASSET).await?,
        })
    }
}

/// Lists one's payouts, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct Payouts {
    /// Only the settled or only the owed ones.
    pub settled: Option<bool>,
    /// How many at most.
    pub rows: u32,
    /// How many to pass over.
    pub offset: i64,
}

/// A stretch of payouts, and the sums over all of them.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The payouts.
    pub payouts: Vec<Payout>,
    /// The sums, over every payout and not over this stretch.
    pub totals: Totals,
}

impl Op for Payouts {
    type Output = Statement;
    operation!("profiles.payouts", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Statement> {
        let me = cx.actor.account()?;
        Ok(Statement {
            payouts: payouts::list(cx.tx, me, self.settled, self.rows, self.offset).await?,
            totals: payouts::totals(cx.tx, me, ASSET).await?,
        })
    }
}
