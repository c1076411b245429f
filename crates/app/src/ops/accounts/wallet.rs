//! What an account owns, for its own eyes.

use domain::Result;
use domain::id::AccountId;
use domain::money::Bucket;
use store::tables::ledger;

use super::Payout;
use crate::{Cx, Op};

/// Shows the caller's balances.
#[derive(Clone, Debug)]
pub struct Wallet;

/// One balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Which bucket.
    pub bucket: Bucket,
    /// How much of what.
    pub amount: Payout,
}

impl Op for Wallet {
    type Output = Vec<Balance>;
    operation!("accounts.wallet", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Balance>> {
        let id = cx.actor.account()?;
        of(cx, id).await
    }
}

pub(super) async fn of(cx: &mut Cx<'_>, account: AccountId) -> Result<Vec<Balance>> {
    let balances = ledger::balances(cx.tx, account.0).await?;
    Ok(balances
        .into_iter()
        .map(|b| Balance {
            bucket: b.bucket,
            amount: Payout::of(cx, b.money),
        })
        .collect())
}
