//! Accounts.

use domain::account::{AccountKind, AccountStatus};
use domain::id::AccountId;
use domain::money::Money;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// Its unique name, as given; compared without letter case.
    pub handle: String,
    /// The name it shows.
    pub display_name: String,
    /// What it says of itself.
    pub bio: String,
    /// Whether it may act.
    pub status: AccountStatus,
    /// Why not.
    pub ban_reason: Option<String>,
    /// Tasks it completed.
    pub completed_tasks: i64,
    /// The person it acts for or is bound to.
    pub owner: Option<AccountId>,
    /// When it was made.
    pub created_at: Time,
}

macro_rules! columns {
    () => {
        "id, kind, handle, display_name, bio, status, ban_reason, completed_tasks, created_at, owner"
    };
}

statements! {
    FIND = concat!("select ", columns!(), " from accounts where id = $1");
    FIND_BY_HANDLE = concat!("select ", columns!(), " from accounts where handle_key = $1");
    FIND_OPERATOR = concat!("select ", columns!(), " from accounts where kind = 'operator'");
    LEADERS = concat!("select ", columns!(), " from accounts where completed_tasks > 0 \
        order by completed_tasks desc, id limit $1");
    LEADERS_EARNED = "select g.account, g.asset, g.units from (select id from accounts where completed_tasks > 0 \
        order by completed_tasks desc, id limit $1) l join earnings g on g.account = l.id order by g.asset";
    STANDING = "select status, ban_reason, (select count(*) from tasks where assignee = accounts.id \
        and phase = 'working' and listed = 1) from accounts where id = $1";
    INSERT = "insert into accounts (id, kind, handle, handle_key, display_name, bio, status, ban_reason, \
        completed_tasks, created_at, owner) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing";
    HAVE_ONE_OWNER = "select count(*) from accounts a, accounts b where a.id = $1 and b.id = $2 \
        and coalesce(a.owner, a.id) = coalesce(b.owner, b.id)";
    SET_OWNER = "update accounts set owner = $1 where id = $2";
    OWNED = concat!("select ", columns!(), " from accounts where owner = $1 order by id limit $2");
    UNCOMPLETED_ONE = "update accounts set completed_tasks = completed_tasks - 1 where id = $1";
    UPDATE = "update accounts set display_name = $1, bio = $2, status = $3, ban_reason = $4 where id = $5";
    COMPLETED_ONE = "update accounts set completed_tasks = completed_tasks + 1 where id = $1";
}

fn read(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        id: row.id(0)?,
        kind: row.word(1, AccountKind::parse)?,
        handle: row.text(2)?,
        display_name: row.text(3)?,
        bio: row.text(4)?,
        status: row.word(5, AccountStatus::parse)?,
        ban_reason: row.opt_text(6)?,
        completed_tasks: row.int(7)?,
        created_at: row.time(8)?,
        owner: row.opt_id(9)?,
    })
}

/// The account with this id.
pub async fn find(tx: &mut Tx, id: AccountId) -> Result<Option<Account>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// Whether an account may act, and how many tasks it works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it may act.
    pub status: AccountStatus,
    /// Why not.
    pub ban_reason: Option<String>,
    /// Tasks it works on.
    pub held: i64,
}

/// How the account with this id stands.
pub async fn standing(tx: &mut Tx, id: AccountId) -> Result<Option<Standing>> {
    tx.row(STANDING, vec![Val::id(id)], |row| {
        Ok(Standing {
            status: row.word(0, AccountStatus::parse)?,
            ban_reason: row.opt_text(1)?,
            held: row.int(2)?,
        })
    })
    .await
}

/// The account with this name, in any letter case.
pub async fn find_by_handle(tx: &mut Tx, handle: &str) -> Result<Option<Account>> {
    tx.row(
        FIND_BY_HANDLE,
        vec![handle.to_ascii_lowercase().into()],
        read,
    )
    .await
}

/// The operator's account.
pub async fn find_operator(tx: &mut Tx) -> Result<Option<Account>> {
    tx.row(FIND_OPERATOR, vec![], read).await
}

/// The accounts with the most completed tasks, the older first among equals.
pub async fn leaders(tx: &mut Tx, rows: u32) -> Result<Vec<Account>> {
    tx.rows(LEADERS, vec![rows.into()], read).await
}

/// What those accounts have earned.
pub async fn leaders_earned(tx: &mut Tx, rows: u32) -> Result<Vec<(AccountId, Money)>> {
    tx.rows(LEADERS_EARNED, vec![rows.into()], |row| {
        Ok((
            row.id(0)?,
            Money {
                asset: row.text(1)?,
                units: row.int(2)?,
            },
        ))
    })
    .await
}

/// Adds an account.
///
/// # Errors
/// `Conflict` when the name is taken.
pub async fn insert(tx: &mut Tx, account: &Account) -> Result<()> {
    let Account {
        id,
        kind,
        handle,
        display_name,
        bio,
        status,
        ban_reason,
        completed_tasks,
        owner,
        created_at,
    } = account;
    let params = vec![
        Val::id(*id),
        kind.as_str().into(),
        handle.into(),
        handle.to_ascii_lowercase().into(),
        display_name.into(),
        bio.into(),
        status.as_str().into(),
        ban_reason.clone().into(),
        (*completed_tasks).into(),
        (*created_at).into(),
        owner.map(Val::id).unwrap_or(Val::Null),
    ];
    tx.write_or(INSERT, params, || {
        Error::conflict(
            "username_taken",
            "this username is taken: choose another one",
        )
    })
    .await
}

/// Writes what may change about an account: texts and standing.
pub async fn update(tx: &mut Tx, account: &Account) -> Result<()> {
    let params = vec![
        (&account.display_name).into(),
        (&account.bio).into(),
        account.status.as_str().into(),
        account.ban_reason.clone().into(),
        Val::id(account.id),
    ];
    tx.write(UPDATE, params).await
}

/// Counts one more completed task.
pub async fn completed_one(tx: &mut Tx, id: AccountId) -> Result<()> {
    tx.write(COMPLETED_ONE, vec![Val::id(id)]).await
}

/// Takes back that an account completed a task.
pub async fn uncompleted_one(tx: &mut Tx, id: AccountId) -> Result<()> {
    tx.write(UNCOMPLETED_ONE, vec![Val::id(id)]).await
}

/// Writes for whom an account acts or to whom it is bound.
pub async fn set_owner(tx: &mut Tx, id: AccountId, owner: Option<AccountId>) -> Result<()> {
    let owner = owner.map(Val::id).unwrap_or(Val::Null);
    tx.write(SET_OWNER, vec![owner, Val::id(id)]).await
}

/// The accounts that act for a person or are bound to it.
pub async fn owned(tx: &mut Tx, owner: AccountId, rows: u32) -> Result<Vec<Account>> {
    tx.rows(OWNED, vec![Val::id(owner), rows.into()], read)
        .await
}

/// Whether two accounts are one, or belong to the same person.
pub async fn have_one_owner(tx: &mut Tx, one: AccountId, other: AccountId) -> Result<bool> {
    let params = vec![Val::id(one), Val::id(other)];
    let found = tx.row(HAVE_ONE_OWNER, params, |row| row.int(0)).await?;
    Ok(found.unwrap_or(0) > 0)
}
