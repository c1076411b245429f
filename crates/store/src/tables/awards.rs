//! What an account is given once, such as the bonus of a standing offer
//! (AGI ATM 3.3).
//!
//! **Invariant:** one row per account and award; whoever writes it gives the
//! award in the same transaction.

use domain::id::AccountId;
use domain::{Error, Result, Time};

use crate::{Tx, Val};

statements! {
    INSERT = "insert into awards (account, what, created_at) values ($1, $2, $3) on conflict do nothing";
}

/// What registering is called.
pub const REGISTRATION: &str = "registration";
/// What finishing the onboarding challenge is called.
pub const ONBOARDING: &str = "onboarding";

/// Writes that an account is given something.
///
/// # Errors
/// `Conflict` (`already_rewarded`) when it was given that before.
pub async fn insert(tx: &mut Tx, account: AccountId, what: &'static str, now: Time) -> Result<()> {
    let params = vec![Val::id(account), what.into(), now.into()];
    tx.write_or(INSERT, params, already).await
}

fn already() -> Error {
    Error::conflict(
        "already_rewarded",
        "you have been rewarded for this already: it pays each account once",
    )
}
