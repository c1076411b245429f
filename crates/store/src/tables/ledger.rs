//! The ledger: double entry, append-only. One entry moves one amount of one
//! asset from a debit account to a credit account, so an unbalanced entry
//! cannot be written.
//!
//! **Invariant:** a subject's balance is never negative and equals the sum of
//! its entries; the platform's own buckets keep no balance row and are the sum
//! of their entries by definition.

use domain::id::{AccountId, EntryId, PLATFORM, ProjectId, TaskId};
use domain::money::{Bucket, Money, Units};
use domain::{Error, Kind, Result, Time};
use uuid::Uuid;

use crate::{Tx, Val};

/// A place that holds money: an account, a project or the platform, and which of
/// its buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose it is.
    pub owner: Uuid,
    /// Which of its buckets.
    pub bucket: Bucket,
}

impl Place {
    /// What an account can spend.
    pub fn wallet(account: AccountId) -> Self {
        Self {
            owner: account.0,
            bucket: Bucket::Available,
        }
    }

    /// What an account has set aside for the tasks it published. Whose task
    /// it is for stands on the entries.
    pub fn frozen(account: AccountId) -> Self {
        Self {
            owner: account.0,
            bucket: Bucket::Escrow,
        }
    }

    /// What an account has earned and cannot spend yet.
    pub fn held(account: AccountId) -> Self {
        Self {
            owner: account.0,
            bucket: Bucket::Held,
        }
    }

    /// What is set aside for a project's payouts.
    pub fn project(project: ProjectId) -> Self {
        Self {
            owner: project.0,
            bucket: Bucket::Escrow,
        }
    }

    /// What an account is owed.
    pub fn receivable(account: AccountId) -> Self {
        Self {
            owner: account.0,
            bucket: Bucket::Receivable,
        }
    }

    /// What an account owes.
    pub fn payable(account: AccountId) -> Self {
        Self {
            owner: account.0,
            bucket: Bucket::Payable,
        }
    }

    /// One of the platform's own buckets.
    pub fn platform(bucket: Bucket) -> Self {
        Self {
            owner: PLATFORM,
            bucket,
        }
    }
}

domain::words! {
    /// Why money moved.
    pub enum Reason {
        /// The operator gave it.
        Issue = "issue",
        /// Set aside when a task was published.
        Escrow = "escrow",
        /// Paid to the worker whose work passed; once per task.
        Payout = "payout",
        /// Kept by the platform.
        Fee = "fee",
        /// Given back to the publisher.
        Refund = "refund",
        /// Put into a project's escrow by its owner.
        Fund = "fund",
        /// Owed to the worker whose work passed; once per task.
        Due = "due",
        /// An owner's debt, met from the project's escrow.
        Settle = "settle",
        /// What was owed to a worker, paid.
        Release = "release",
        /// Paid by one agent to another for a service.
        Service = "service",
        /// Given once for registering.
        Grant = "grant",
        /// Earned at a standing offer, once per agent.
        Bonus = "bonus",
        /// Given for bringing somebody who became active.
        Referral = "referral",
        /// A reward that was held and can be spent now.
        Mature = "mature",
        /// Spent on something of the catalogue.
        Redeem = "redeem",
        /// A payment that was disputed, put back into escrow.
        Reversal = "reversal",
        /// A worker's part of a reward that was disputed.
        Award = "award",
        /// Put right by the operator.
        Adjust = "adjust",
        /// Handed to an agent for what it may spend, and what it gives back.
        Allowance = "allowance",
    }
}

/// One movement of money.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// How much of what; more than zero.
    pub money: Money,
    /// Where it comes from.
    pub debit: Place,
    /// Where it goes to.
    pub credit: Place,
    /// Why.
    pub reason: Reason,
    /// For which task.
    pub task: Option<TaskId>,
    /// When.
    pub at: Time,
}

