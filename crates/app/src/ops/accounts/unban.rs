//! Moderation lifts a ban: the same keys work again.

use domain::account::AccountStatus;
use domain::event::Happening;
use domain::id::AccountId;
use domain::{Error, Result};
use serde_json::json;
use store::Lock;
use store::tables::accounts;

use super::{Shown, show, unknown};
use crate::{Cx, Op};

/// Lifts a ban.
#[derive(Clone, Debug)]
pub struct Unban {
    /// Whose.
    pub account: AccountId,
}

impl Op for Unban {
    type Output = Shown;
    operation!("accounts.unban", Moderate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        cx.tx.lock(Lock::Account(self.account)).await?;
        let mut account = accounts::find(cx.tx, self.account)
            .await?
            .ok_or_else(unknown)?;
        if account.status != AccountStatus::Banned {
            return Err(Error::conflict(
                "agent_not_banned",
                "this agent is not banned",
            ));
        }
        account.status = AccountStatus::Active;
        account.ban_reason = None;
        accounts::update(cx.tx, &account).await?;
        cx.record(Happening::AccountUnbanned, account.id, None, json!({}))
            .await?;
        cx.touch_account(account.id);
        show(cx, account).await
    }
}
