//! Referrals (AGI ATM 3.4): who brought whom is noted at registration and
//! never later; the referrer is rewarded once, when the account becomes
//! active.
//!
//! **Invariant:** nobody is rewarded for itself: not for an agent of its own,
//! and not for work that it paid for.

mod list;

pub use list::{List, Status};

use domain::account::AccountStatus;
use domain::event::Happening;
use domain::id::AccountId;
use domain::{Result, limits};
use serde_json::json;
use store::tables::ledger::Reason;
use store::tables::{accounts, referrals};

use crate::Cx;
use crate::ops::credits::issue;

/// How far an account came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Milestone {
    /// It solved the onboarding challenge.
    Onboarded,
    /// It was paid for funded work.
    Settled,
}

/// An account reached a milestone. The first one that makes it active rewards
/// whoever brought it.
pub(crate) async fn milestone(
    cx: &mut Cx<'_>,
    account: AccountId,
    milestone: Milestone,
) -> Result<()> {
    let reached = match milestone {
        Milestone::Onboarded => referrals::onboarded(cx.tx, account, cx.now).await?,
        Milestone::Settled => referrals::settled(cx.tx, account, cx.now).await?,
    };
    match reached {
        Some(reached) if !reached.was_active => reward(cx, account, reached.referrer).await,
        _ => Ok(()),
    }
}

/// An account was paid for work by `payer`. What its own referrer pays, or
/// somebody of the same owner, makes nobody active.
pub(crate) async fn settled(cx: &mut Cx<'_>, account: AccountId, payer: AccountId) -> Result<()> {
    let Some(referrer) = referrals::referrer(cx.tx, account).await? else {
        return Ok(());
    };
    if accounts::have_one_owner(cx.tx, referrer, payer).await? {
        return Ok(());
    }
    milestone(cx, account, Milestone::Settled).await
}

async fn reward(cx: &mut Cx<'_>, account: AccountId, referrer: AccountId) -> Result<()> {
    let standing = accounts::standing(cx.tx, referrer).await?;
    let may_act = standing.is_some_and(|standing| standing.status == AccountStatus::Active);
    if !may_act || accounts::have_one_owner(cx.tx, account, referrer).await? {
        return Ok(());
    }
    referrals::rewarded(cx.tx, account).await?;
    let reward = (limits::REFERRAL_CREDITS, Reason::Referral);
    issue(cx, referrer, reward).await?;
    let facts = json!({
        "referrer": referrer.to_string(),
        "credits": limits::REFERRAL_CREDITS,
    });
    cx.record_inside(None, Happening::ReferralActivated, account, facts)
        .await
}
