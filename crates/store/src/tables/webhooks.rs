//! Webhooks: endpoints that are told what happens, and whose turn it is.
//!
//! **Invariant:** `pending` is the number of the webhook's deliveries with that
//! status; `next_at` is set exactly while there are any and it is active.
//! Changes are relative, so that those who add and those who finish need no
//! lock of each other.

use domain::id::{AccountId, Id, ProjectId, WebhookId};
use domain::webhook::{SigningSecret, Wanted};
use domain::{Result, Time};
use uuid::Uuid;

use crate::{Row, Sql, Tx, Val, dialect, lists};

/// What signs a webhook's deliveries, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Sealed; how is not known here.
    Sealed(Vec<u8>),
    /// In clear, from before secrets were sealed.
    Clear(SigningSecret),
}

/// A webhook as stored.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub url: String,
    /// What it is told of.
    pub wanted: Wanted,
    /// What signs its deliveries.
    pub secret: Kept,
    /// Whether it is called.
    pub is_active: bool,
    /// Attempts in a row that failed.
    pub failures: i64,
    /// Deliveries that wait.
    pub pending: i64,
    /// When it was switched off.
    pub disabled_at: Option<Time>,
    /// When it was registered.
    pub created_at: Time,
}

/// An active webhook, as far as it matters to whom an event is told.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is told of.
    pub wanted: Wanted,
    /// Deliveries that wait.
    pub pending: i64,
    /// Since when.
    pub created_at: Time,
}

/// How a turn of a webhook ended.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// The mark of who took it.
    pub lease: Uuid,
    /// Deliveries that need not wait any more.
    pub done: i64,
    /// Attempts in a row that failed.
    pub failures: i64,
    /// When it has its next turn, should anything wait.
    pub next_at: Time,
}

macro_rules! webhook {
    () => {
        "select id, account, url, events, secret, active, failures, pending, disabled_at, created_at, sealed from webhooks "
    };
}

macro_rules! listener {
    () => {
        "select w.id, w.account, w.events, w.pending, w.created_at from "
    };
}

statements! {
    INSERT = "insert into webhooks (id, account, url, events, sealed, secret, active, failures, pending, created_at) \
        values ($1, $2, $3, $4, $5, $6, 1, 0, 0, $7)";
    SEAL = "update webhooks set sealed = $1, secret = '' where id = $2 and sealed is null";
    FIND = concat!(webhook!(), "where id = $1");
    OF = concat!(webhook!(), "where account = $1 order by id desc limit $2");
    COUNT = "select count(*) from webhooks where account = $1";
    REMOVE = "delete from webhooks where id = $1";
    ANY_ACTIVE = "select 1 from webhooks where active = 1 limit 1";
    LISTENERS_OF = concat!(listener!(), "webhooks w where w.account = $1 and w.active = 1");
    LISTENERS_IN = concat!(listener!(), "memberships m join webhooks w on w.account = m.account \
        where m.project = $1 and w.active = 1 limit $2");
    LISTENERS_OWNING = concat!(listener!(), "projects p join webhooks w on w.account = p.owner \
        where p.id = $1 and w.active = 1");
    EXPECT = "update webhooks set pending = pending + $1, next_at = coalesce(next_at, $2) where id = $3 and active = 1";
    LEASE = "update webhooks set lease = $1, next_at = $2 where id = $3";
    END_TURN = "update webhooks set pending = case when pending > $1 then pending - $2 else 0 end, failures = $3, lease = null, \
        next_at = case when pending > $4 then cast($5 as bigint) else null end where id = $6 and lease = $7";
    EMPTY = "update webhooks set pending = 0, next_at = null, lease = null where id = $1 and lease = $2";
    DISABLE = "update webhooks set active = 0, pending = 0, next_at = null, lease = null, disabled_at = $1 where id = $2";
    REVIVE = "update webhooks set active = 1, failures = 0, disabled_at = null, pending = pending + 1, \
        next_at = coalesce(next_at, $1) where id = $2";
}

pub(super) fn built() -> Vec<Sql> {
    vec![dialect::DUE_WEBHOOKS]
}

fn read_wanted(row: &Row<'_>, index: usize) -> Result<Wanted> {
    Wanted::parse(&lists::split(row, index)?)
}

/// Reads a secret from where it stands in clear and where it stands sealed.
pub(super) fn read_secret(row: &Row<'_>, clear: usize, sealed: usize) -> Result<Kept> {
    Ok(match row.opt_bytes(sealed)? {
        Some(sealed) => Kept::Sealed(sealed),
        None => Kept::Clear(SigningSecret(row.text(clear)?)),
    })
}

fn read(row: &Row<'_>) -> Result<Webhook> {
    Ok(Webhook {
        id: row.id(0)?,
        account: row.id(1)?,
        url: row.text(2)?,
        wanted: read_wanted(row, 3)?,
        secret: read_secret(row, 4, 10)?,
        is_active: row.int(5)? == 1,
        failures: row.int(6)?,
        pending: row.int(7)?,
        disabled_at: row.opt_time(8)?,
        created_at: row.time(9)?,
    })
}

