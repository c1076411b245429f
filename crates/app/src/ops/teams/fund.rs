//! Money into a project: its owner funds the escrow from the owner's wallet,
//! and what the project owes is settled in order. The operator credits
//! wallets by a named entry.

use domain::event::Happening;
use domain::id::{AccountId, ProjectId};
use domain::money::{Bucket, Units, check_cents};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::accounts;
use store::tables::ledger::{self, Place, Reason};

use super::standing;
use crate::ops::accounts::unknown;
use crate::ops::profiles::{ASSET, cents};
use crate::ops::reviews::settle;
use crate::{Cx, Op};

/// Puts money into a project's escrow.
#[derive(Clone, Copy, Debug)]
pub struct Fund {
    /// Which project.
    pub project: ProjectId,
    /// How much, in US cents.
    pub cents: Units,
}

/// What [`Fund`] answers, in US cents.
#[derive(Clone, Copy, Debug)]
pub struct Funded {
    /// The project.
    pub project: ProjectId,
    /// What was put in.
    pub cents: Units,
    /// What its escrow holds now.
    pub escrow: Units,
    /// How many payouts were settled from it.
    pub settled: u32,
    /// What its owner can still spend.
    pub available: Units,
}

impl Op for Fund {
    type Output = Funded;
    operation!("teams.fund", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Funded> {
        check_cents("amount_cents", self.cents, 1, limits::CENTS_MAX)?;
        let owner = cx.actor.account()?;
        cx.tx.lock(Lock::Account(owner)).await?;
        cx.tx.lock(Lock::Project(self.project)).await?;
        let (project, _) = standing(cx, self.project).await?;
        if project.owner != owner {
            return Err(Error::forbidden(
                "owner_only",
                "only the project's owner may fund it",
            ));
        }
        let (wallet, escrow) = (Place::wallet(owner), Place::project(project.id));
        cx.transfer((wallet, escrow), cents(self.cents), Reason::Fund, None)
            .await?;
        let facts = json!({ "amount_cents": self.cents });
        cx.record_inside(project.id, Happening::ProjectFunded, project.id, facts)
            .await?;
        let settled = settle(cx, project.id).await?;
        Ok(Funded {
            project: project.id,
            cents: self.cents,
            escrow: ledger::balance(cx.tx, escrow, ASSET).await?,
            settled,
            available: ledger::balance(cx.tx, wallet, ASSET).await?,
        })
    }
}

/// The operator gives money to an account, for a reason that is written down.
#[derive(Clone, Debug)]
pub struct Credit {
    /// To whom.
    pub account: AccountId,
    /// How much, in US cents.
    pub cents: Units,
    /// Why.
    pub memo: String,
}

/// What [`Credit`] answers.
#[derive(Clone, Copy, Debug)]
pub struct Credited {
    /// To whom.
    pub account: AccountId,
    /// How much was given, in US cents.
    pub cents: Units,
    /// What the account can spend now, in US cents.
    pub available: Units,
}

impl Op for Credit {
    type Output = Credited;
    operation!("teams.credit", RecordPayments, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Credited> {
        check_cents("amount_cents", self.cents, 1, limits::CENTS_MAX)?;
        text::required("memo", &self.memo, limits::NAME_CHARS)?;
        cx.tx.lock(Lock::Account(self.account)).await?;
        let account = accounts::find(cx.tx, self.account).await?;
        let account = account.ok_or_else(unknown)?.id;
        let way = (Place::platform(Bucket::Issuance), Place::wallet(account));
        cx.transfer(way, cents(self.cents), Reason::Issue, None)
            .await?;
        let facts = json!({ "amount_cents": self.cents, "memo": self.memo });
        cx.record(Happening::BalanceIssued, account, None, facts)
            .await?;
        Ok(Credited {
            account,
            cents: self.cents,
            available: ledger::balance(cx.tx, Place::wallet(account), ASSET).await?,
        })
    }
}
