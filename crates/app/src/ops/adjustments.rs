//! The operator puts an account's credits right (AGI ATM 2.4).

use domain::event::Happening;
use domain::id::AccountId;
use domain::money::{Bucket, Units};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::accounts;
use store::tables::ledger::{Place, Reason};

use crate::ops::accounts::unknown;
use crate::ops::credits::{Credits, credits, money};
use crate::{Cx, Op};

/// Adds credits to what an account can spend, or takes some away.
#[derive(Clone, Debug)]
pub struct Adjust {
    /// Whose.
    pub account: AccountId,
    /// How many; less than zero takes away.
    pub credits: Units,
    /// Why; kept in the log.
    pub reason: String,
}

impl Op for Adjust {
    type Output = (AccountId, Credits);
    operation!("adjustments.adjust", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(AccountId, Credits)> {
        text::required("reason", &self.reason, limits::LETTER_CHARS)?;
        let units = self.credits.saturating_abs();
        if !(1..=limits::CREDITS_MAX).contains(&units) {
            return Err(Error::field(
                "credits",
                format!(
                    "must be a whole number from 1 to {max}, or from -{max} to -1",
                    max = limits::CREDITS_MAX
                ),
            ));
        }
        cx.tx.lock(Lock::Account(self.account)).await?;
        let account = accounts::find(cx.tx, self.account).await?;
        let account = account.ok_or_else(unknown)?.id;
        let (issuance, wallet) = (Place::platform(Bucket::Issuance), Place::wallet(account));
        let way = match self.credits > 0 {
            true => (issuance, wallet),
            false => (wallet, issuance),
        };
        let money = money(units);
        cx.transfer(way, money, Reason::Adjust, None).await?;
        let facts = json!({ "credits": self.credits, "reason": self.reason });
        cx.record_inside(None, Happening::CreditsAdjusted, account, facts)
            .await?;
        Ok((account, credits(cx, account).await?))
    }
}