fn read_listener(row: &Row<'_>) -> Result<Listener> {
    Ok(Listener {
        id: row.id(0)?,
        account: row.id(1)?,
        wanted: read_wanted(row, 2)?,
        pending: row.int(3)?,
        created_at: row.time(4)?,
    })
}

/// Adds a webhook on which nothing waits yet.
pub async fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<()> {
    let Webhook {
        id,
        account,
        url,
        wanted,
        secret,
        is_active: _,
        failures: _,
        pending: _,
        disabled_at: _,
        created_at,
    } = webhook;
    let words: Vec<_> = wanted.words().into_iter().map(str::to_owned).collect();
    let (sealed, clear) = match secret {
        Kept::Sealed(sealed) => (Some(sealed.clone()), String::new()),
        Kept::Clear(SigningSecret(secret)) => (None, secret.clone()),
    };
    let params = vec![
        Val::id(*id),
        Val::id(*account),
        url.into(),
        lists::joined(&words),
        sealed.into(),
        clear.into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// Puts a sealed secret in the place of one that is kept in clear; nothing
/// happens where it is sealed already.
pub async fn seal(tx: &mut Tx, id: WebhookId, sealed: Vec<u8>) -> Result<()> {
    tx.write(SEAL, vec![sealed.into(), Val::id(id)]).await
}

/// The webhook with this id.
pub async fn find(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// An account's webhooks, the newest first.
pub async fn of(tx: &mut Tx, account: AccountId) -> Result<Vec<Webhook>> {
    let most = Val::Int(domain::limits::WEBHOOKS);
    tx.rows(OF, vec![Val::id(account), most], read).await
}

/// How many webhooks an account has.
pub async fn count(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(account)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Removes a webhook. Its deliveries are forgotten when they are old.
pub async fn remove(tx: &mut Tx, id: WebhookId) -> Result<()> {
    tx.write(REMOVE, vec![Val::id(id)]).await
}

/// Whether anybody listens at all.
pub async fn any_active(tx: &mut Tx) -> Result<bool> {
    let one = tx.row(ANY_ACTIVE, vec![], |_| Ok(())).await?;
    Ok(one.is_some())
}

/// The active webhooks of an account.
pub async fn listeners_of(tx: &mut Tx, account: AccountId) -> Result<Vec<Listener>> {
    tx.rows(LISTENERS_OF, vec![Val::id(account)], read_listener)
        .await
}

/// The active webhooks of a project's members.
pub async fn listeners_in(tx: &mut Tx, project: ProjectId, rows: u32) -> Result<Vec<Listener>> {
    tx.rows(
        LISTENERS_IN,
        vec![Val::id(project), rows.into()],
        read_listener,
    )
    .await
}

/// The active webhooks of a project's owner.
pub async fn listeners_owning(tx: &mut Tx, project: ProjectId) -> Result<Vec<Listener>> {
    tx.rows(LISTENERS_OWNING, vec![Val::id(project)], read_listener)
        .await
}

/// Counts deliveries that were added for a webhook, and gives it a turn.
pub async fn expect(tx: &mut Tx, id: WebhookId, count: i64, now: Time) -> Result<()> {
    tx.write(EXPECT, vec![count.into(), now.into(), Val::id(id)])
        .await
}

/// Webhooks whose turn has come, the longest waiting first.
pub async fn due(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<WebhookId>> {
    let params = vec![now.into(), rows.into()];
    tx.rows(dialect::DUE_WEBHOOKS, params, |row| row.id(0))
        .await
}

/// Takes a webhook until a time, after which somebody else may.
pub async fn lease(tx: &mut Tx, id: WebhookId, mark: Uuid, until: Time) -> Result<()> {
    tx.write(LEASE, vec![mark.into(), until.into(), Val::id(id)])
        .await
}

/// Ends a turn; nothing happens when somebody else has taken it over.
pub async fn end_turn(tx: &mut Tx, id: WebhookId, turn: Turn) -> Result<()> {
    let Turn {
        lease,
        done,
        failures,
        next_at,
    } = turn;
    let params = vec![
        done.into(),
        done.into(),
        failures.into(),
        done.into(),
        next_at.into(),
        Val::id(id),
        lease.into(),
    ];
    tx.write(END_TURN, params).await
}

/// Ends a turn in which nothing was found to wait.
pub async fn empty(tx: &mut Tx, id: WebhookId, lease: Uuid) -> Result<()> {
    tx.write(EMPTY, vec![Val::id(id), lease.into()]).await
}

/// Switches a webhook off.
pub async fn disable(tx: &mut Tx, id: WebhookId, now: Time) -> Result<()> {
    tx.write(DISABLE, vec![now.into(), Val::id(id)]).await
}

/// Switches a webhook on, if it was off, with one more delivery that waits.
pub async fn revive(tx: &mut Tx, id: WebhookId, now: Time) -> Result<()> {
    tx.write(REVIVE, vec![now.into(), Val::Uuid(id.uuid())])
        .await
}
