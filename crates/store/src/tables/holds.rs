//! Rewards that were paid and cannot be spent yet (AGI ATM 3.3).
//!
//! **Invariant:** the id of a hold is the id of the ledger entry that will
//! release it, made for the time at which it may. Whoever comes first, the
//! timer or somebody who wants to spend, writes the very same entry; a reader
//! that comes before both shows it as if it were there.

use domain::id::{AccountId, EntryId, Id, SubmissionId, TaskId};
use domain::money::Money;
use domain::{Result, Time};

use crate::{Row, Sql, Tx, Val};

/// A reward that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The id of the entry that will release it.
    pub id: EntryId,
    /// Whose it is.
    pub account: AccountId,
    /// How much of what.
    pub money: Money,
    /// For which task.
    pub task: Option<TaskId>,
    /// For which submission.
    pub submission: Option<SubmissionId>,
    /// When it was paid.
    pub paid_at: Time,
    /// When it can be spent.
    pub available_at: Time,
}

macro_rules! columns {
    () => {
        "account, id, asset, units, task, submission, paid_at, available_at"
    };
}

statements! {
    INSERT = "insert into holds (account, id, asset, units, task, submission, paid_at, available_at, ended) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
    MATURE = concat!("update holds set ended = 1 where account = $1 and ended = 0 and available_at <= $2 returning ", columns!());
    // What is revoked was not released: it ends in another way.
    REVOKE = "update holds set ended = 2 where account = $1 and id = $2 and ended = 0 returning units";
    WAITING = concat!("select ", columns!(), " from holds where account = $1 and ended = 0 order by id");
    OF = concat!("select ", columns!(), " from holds where account = $1 and submission = $2 and ended = 0");
}

const DUE: Sql = indexed!(
    "select distinct account from holds ",
    "holds_due",
    "where ended = 0 and available_at <= $1 limit $2"
);

/// Statements that the engines spell differently.
pub(super) fn built() -> Vec<Sql> {
    vec![DUE]
}

fn read(row: &Row<'_>) -> Result<Hold> {
    Ok(Hold {
        account: row.id(0)?,
        id: row.id(1)?,
        money: Money {
            asset: row.text(2)?,
            units: row.int(3)?,
        },
        task: row.opt_id(4)?,
        submission: row.opt_id(5)?,
        paid_at: row.time(6)?,
        available_at: row.time(7)?,
    })
}

/// Makes a reward wait.
pub async fn insert(tx: &mut Tx, hold: &Hold) -> Result<()> {
    let Hold {
        id,
        account,
        money,
        task,
        submission,
        paid_at,
        available_at,
    } = hold;
    let params = vec![
        Val::id(*account),
        Val::id(*id),
        (&money.asset).into(),
        money.units.into(),
        task.map(Val::id).unwrap_or(Val::Null),
        submission.map(Val::id).unwrap_or(Val::Null),
        (*paid_at).into(),
        (*available_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// Ends the holds of an account that are due, and answers them: the caller
/// moves the money.
pub async fn mature(tx: &mut Tx, account: AccountId, now: Time) -> Result<Vec<Hold>> {
    tx.rows(MATURE, vec![Val::id(account), now.into()], read)
        .await
}

/// Ends a hold whose money goes elsewhere; false when it has ended already.
pub async fn revoke(tx: &mut Tx, account: AccountId, id: EntryId) -> Result<bool> {
    let params = vec![account.uuid().into(), id.uuid().into()];
    Ok(tx.row(REVOKE, params, |row| row.int(0)).await?.is_some())
}

/// What waits for an account, the first to come first.
pub async fn waiting(tx: &mut Tx, account: AccountId) -> Result<Vec<Hold>> {
    tx.rows(WAITING, vec![Val::id(account)], read).await
}

/// What waits for an account because of a submission.
pub async fn waiting_for(
    tx: &mut Tx,
    account: AccountId,
    submission: SubmissionId,
) -> Result<Option<Hold>> {
    let params = vec![Val::id(account), Val::id(submission)];
    tx.row(OF, params, read).await
}

/// Accounts for which something is due.
pub async fn due(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<AccountId>> {
    tx.rows(DUE, vec![now.into(), rows.into()], |row| row.id(0))
        .await
}
