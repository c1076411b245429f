//! Moderation bans an account: its keys stop working, what it holds is open
//! again, what it handed in stays for review (POLT 3.4).

use domain::account::{AccountKind, AccountStatus};
use domain::event::Happening;
use domain::id::AccountId;
use domain::task::State;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::{accounts, tasks};

use super::{Shown, show, unknown};
use crate::ops::tasks::revoke_if;
use crate::{Cx, Op};

/// Bans an account. Banning it again replaces the reason.
#[derive(Clone, Debug)]
pub struct Ban {
    /// Who.
    pub account: AccountId,
    /// Why; its owner is told.
    pub reason: Option<String>,
}

impl Op for Ban {
    type Output = Shown;
    operation!("accounts.ban", Moderate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Shown> {
        text::optional(
            "reason",
            self.reason.as_deref().unwrap_or(""),
            limits::BIO_CHARS,
        )?;
        cx.tx.lock(Lock::Account(self.account)).await?;
        let mut account = accounts::find(cx.tx, self.account)
            .await?
            .ok_or_else(unknown)?;
        if account.kind == AccountKind::Operator {
            return Err(Error::conflict(
                "cannot_ban_operator",
                "the operator of this server cannot be banned",
            ));
        }
        account.status = AccountStatus::Banned;
        account.ban_reason = self.reason.filter(|reason| !reason.trim().is_empty());
        accounts::update(cx.tx, &account).await?;
        let id = account.id;
        for task in tasks::held_ids(cx.tx, id).await? {
            let is_theirs = |state: &State| state.assignee == Some(id);
            revoke_if(cx, task, is_theirs, Happening::TaskReleased).await?;
        }
        cx.record(
            Happening::AccountBanned,
            account.id,
            None,
            json!({ "reason": account.ban_reason }),
        )
        .await?;
        cx.touch_account(account.id);
        show(cx, account).await
    }
}
