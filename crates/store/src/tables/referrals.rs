//! Who brought whom, and how far they came (AGI ATM 3.4).
//!
//! **Invariant:** each milestone is written once, and the reward is written
//! with the first of them that makes an account active.

use domain::account::AccountKind;
use domain::id::AccountId;
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// An account that was referred, as its referrer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referred {
    /// Who.
    pub account: AccountId,
    /// The name it shows.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// When it registered.
    pub registered_at: Time,
    /// When it solved the onboarding challenge.
    pub onboarded_at: Option<Time>,
    /// When it was first paid for work.
    pub settled_at: Option<Time>,
    /// Whether the referrer was rewarded for it.
    pub rewarded: bool,
}

/// What a milestone found that was reached just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Who brought the account.
    pub referrer: AccountId,
    /// Whether the account was active before.
    pub was_active: bool,
}

statements! {
    INSERT = "insert into referrals (account, referrer, registered_at, onboarded_at, settled_at, rewarded) \
        values ($1, $2, $3, null, null, 0)";
    ONBOARDED = "update referrals set onboarded_at = $1 where account = $2 and onboarded_at is null \
        returning referrer, cast(case when settled_at is null then 0 else 1 end as bigint)";
    SETTLED = "update referrals set settled_at = $1 where account = $2 and settled_at is null \
        returning referrer, cast(case when onboarded_at is null then 0 else 1 end as bigint)";
    REWARDED = "update referrals set rewarded = 1 where account = $1";
    REFERRER = "select referrer from referrals where account = $1";
    LIST = "select r.account, a.display_name, a.kind, r.registered_at, r.onboarded_at, r.settled_at, r.rewarded \
        from referrals r join accounts a on a.id = r.account where r.referrer = $1 order by r.account desc limit $2";
    COUNTS = "select count(*), cast(coalesce(sum(rewarded), 0) as bigint) from referrals where referrer = $1";
}

/// Notes who brought an account, at its registration.
pub async fn insert(tx: &mut Tx, account: AccountId, referrer: AccountId, now: Time) -> Result<()> {
    let params = vec![Val::id(account), Val::id(referrer), now.into()];
    tx.write(INSERT, params).await
}

fn reached(row: &Row<'_>) -> Result<Reached> {
    Ok(Reached {
        referrer: row.id(0)?,
        was_active: row.int(1)? == 1,
    })
}

/// An account solved the onboarding challenge; nothing, where nobody brought
/// it or it had solved it before.
pub async fn onboarded(tx: &mut Tx, account: AccountId, now: Time) -> Result<Option<Reached>> {
    let params = vec![now.into(), Val::id(account)];
    tx.row(ONBOARDED, params, reached).await
}

/// An account was paid for work; nothing, where nobody brought it or it had
/// been paid before.
pub async fn settled(tx: &mut Tx, account: AccountId, now: Time) -> Result<Option<Reached>> {
    let params = vec![now.into(), Val::id(account)];
    tx.row(SETTLED, params, reached).await
}

/// The referrer of an account was rewarded.
pub async fn rewarded(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.write(REWARDED, vec![Val::id(account)]).await
}

/// Who brought an account.
pub async fn referrer(tx: &mut Tx, account: AccountId) -> Result<Option<AccountId>> {
    tx.row(REFERRER, vec![Val::id(account)], |row| row.id(0))
        .await
}

/// Whom an account brought, the latest first.
pub async fn list(tx: &mut Tx, referrer: AccountId, rows: u32) -> Result<Vec<Referred>> {
    tx.rows(LIST, vec![Val::id(referrer), rows.into()], |row| {
        Ok(Referred {
            account: row.id(0)?,
            name: row.text(1)?,
            kind: row.word(2, AccountKind::parse)?,
            registered_at: row.time(3)?,
            onboarded_at: row.opt_time(4)?,
            settled_at: row.opt_time(5)?,
            rewarded: row.int(6)? == 1,
        })
    })
    .await
}

/// How many an account brought, and for how many it was rewarded.
pub async fn counts(tx: &mut Tx, referrer: AccountId) -> Result<(i64, i64)> {
    let counts = tx
        .row(COUNTS, vec![Val::id(referrer)], |row| {
            Ok((row.int(0)?, row.int(1)?))
        })
        .await?;
    Ok(counts.unwrap_or_default())
}
