//! Deliveries: one event on its way to one webhook. Rows stay as a log for
//! some days after they went out or were given up.

use domain::id::{DeliveryId, WebhookId};
use domain::webhook::Name;
use domain::{Error, Result, Time};
use uuid::Uuid;

use super::webhooks::{Kept, read_secret};
use crate::{Row, Tx, Val};

domain::words! {
    /// How far a delivery has come.
    pub enum Status {
        /// It waits for its first or next attempt.
        Pending = "pending",
        /// The endpoint took it.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
    }
}

/// A delivery as stored.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id, the same over all attempts.
    pub id: DeliveryId,
    /// To whom.
    pub webhook: WebhookId,
    /// The place in the log of what it tells.
    pub event: i64,
    /// Under which name.
    pub name: Name,
    /// What is told, a JSON object.
    pub data: String,
    /// How far it has come.
    pub status: Status,
    /// Attempts so far.
    pub attempts: i64,
    /// The status of the last answer, if there was one.
    pub code: Option<i64>,
    /// The beginning of the last answer, or why there was none.
    pub excerpt: String,
    /// When what it tells happened.
    pub happened_at: Time,
    /// When it was put into the queue.
    pub created_at: Time,
    /// When it was tried last.
    pub tried_at: Option<Time>,
}

/// A delivery that waits, with what is needed to make it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its id, the same over all attempts.
    pub id: DeliveryId,
    /// Under which name.
    pub name: Name,
    /// What is told, a JSON object.
    pub data: String,
    /// Attempts so far.
    pub attempts: i64,
    /// When what it tells happened.
    pub happened_at: Time,
    /// Where to.
    pub url: String,
    /// What signs it.
    pub secret: Kept,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// How far the delivery has come by it.
    pub status: Status,
    /// The status of the answer, if there was one.
    pub code: Option<i64>,
    /// The beginning of the answer, or why there was none.
    pub excerpt: String,
    /// When.
    pub at: Time,
}

macro_rules! delivery {
    () => {
        "select id, webhook, event, name, data, status, attempts, code, excerpt, happened_at, created_at, tried_at \
         from deliveries "
    };
}

statements! {
    INSERT = "insert into deliveries (id, webhook, event, name, data, status, attempts, excerpt, happened_at, created_at) \
        select $1, w.id, $2, $3, $4, 'pending', 0, '', $5, $6 from webhooks w where w.id = $7 and w.active = 1";
    WAITING = "select d.id, d.name, d.data, d.attempts, d.happened_at, w.url, w.secret, w.sealed from deliveries d \
        join webhooks w on w.id = d.webhook where d.webhook = $1 and d.status = 'pending' order by d.id limit $2";
    LAST = "select id from deliveries order by id desc limit 1";
    OF = concat!(delivery!(), "where webhook = $1 order by id desc limit $2");
    FIND = concat!(delivery!(), "where id = $1");
    TRIED = "update deliveries set status = $1, attempts = attempts + 1, code = $2, excerpt = $3, tried_at = $4 \
        where id = $5 and status = 'pending' and exists (select 1 from webhooks where id = deliveries.webhook and lease = $6)";
    GIVE_UP = "update deliveries set status = 'failed', excerpt = $1 where webhook = $2 and status = 'pending'";
    REOPEN = "update deliveries set status = 'pending', attempts = 0 where id = $1 and status <> 'pending'";
    OLD = "select count(*) from (select 1 as one from deliveries where id < $1 limit $2) s";
    FORGET = "delete from deliveries where id in (select id from deliveries where id < $1 order by id limit $2)";
}

fn read(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery {
        id: row.id(0)?,
        webhook: row.id(1)?,
        event: row.int(2)?,
        name: row.word(3, Name::parse)?,
        data: row.text(4)?,
        status: row.word(5, Status::parse)?,
        attempts: row.int(6)?,
        code: row.opt_int(7)?,
        excerpt: row.text(8)?,
        happened_at: row.time(9)?,
        created_at: row.time(10)?,
        tried_at: row.opt_time(11)?,
    })
}

/// Puts a delivery into the queue of a webhook that is active; where it is not,
/// nothing happens.
pub async fn insert(tx: &mut Tx, delivery: &Delivery) -> Result<()> {
    let Delivery {
        id,
        webhook,
        event,
        name,
        data,
        status: _,
        attempts: _,
        code: _,
        excerpt: _,
        happened_at,
        created_at,
        tried_at: _,
    } = delivery;
    let params = vec![
        Val::id(*id),
        (*event).into(),
        name.as_str().into(),
        data.into(),
        (*happened_at).into(),
        (*created_at).into(),
        Val::id(*webhook),
    ];
    tx.write(INSERT, params).await
}

/// What waits for a webhook, in the order in which it is told.
pub async fn waiting(tx: &mut Tx, webhook: WebhookId, rows: u32) -> Result<Vec<Waiting>> {
    tx.rows(WAITING, vec![Val::id(webhook), rows.into()], |row| {
        Ok(Waiting {
            id: row.id(0)?,
            name: row.word(1, Name::parse)?,
            data: row.text(2)?,
            attempts: row.int(3)?,
            happened_at: row.time(4)?,
            url: row.text(5)?,
            secret: read_secret(row, 6, 7)?,
        })
    })
    .await
}

/// The delivery that was made last.
pub async fn last(tx: &mut Tx) -> Result<Option<DeliveryId>> {
    tx.row(LAST, vec![], |row| row.id(0)).await
}

/// A webhook's log, the newest first.
pub async fn of(tx: &mut Tx, webhook: WebhookId, rows: u32) -> Result<Vec<Delivery>> {
    tx.rows(OF, vec![Val::id(webhook), rows.into()], read).await
}

/// The delivery with this id.
pub async fn find(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// Writes what came of an attempt, unless somebody else has taken the webhook
/// over.
pub async fn tried(tx: &mut Tx, id: DeliveryId, attempt: Attempt, lease: Uuid) -> Result<()> {
    let Attempt {
        status,
        code,
        excerpt,
        at,
    } = attempt;
    let params = vec![
        status.as_str().into(),
        code.into(),
        excerpt.into(),
        at.into(),
        Val::id(id),
        lease.into(),
    ];
    tx.write(TRIED, params).await
}

/// Gives up everything that waits for a webhook.
pub async fn give_up(tx: &mut Tx, webhook: WebhookId, why: &'static str) -> Result<()> {
    tx.write(GIVE_UP, vec![why.into(), Val::id(webhook)]).await
}

/// Puts a finished delivery into the queue again.
///
/// # Errors
/// `Conflict` when it waits already.
pub async fn reopen(tx: &mut Tx, id: DeliveryId) -> Result<()> {
    tx.write_or(REOPEN, vec![Val::id(id)], || {
        Error::conflict(
            "delivery_pending",
            "this delivery is waiting to be sent: there is nothing to repeat yet",
        )
    })
    .await
}

/// Forgets deliveries with smaller ids, at most so many. Answers how many.
pub async fn forget(tx: &mut Tx, before: DeliveryId, rows: u32) -> Result<i64> {
    let old = tx.row(OLD, vec![Val::id(before), rows.into()], |row| row.int(0));
    let old = old.await?.unwrap_or(0);
    if old > 0 {
        tx.write(FORGET, vec![Val::id(before), rows.into()]).await?;
    }
    Ok(old)
}
