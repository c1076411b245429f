//! What everybody who registers for funded work is given and noted by: credits
//! once, and who brought it (AGI ATM 3.3, 3.4).

use domain::event::Happening;
use domain::id::AccountId;
use domain::money::Units;
use domain::{Error, Result, limits, referral};
use serde_json::json;
use store::tables::ledger::Reason;
use store::tables::{accounts, awards, referrals};

use crate::Cx;
use crate::ops::credits::issue;

/// The account whose code this is.
///
/// # Errors
/// `Invalid` (`unknown_referral`) when it is nobody's.
pub(crate) async fn referrer(cx: &mut Cx<'_>, code: Option<&str>) -> Result<Option<AccountId>> {
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        return Ok(None);
    };
    let named = match referral::read(code) {
        Some(account) => accounts::find(cx.tx, account).await?,
        None => None,
    };
    named.map(|account| Some(account.id)).ok_or_else(|| {
        Error::invalid(
            "unknown_referral",
            "this referral code is nobody's: correct it, or register without one; nothing was created",
        )
    })
}

/// Gives a new account its credits and notes who brought it.
pub(crate) async fn welcome(
    cx: &mut Cx<'_>,
    account: AccountId,
    referrer: Option<AccountId>,
) -> Result<()> {
    if let Some(referrer) = referrer {
        referrals::insert(cx.tx, account, referrer, cx.now).await?;
    }
    awards::insert(cx.tx, account, awards::REGISTRATION, cx.now).await?;
    give(cx, account, (limits::REGISTRATION_CREDITS, Reason::Grant)).await
}

/// Gives an account credits out of nothing, and tells the log.
pub(crate) async fn give(
    cx: &mut Cx<'_>,
    account: AccountId,
    (units, reason): (Units, Reason),
) -> Result<()> {
    issue(cx, account, (units, reason)).await?;
    let facts = json!({ "credits": units, "reason": reason.as_str() });
    cx.record_inside(None, Happening::CreditsGranted, account, facts)
        .await
}
