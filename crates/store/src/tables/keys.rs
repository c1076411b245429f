//! Keys. Only the SHA-256 of a key is stored.

use domain::account::{AccountKind, AccountStatus};
use domain::id::{AccountId, KeyId};
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id, which may be shown.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Whether a person made it up, so that it does not name its row.
    pub made_up: bool,
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
    /// SHA-256 of the key.
    pub hash: Vec<u8>,
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

macro_rules! bearer {
    () => {
        "select k.id, a.id, a.kind, a.status, a.ban_reason, k.expires_at, a.handle, k.hash from keys k \
         join accounts a on a.id = k.account where k.revoked_at is null and "
    };
}

statements! {
    BEARER = concat!(bearer!(), "k.id = $1");
    BEARER_MADE_UP = concat!(bearer!(), "k.hash = $1 and k.made_up = 1");
    INSERT = "insert into keys (id, account, hash, made_up, label, created_at, expires_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    RESTORE = "update keys set revoked_at = null where hash = $1 and made_up = 1 and account = $2 and label = $3";
    REVOKE = "update keys set revoked_at = $1 where id = $2 and revoked_at is null";
    ACTIVE = "select id from keys where account = $1 and revoked_at is null order by id";
    OWNER = "select account from keys where id = $1 and revoked_at is null";
    LABELLED = "select id, hash, revoked_at from keys where account = $1 and label = $2 order by id";
}

/// The bearer of the minted key with this id, unless it was revoked. The
/// caller compares the hash.
pub async fn bearer(tx: &mut Tx, key: KeyId) -> Result<Option<Bearer>> {
    tx.row(BEARER, vec![Val::id(key)], read_bearer).await
}

/// The bearer of the made-up key with this hash, unless it was revoked.
pub async fn bearer_made_up(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<Bearer>> {
    tx.row(BEARER_MADE_UP, vec![hash.into()], read_bearer).await
}

fn read_bearer(row: &Row<'_>) -> Result<Bearer> {
    Ok(Bearer {
        key: row.id(0)?,
        account: row.id(1)?,
        kind: row.word(2, AccountKind::parse)?,
        status: row.word(3, AccountStatus::parse)?,
        ban_reason: row.opt_text(4)?,
        expires_at: row.opt_time(5)?,
        handle: row.text(6)?,
        hash: row.bytes(7)?,
    })
}

/// Stores a key.
pub async fn insert(tx: &mut Tx, key: &Key) -> Result<()> {
    let Key {
        id,
        account,
        hash,
        made_up,
        label,
        created_at,
        expires_at,
    } = key;
    let params = vec![
        Val::id(*id),
        Val::id(*account),
        (*hash).into(),
        i64::from(*made_up).into(),
        label.into(),
        (*created_at).into(),
        (*expires_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// The made-up key of an account with this hash and label works again.
pub async fn restore(
    tx: &mut Tx,
    account: AccountId,
    hash: [u8; 32],
    label: &'static str,
) -> Result<()> {
    let params = vec![hash.into(), Val::id(account), label.into()];
    tx.write(RESTORE, params).await
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

/// A key found by its label.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Its id.
    pub id: KeyId,
    /// Its SHA-256.
    pub hash: Vec<u8>,
    /// Whether it works.
    pub works: bool,
}

/// The keys of an account with a label, revoked ones too.
pub async fn labelled(
    tx: &mut Tx,
    account: AccountId,
    label: &'static str,
) -> Result<Vec<Labelled>> {
    tx.rows(LABELLED, vec![Val::id(account), label.into()], |row| {
        Ok(Labelled {
            id: row.id(0)?,
            hash: row.bytes(1)?,
            works: row.opt_time(2)?.is_none(),
        })
    })
    .await
}
