//! Keys. Only the SHA-256 of a key is stored.

use domain::account::{AccountKind, AccountStatus};
use domain::id::{AccountId, KeyId};
use domain::{Result, Time};

use crate::{Tx, Val};

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id, which may be shown.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// What it is for.
    pub label: String,
    /// When it was minted.
    pub created_at: Time,
    /// When it stops working by itself.
    pub expires_at: Option<Time>,
}

/// What a key says about its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The key's id.
    pub key: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What that account is.
    pub kind: AccountKind,
    /// Its name, which never changes.
    pub handle: String,
    /// Whether that account may act.
    pub status: AccountStatus,
    /// Why not.
    pub ban_reason: Option<String>,
    /// When the key stops working by itself.
    pub expires_at: Option<Time>,
}

statements! {
    BEARER = "select k.id, a.id, a.kind, a.status, a.ban_reason, k.expires_at, a.handle from keys k \
        join accounts a on a.id = k.account where k.hash = $1 and k.revoked_at is null";
    INSERT = "insert into keys (hash, id, account, label, created_at, expires_at) values ($1, $2, $3, $4, $5, $6) \
        on conflict (hash) do update set account = excluded.account, label = excluded.label, revoked_at = null, \
        expires_at = excluded.expires_at";
    REVOKE = "update keys set revoked_at = $1 where id = $2 and revoked_at is null";
    ACTIVE = "select id from keys where account = $1 and revoked_at is null order by id";
    OWNER = "select account from keys where id = $1 and revoked_at is null";
    LABELLED = "select id, hash from keys where account = $1 and label = $2 and revoked_at is null";
}

/// The bearer of the key with this hash, unless it was revoked.
pub async fn bearer(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<Bearer>> {
    tx.row(BEARER, vec![hash.into()], |row| {
        Ok(Bearer {
            key: row.id(0)?,
            account: row.id(1)?,
            kind: row.word(2, AccountKind::parse)?,
            status: row.word(3, AccountStatus::parse)?,
            ban_reason: row.opt_text(4)?,
            expires_at: row.opt_time(5)?,
            handle: row.text(6)?,
        })
    })
    .await
}

/// Stores a key. The same key stored again (the operator's, from the
/// configuration) works again.
pub async fn insert(tx: &mut Tx, key: &Key) -> Result<()> {
    let Key {
        id,
        account,
        hash,
        label,
        created_at,
        expires_at,
    } = key;
    let params = vec![
        (*hash).into(),
        Val::id(*id),
        Val::id(*account),
        label.into(),
        (*created_at).into(),
        (*expires_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// Revokes a key; one that is revoked already stays so.
pub async fn revoke(tx: &mut Tx, key: KeyId, now: Time) -> Result<()> {
    tx.write(REVOKE, vec![now.into(), Val::id(key)]).await
}

/// The keys of an account that work.
pub async fn active(tx: &mut Tx, account: AccountId) -> Result<Vec<KeyId>> {
    tx.rows(ACTIVE, vec![Val::id(account)], |row| row.id(0))
        .await
}

/// Whose key this is, while it works.
pub async fn owner(tx: &mut Tx, key: KeyId) -> Result<Option<AccountId>> {
    tx.row(OWNER, vec![Val::id(key)], |row| row.id(0)).await
}

/// The keys of an account with a label, with their hashes.
pub async fn labelled(
    tx: &mut Tx,
    account: AccountId,
    label: &'static str,
) -> Result<Vec<(KeyId, Vec<u8>)>> {
    tx.rows(LABELLED, vec![Val::id(account), label.into()], |row| {
        Ok((row.id(0)?, row.bytes(1)?))
    })
    .await
}
