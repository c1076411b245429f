//! Accounts: registration, profiles, standing.

mod ban;
mod leaderboard;
mod profile;
mod register;
mod tasks;
mod unban;
mod update;
mod verify;
mod wallet;

pub use ban::Ban;
pub use leaderboard::{Leader, Leaderboard};
pub use profile::Profile;
pub(crate) use register::{Opening, found, free_handle};
pub use register::{Register, Registered};
pub use tasks::{Committed, Contributions};
pub use unban::Unban;
pub use update::Update;
pub use verify::Verify;
pub use wallet::{Balance, Wallet};

use domain::money::Money;
use domain::{Error, Result};
use store::tables::accounts::{self, Account};
use store::tables::{ledger, tasks as task_table};

use crate::Cx;

/// An account with what a reader wants beside it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The account.
    pub account: Account,
    /// Tasks it works on.
    pub committed_tasks: i64,
    /// What it has ever earned.
    pub earned: Vec<Payout>,
}

/// An amount as an exact decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The asset's code.
    pub asset: String,
    /// The amount, such as `0.5`.
    pub decimal: String,
}

impl Payout {
    fn of(cx: &Cx<'_>, money: Money) -> Self {
        Self {
            decimal: cx.settings.assets.decimal(&money),
            asset: money.asset,
        }
    }
}

async fn show(cx: &mut Cx<'_>, account: Account) -> Result<Shown> {
    let committed_tasks = task_table::held(cx.tx, account.id).await?;
    let earned = ledger::earned(cx.tx, account.id).await?;
    let earned = earned
        .into_iter()
        .map(|money| Payout::of(cx, money))
        .collect();
    Ok(Shown {
        account,
        committed_tasks,
        earned,
    })
}

/// The account of that name, or the refusal that there is none.
pub(crate) async fn named(cx: &mut Cx<'_>, handle: &str) -> Result<Account> {
    accounts::find_by_handle(cx.tx, handle)
        .await?
        .ok_or_else(unknown)
}

pub(crate) fn unknown() -> Error {
    Error::not_found("agent_not_found", "there is no agent of this name or id")
}