statements! {
    DEBIT = "update ledger_accounts set balance = balance - $1 \
        where owner = $2 and asset = $3 and bucket = $4 and balance >= $1";
    CREDIT = "insert into ledger_accounts (owner, asset, bucket, balance) values ($1, $2, $3, $4) \
        on conflict (owner, asset, bucket) do update set balance = ledger_accounts.balance + excluded.balance";
    INSERT = "insert into ledger_entries (id, asset, units, debit_owner, debit_bucket, credit_owner, credit_bucket, \
        reason, task, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    EARN = "insert into earnings (account, asset, units) values ($1, $2, $3) \
        on conflict (account, asset) do update set units = earnings.units + excluded.units";
    EARNED = "select asset, units from earnings where account = $1 order by asset";
    BALANCES = "select asset, bucket, balance from ledger_accounts where owner = $1 order by asset, bucket";
    BALANCE = "select balance from ledger_accounts where owner = $1 and asset = $2 and bucket = $3";
}

/// Moves money.
///
/// # Errors
/// `Insufficient` when the debit account does not hold enough, now or at the
/// latest before the commit; `Internal` for an amount of zero or less.
pub async fn post(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let Entry {
        id,
        money,
        debit,
        credit,
        reason,
        task,
        at,
    } = entry;
    if money.units <= 0 {
        tracing::error!(units = money.units, "a ledger entry must move something");
        return Err(Error::internal());
    }
    if debit.bucket == Bucket::Payable {
        // A debt grows without a limit of its own.
        let params = vec![
            debit.owner.into(),
            (&money.asset).into(),
            debit.bucket.as_str().into(),
            money.units.saturating_neg().into(),
        ];
        tx.write(CREDIT, params).await?;
    } else if !debit.bucket.is_platforms() {
        let params = vec![
            money.units.into(),
            debit.owner.into(),
            (&money.asset).into(),
            debit.bucket.as_str().into(),
        ];
        tx.write_or(DEBIT, params, insufficient).await?;
    }
    if !credit.bucket.is_platforms() {
        let params = vec![
            credit.owner.into(),
            (&money.asset).into(),
            credit.bucket.as_str().into(),
            money.units.into(),
        ];
        tx.write(CREDIT, params).await?;
    }
    let params = vec![
        Val::id(*id),
        (&money.asset).into(),
        money.units.into(),
        debit.owner.into(),
        debit.bucket.as_str().into(),
        credit.owner.into(),
        credit.bucket.as_str().into(),
        reason.as_str().into(),
        task.map(Val::id).unwrap_or(Val::Null),
        (*at).into(),
    ];
    tx.write(INSERT, params).await
}

fn insufficient() -> Error {
    Error::new(
        Kind::Insufficient,
        "insufficient_funds",
        "the balance does not cover this amount: add funds or offer less",
    )
}

/// Adds to what an account has ever earned.
pub async fn earn(tx: &mut Tx, account: AccountId, money: &Money) -> Result<()> {
    tx.write(
        EARN,
        vec![Val::id(account), (&money.asset).into(), money.units.into()],
    )
    .await
}

/// What an account has ever earned, per asset.
pub async fn earned(tx: &mut Tx, account: AccountId) -> Result<Vec<Money>> {
    tx.rows(EARNED, vec![Val::id(account)], |row| {
        Ok(Money {
            asset: row.text(0)?,
            units: row.int(1)?,
        })
    })
    .await
}

/// One balance of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Which bucket.
    pub bucket: Bucket,
    /// How much of what.
    pub money: Money,
}

/// Every balance of an owner.
pub async fn balances(tx: &mut Tx, owner: Uuid) -> Result<Vec<Balance>> {
    tx.rows(BALANCES, vec![owner.into()], |row| {
        Ok(Balance {
            bucket: row.word(1, Bucket::parse)?,
            money: Money {
                asset: row.text(0)?,
                units: row.int(2)?,
            },
        })
    })
    .await
}

/// One balance.
pub async fn balance(tx: &mut Tx, place: Place, asset: &str) -> Result<Units> {
    let params = vec![
        place.owner.into(),
        asset.to_owned().into(),
        place.bucket.as_str().into(),
    ];
    Ok(tx
        .row(BALANCE, params, |row| row.int(0))
        .await?
        .unwrap_or(0))
}
