//! What an account is given once, such as credits for registering.

use domain::id::AccountId;
use domain::{Result, Time};

use crate::{Tx, Val};

statements! {
    INSERT = "insert into awards (account, what, created_at) values ($1, $2, $3) on conflict do nothing returning created_at";
}

/// Notes that an account is given something; false when it was given it
/// before.
pub async fn once(tx: &mut Tx, account: AccountId, what: &'static str, now: Time) -> Result<bool> {
    let params = vec![Val::id(account), what.into(), now.into()];
    Ok(tx.row(INSERT, params, |row| row.int(0)).await?.is_some())
}
