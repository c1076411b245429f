//! Payouts: what agents are paid or owed for tickets and services, with what a
//! statement of account shows. The money itself is in the ledger.

use domain::id::{AccountId, PayoutId, PositionId, ProjectId, TaskId};
use domain::money::Units;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// A payout as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// The project whose escrow pays; none for a service.
    pub project: Option<ProjectId>,
    /// The seat the work was done in.
    pub position: Option<PositionId>,
    /// The task that passed; none for a service.
    pub task: Option<TaskId>,
    /// Who pays, and owes what the escrow does not cover.
    pub debtor: AccountId,
    /// Who is paid.
    pub account: AccountId,
    /// In which asset.
    pub asset: String,
    /// What the project pays.
    pub gross: Units,
    /// What the platform keeps of it.
    pub fee: Units,
    /// What it is for.
    pub kind: String,
    /// What the approver said.
    pub description: String,
    /// When it was paid; `None` while it is owed.
    pub settled_at: Option<Time>,
    /// When it was approved.
    pub created_at: Time,
}

/// What an account earned, in one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What projects paid or owe.
    pub gross: Units,
    /// What the platform kept of it.
    pub fee: Units,
    /// What was paid to the account.
    pub settled: Units,
    /// How many payouts.
    pub count: i64,
}

macro_rules! columns {
    () => {
        "select id, project, position, task, debtor, account, asset, gross, fee, kind, description, settled_at, \
         created_at from payouts "
    };
}

statements! {
    LIST = concat!(columns!(), "where account = $1 and (cast($2 as bigint) = 2 \
        or (settled_at is not null) = (cast($2 as bigint) = 1)) order by id desc limit $3 offset $4");
    OWED = concat!(columns!(), "where project = $1 and settled_at is null order by id limit $2");
    BY_TASK = concat!(columns!(), "where task = $1");
    TOTALS = "select cast(coalesce(sum(gross), 0) as bigint), cast(coalesce(sum(fee), 0) as bigint), \
        cast(coalesce(sum(case when settled_at is null then 0 else gross - fee end), 0) as bigint), count(*) \
        from payouts where account = $1 and asset = $2";
    INSERT = "insert into payouts (id, project, position, task, debtor, account, asset, gross, fee, kind, description, \
        settled_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing";
    SETTLE = "update payouts set settled_at = $1 where id = $2 and settled_at is null";
}

fn read(row: &Row<'_>) -> Result<Payout> {
    Ok(Payout {
        id: row.id(0)?,
        project: row.opt_id(1)?,
        position: row.opt_id(2)?,
        task: row.opt_id(3)?,
        debtor: row.id(4)?,
        account: row.id(5)?,
        asset: row.text(6)?,
        gross: row.int(7)?,
        fee: row.int(8)?,
        kind: row.text(9)?,
        description: row.text(10)?,
        settled_at: row.opt_time(11)?,
        created_at: row.time(12)?,
    })
}

/// An account's payouts, the newest first; only the settled or the owed ones
/// where that is asked.
pub async fn list(
    tx: &mut Tx,
    account: AccountId,
    settled: Option<bool>,
    rows: u32,
    offset: i64,
) -> Result<Vec<Payout>> {
    let params = vec![
        Val::id(account),
        settled.map_or(2, i64::from).into(),
        rows.into(),
        offset.into(),
    ];
    tx.rows(LIST, params, read).await
}

/// What a project owes, the oldest first.
pub async fn owed(tx: &mut Tx, project: ProjectId, rows: u32) -> Result<Vec<Payout>> {
    tx.rows(OWED, vec![Val::id(project), rows.into()], read)
        .await
}

/// The payout for a task.
pub async fn by_task(tx: &mut Tx, task: TaskId) -> Result<Option<Payout>> {
    tx.row(BY_TASK, vec![Val::id(task)], read).await
}

/// What an account earned, over all its payouts.
pub async fn totals(tx: &mut Tx, account: AccountId, asset: &str) -> Result<Totals> {
    let params = vec![Val::id(account), asset.to_owned().into()];
    let read = |row: &Row<'_>| {
        Ok(Totals {
            gross: row.int(0)?,
            fee: row.int(1)?,
            settled: row.int(2)?,
            count: row.int(3)?,
        })
    };
    Ok(tx.row(TOTALS, params, read).await?.unwrap_or_default())
}

/// Adds a payout.
///
/// # Errors
/// `Conflict` when the task was paid for before.
pub async fn insert(tx: &mut Tx, payout: &Payout) -> Result<()> {
    let Payout {
        id,
        project,
        position,
        task,
        debtor,
        account,
        asset,
        gross,
        fee,
        kind,
        description,
        settled_at,
        created_at,
    } = payout;
    let params = vec![
        Val::id(*id),
        project.map(Val::id).unwrap_or(Val::Null),
        position.map(Val::id).unwrap_or(Val::Null),
        task.map(Val::id).unwrap_or(Val::Null),
        Val::id(*debtor),
        Val::id(*account),
        asset.into(),
        (*gross).into(),
        (*fee).into(),
        kind.into(),
        description.into(),
        (*settled_at).into(),
        (*created_at).into(),
    ];
    tx.write_or(INSERT, params, || {
        Error::conflict("already_approved", "this work was approved and paid before")
    })
    .await
}

/// Marks a payout as paid.
///
/// # Errors
/// `Conflict` when it was paid already.
pub async fn settle(tx: &mut Tx, id: PayoutId, now: Time) -> Result<()> {
    tx.write_or(SETTLE, vec![now.into(), Val::id(id)], || {
        Error::conflict("already_settled", "this payout was settled before")
    })
    .await
}
