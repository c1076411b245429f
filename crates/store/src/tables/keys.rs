//! Keys. Only the SHA-256 of a key is stored.

use domain::account::{AccountKind, AccountStatus};
use domain::id::{AccountId, KeyId};
use domain::money::Units;
use domain::policy::{Mandate, Scopes};
use domain::{Error, Kind, Result, Time};

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
    /// What it allows, where it was handed over.
    pub grant: Option<Grant>,
}

/// What a key that was handed over allows (AGI ATM 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What may be done with it.
    pub scopes: Scopes,
    /// Credits that may be spent with it in all.
    pub budget: Units,
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
    /// Whether that account may act, and the person for whom it does.
    pub status: AccountStatus,
    /// Why not.
    pub ban_reason: Option<String>,
    /// When the key stops working by itself.
    pub expires_at: Option<Time>,
    /// What the key allows, where it was handed over, and by whom.
    pub mandate: Option<Mandate>,
}

macro_rules! bearer {
    () => {
        "select k.id, a.id, a.kind, coalesce(p.status, a.status), coalesce(p.ban_reason, a.ban_reason), k.expires_at, a.handle, \
         k.hash, k.scopes, a.owner from keys k join accounts a on a.id = k.account \
         left join accounts p on p.id = a.owner and k.scopes is not null and p.status = 'banned' \
         where k.revoked_at is null and "
    };
}

statements! {
    BEARER = concat!(bearer!(), "k.id = $1");
    BEARER_MADE_UP = concat!(bearer!(), "k.hash = $1 and k.made_up = 1");
    INSERT = "insert into keys (id, account, hash, made_up, label, created_at, expires_at, scopes, budget) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    SPEND = "update keys set spent = spent + $1 where id = $2 and revoked_at is null and spent + $1 <= budget";
    RESTORE = "update keys set revoked_at = null where hash = $1 and made_up = 1 and account = $2 and label = $3";
    REVOKE = "update keys set revoked_at = $1 where id = $2 and revoked_at is null";
    ACTIVE = "select id from keys where account = $1 and revoked_at is null order by id";
    OWNER = "select account from keys where id = $1 and revoked_at is null";
    GRANTED = "select id, scopes, budget, spent, expires_at, revoked_at, created_at from keys where account = $1 and scopes is not null \
        order by id desc limit 1";
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
        mandate: mandate(row)?,
    })
}

fn mandate(row: &Row<'_>) -> Result<Option<Mandate>> {
    let (scopes, owner) = (row.opt_text(8)?, row.opt_id(9)?);
    Ok(scopes.zip(owner).map(|(scopes, principal)| Mandate {
        principal,
        scopes: Scopes::read(&scopes),
    }))
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
        grant,
    } = key;
    let params = vec![
        Val::id(*id),
        Val::id(*account),
        (*hash).into(),
        i64::from(*made_up).into(),
        label.into(),
        (*created_at).into(),
        (*expires_at).into(),
        grant.map(|grant| grant.scopes.written()).into(),
        grant.map(|grant| grant.budget).into(),
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

/// Spends from what a handed-over key may spend.
///
/// # Errors
/// `Insufficient` when it is not enough, at the latest before the commit.
pub async fn spend(tx: &mut Tx, key: KeyId, units: Units) -> Result<()> {
    tx.write_or(SPEND, vec![units.into(), Val::id(key)], || {
        Error::new(
            Kind::Insufficient,
            "budget_exhausted",
            "this costs more than what is left of this key's budget: ask the person who issued it for a larger one",
        )
    })
    .await
}

/// What was handed over to an agent, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The key.
    pub key: KeyId,
    /// What it allows.
    pub grant: Grant,
    /// Credits that were spent with it.
    pub spent: Units,
    /// When it stops working by itself.
    pub expires_at: Option<Time>,
    /// When it was taken back.
    pub revoked_at: Option<Time>,
    /// When it was handed over.
    pub created_at: Time,
}

impl Granted {
    /// Whether it works.
    pub fn works(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// Credits that may still be spent with it.
    pub fn left(&self) -> Units {
        self.grant.budget.saturating_sub(self.spent)
    }
}

/// The latest key that was handed over to an agent.
pub async fn granted(tx: &mut Tx, account: AccountId) -> Result<Option<Granted>> {
    tx.row(GRANTED, vec![Val::id(account)], |row| {
        Ok(Granted {
            key: row.id(0)?,
            grant: Grant {
                scopes: Scopes::read(&row.text(1)?),
                budget: row.int(2)?,
            },
            spent: row.int(3)?,
            expires_at: row.opt_time(4)?,
            revoked_at: row.opt_time(5)?,
            created_at: row.time(6)?,
        })
    })
    .await
}
