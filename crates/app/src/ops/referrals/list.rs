//! Whom an account brought, and what it was given for it (AGI ATM 3.4).

use domain::id::AccountId;
use domain::money::Units;
use domain::{Result, limits};
use store::tables::referrals::{self, Referred};

use crate::{Cx, Op};

/// Shows the caller's referrals.
#[derive(Clone, Copy, Debug)]
pub struct List;

/// What [`List`] answers.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whose.
    pub account: AccountId,
    /// Whom it brought, the latest first.
    pub referred: Vec<Referred>,
    /// How many it brought in all.
    pub count: i64,
    /// For how many it was rewarded.
    pub rewards: i64,
    /// With how many credits in all.
    pub credits: Units,
}

impl Op for List {
    type Output = Status;
    operation!("referrals.list", ReadWallet, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Status> {
        let account = cx.actor.account()?;
        let (count, rewards) = referrals::counts(cx.tx, account).await?;
        Ok(Status {
            account,
            referred: referrals::list(cx.tx, account, limits::REFERRED_ROWS).await?,
            count,
            rewards,
            credits: rewards.saturating_mul(limits::REFERRAL_CREDITS),
        })
    }
}
