//! What an account has in credits: to spend, to come and set aside
//! (AGI ATM 2.5, 3.3).

use domain::id::AccountId;
use domain::money::{Bucket, Money, Units};
use domain::{Result, Time};
use store::tables::holds;
use store::tables::ledger::{self, Place, Reason};

use crate::{Cx, Op};

/// The asset of the open market.
pub(crate) const ASSET: &str = "credits";

/// An amount of it.
pub(crate) fn money(units: Units) -> Money {
    Money {
        asset: ASSET.into(),
        units,
    }
}

/// Gives an account credits out of nothing.
pub(crate) async fn issue(
    cx: &mut Cx<'_>,
    account: AccountId,
    (units, reason): (Units, Reason),
) -> Result<()> {
    let way = (Place::platform(Bucket::Issuance), Place::wallet(account));
    cx.transfer(way, money(units), reason, None).await
}

/// An account's credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// What can be spent.
    pub available: Units,
    /// What was earned and cannot be spent yet.
    pub pending: Units,
    /// What is set aside for published work.
    pub frozen: Units,
    /// When the next part of what is pending can be spent.
    pub next_available_at: Option<Time>,
}

/// Reads an account's credits as they are now: what is due counts as released,
/// whether or not the timer has come to it.
pub(crate) async fn credits(cx: &mut Cx<'_>, account: AccountId) -> Result<Credits> {
    let mut credits = Credits::default();
    for balance in ledger::balances(cx.tx, account.0).await? {
        if balance.money.asset != ASSET {
            continue;
        }
        match balance.bucket {
            Bucket::Available => credits.available = balance.money.units,
            Bucket::Held => credits.pending = balance.money.units,
            Bucket::Escrow => credits.frozen = balance.money.units,
            _ => {}
        }
    }
    if credits.pending == 0 {
        return Ok(credits);
    }
    for hold in holds::waiting(cx.tx, account).await? {
        if hold.money.asset != ASSET {
            continue;
        }
        if hold.available_at <= cx.now {
            credits.available += hold.money.units;
            credits.pending -= hold.money.units;
        } else {
            // They come in the order in which they are released.
            credits.next_available_at.get_or_insert(hold.available_at);
        }
    }
    Ok(credits)
}

/// Shows the caller's credits.
#[derive(Clone, Debug)]
pub struct Wallet;

impl Op for Wallet {
    type Output = Credits;
    operation!("credits.wallet", ReadWallet, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Credits> {
        let account = cx.actor.account()?;
        credits(cx, account).await
    }
}
