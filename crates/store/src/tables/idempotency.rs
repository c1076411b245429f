//! First answers, kept for a day, so that a repeated request gets the same.
//! Opaque here: `app` seals them before they are stored.
//!
//! Where an answer takes longer than a transaction, its place is *claimed*
//! first: a row whose answer is the claim, and which is stale soon unless it
//! is renewed.

use domain::{Error, Result, Time};

use crate::{Tx, Val};

/// A kept answer.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What the first request was, hashed.
    pub request: Vec<u8>,
    /// Its answer, sealed.
    pub answer: Vec<u8>,
}

statements! {
    FIND = "select request, answer from idempotency where scope = $1 and created_at > $2";
    INSERT = "insert into idempotency (scope, request, answer, created_at) values ($1, $2, $3, $4) \
        on conflict (scope) do update set request = excluded.request, answer = excluded.answer, \
        created_at = excluded.created_at where idempotency.created_at <= $5";
    RENEW = "update idempotency set created_at = $1 where scope = $2 and answer = $3";
    SETTLE = "update idempotency set answer = $1, created_at = $2 where scope = $3 and answer = $4";
    RELEASE = "delete from idempotency where scope = $1 and answer = $2";
    STALE = "select count(*) from (select 1 as one from idempotency where created_at <= $1 limit $2) s";
    PRUNE = "delete from idempotency where scope in (select scope from idempotency where created_at <= $1 \
        order by created_at limit $2)";
}

/// The answer kept under this scope since `after`.
pub async fn find(tx: &mut Tx, scope: [u8; 32], after: Time) -> Result<Option<Kept>> {
    tx.row(FIND, vec![scope.into(), after.into()], |row| {
        Ok(Kept {
            request: row.bytes(0)?,
            answer: row.bytes(1)?,
        })
    })
    .await
}

/// Keeps an answer, in the place of one that is older than `after`.
///
/// # Errors
/// `Conflict` when another request with the same key is being answered.
pub async fn insert(
    tx: &mut Tx,
    scope: [u8; 32],
    kept: Kept,
    now: Time,
    after: Time,
) -> Result<()> {
    let params = vec![
        scope.into(),
        Val::Bytes(kept.request),
        Val::Bytes(kept.answer),
        now.into(),
        after.into(),
    ];
    tx.write_or(INSERT, params, in_flight).await
}

/// Renews a claim, if it is still there.
pub async fn renew(tx: &mut Tx, scope: [u8; 32], claim: Vec<u8>, at: Time) -> Result<()> {
    let params = vec![at.into(), scope.into(), Val::Bytes(claim)];
    tx.write(RENEW, params).await
}

/// Puts an answer into the place that was claimed.
///
/// # Errors
/// `Conflict` when the claim has run out and somebody else took the place.
pub async fn settle(
    tx: &mut Tx,
    scope: [u8; 32],
    claim: Vec<u8>,
    answer: Vec<u8>,
    now: Time,
) -> Result<()> {
    let params = vec![
        Val::Bytes(answer),
        now.into(),
        scope.into(),
        Val::Bytes(claim),
    ];
    tx.write_or(SETTLE, params, in_flight).await
}

/// Gives a place back.
pub async fn release(tx: &mut Tx, scope: [u8; 32], claim: Vec<u8>) -> Result<()> {
    tx.write(RELEASE, vec![scope.into(), Val::Bytes(claim)])
        .await
}

/// The refusal of a request whose twin is being answered.
pub fn in_flight() -> Error {
    Error::conflict(
        "idempotency_key_in_flight",
        "a request with this Idempotency-Key is being answered: wait for it, then repeat this one to get its answer",
    )
}

/// Forgets answers older than `before`, at most so many. Answers how many.
pub async fn prune(tx: &mut Tx, before: Time, rows: u32) -> Result<i64> {
    let stale = tx
        .row(STALE, vec![before.into(), rows.into()], |row| row.int(0))
        .await?;
    tx.write(PRUNE, vec![before.into(), rows.into()]).await?;
    Ok(stale.unwrap_or(0))
}
