//! Codes by which a person shows that it controls an agent (AGI ATM 5.4).
//! Only the SHA-256 of a code is stored.

use domain::id::AccountId;
use domain::{Result, Time};

use crate::{Tx, Val};

statements! {
    INSERT = "insert into bind_codes (hash, account, expires_at, used_at) values ($1, $2, $3, null)";
    PEEK = "select account from bind_codes where hash = $1 and used_at is null and expires_at > $2";
    USE = "update bind_codes set used_at = $1 where hash = $2 and used_at is null and expires_at > $1 returning account";
}

/// Stores a code for an agent.
pub async fn insert(
    tx: &mut Tx,
    hash: [u8; 32],
    account: AccountId,
    expires_at: Time,
) -> Result<()> {
    let params = vec![hash.into(), Val::id(account), expires_at.into()];
    tx.write(INSERT, params).await
}

/// The agent that made a code, while it works.
pub async fn peek(tx: &mut Tx, hash: [u8; 32], now: Time) -> Result<Option<AccountId>> {
    tx.row(PEEK, vec![hash.into(), now.into()], |row| row.id(0))
        .await
}

/// Uses a code up and answers the agent that made it, if it works still.
pub async fn take(tx: &mut Tx, hash: [u8; 32], now: Time) -> Result<Option<AccountId>> {
    tx.row(USE, vec![now.into(), hash.into()], |row| row.id(0))
        .await
}
