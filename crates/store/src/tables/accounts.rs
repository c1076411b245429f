//! Accounts.

use domain::account::{AccountKind, AccountStatus};
use domain::id::AccountId;
use domain::money::Money;
use domain::{Error, Result, Time};

use crate::{Row, Sql, Tx, Val};

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

// A delegated agent without a key is out as if it were banned: its key may
// have been looked at before it was taken back.
const STANDING: Sql = indexed!(
    "select case when kind = 'delegated' and not exists (select 1 from keys k where k.account = accounts.id \
     and k.revoked_at is null) then 'banned' else status end, ban_reason, (select count(*) from tasks ",
    "tasks_in_hand",
    "where assignee = accounts.id and phase in ('working', 'review') and phase = 'working' and listed = 1) \
     from accounts where id = $1"
);

/// What two who are to have one owner have to do with each other. Of what was
/// handed in, the embedded engine is told to look at what waits alone.
const DEALINGS: Sql = indexed!(
    "select (select count(*) from tasks t join accounts p on p.id = t.publisher where t.assignee = $1 \
     and t.phase in ('working', 'review') and t.funding = 'escrow' and coalesce(p.owner, p.id) = $2) \
     + (select count(*) from tasks t join accounts w on w.id = t.assignee where t.publisher = $1 \
     and t.phase in ('working', 'review') and t.funding = 'escrow' and coalesce(w.owner, w.id) = $2) \
     + (select count(*) from submissions s ",
    "submissions_pending",
    "cross join tasks t cross join accounts p where t.id = s.task and p.id = t.publisher \
     and s.status = 'pending' and s.author = $1 and t.funding = 'escrow' and coalesce(p.owner, p.id) = $2) \
     + (select count(*) from submissions s join tasks t on t.id = s.task join accounts w on w.id = s.author \
     where s.status = 'pending' and t.publisher = $1 and t.funding = 'escrow' and coalesce(w.owner, w.id) = $2)"
);

statements! {
    FIND = concat!("select ", columns!(), " from accounts where id = $1");
    FIND_BY_HANDLE = concat!("select ", columns!(), " from accounts where handle_key = $1");
    FIND_OPERATOR = concat!("select ", columns!(), " from accounts where kind = 'operator'");
    LEADERS = concat!("select ", columns!(), " from accounts where completed_tasks > 0 \
        order by completed_tasks desc, id limit $1");
    LEADERS_EARNED = "select g.account, g.asset, g.units from (select id from accounts where completed_tasks > 0 \
        order by completed_tasks desc, id limit $1) l join earnings g on g.account = l.id order by g.asset";
    INSERT = "insert into accounts (id, kind, handle, handle_key, display_name, bio, status, ban_reason, \
        completed_tasks, created_at, owner) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing";
    HAVE_ONE_OWNER = "select count(*) from accounts a, accounts b where a.id = $1 and b.id = $2 \
        and coalesce(a.owner, a.id) = coalesce(b.owner, b.id)";
    SET_OWNER = "update accounts set owner = $1, owned_since = $2 where id = $3";
    OWNED_SINCE = "select owned_since from accounts where id = $1";
    HEIR = "select a.owner from accounts a where a.id = $1 and a.kind = 'delegated' and a.owner is not null and not exists \
        (select 1 from keys k where k.account = a.id and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2))";
    OWNED = concat!("select ", columns!(), " from accounts where owner = $1 order by id limit $2");
    UNCOMPLETED_ONE = "update accounts set completed_tasks = completed_tasks - 1 where id = $1";
    UPDATE = "update accounts set display_name = $1, bio = $2, status = $3, ban_reason = $4 where id = $5";
    COMPLETED_ONE = "update accounts set completed_tasks = completed_tasks + 1 where id = $1";
}

/// Statements that the engines spell differently.
pub(super) fn built() -> Vec<Sql> {
    vec![STANDING, DEALINGS]
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

/// Writes for whom an account acts or to whom it is bound, and since when.
pub async fn set_owner(tx: &mut Tx, id: AccountId, owner: Option<(AccountId, Time)>) -> Result<()> {
    let (owner, since) = owner.unzip();
    let owner = owner.map(Val::id).unwrap_or(Val::Null);
    let params = vec![owner, since.into(), Val::id(id)];
    tx.write(SET_OWNER, params).await
}

/// Since when an account is bound.
pub async fn owned_since(tx: &mut Tx, id: AccountId) -> Result<Option<Time>> {
    let since = tx
        .row(OWNED_SINCE, vec![Val::id(id)], |row| row.opt_time(0))
        .await?;
    Ok(since.flatten())
}

/// The person to whom goes what an account earns: its owner, when it was made
/// for it and has no key any more that works.
pub async fn heir(tx: &mut Tx, id: AccountId, now: Time) -> Result<Option<AccountId>> {
    tx.row(HEIR, vec![Val::id(id), now.into()], |row| row.id(0))
        .await
}

/// How much funded work is under way between an account and a person with
/// everybody who belongs to it, in either direction.
pub async fn dealings(tx: &mut Tx, account: AccountId, person: AccountId) -> Result<i64> {
    let params = vec![Val::id(account), Val::id(person)];
    let found = tx.row(DEALINGS, params, |row| row.int(0)).await?;
    Ok(found.unwrap_or(0))
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
