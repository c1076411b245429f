//! People: what an account that logs in with a password has beyond it.

use domain::id::AccountId;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// A person as stored. It does not print: the password's hash is no secret
/// that may be looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Human {
    /// Its account.
    pub account: AccountId,
    /// Its address, as given; compared without letter case.
    pub email: String,
    /// Its password, hashed with argon2id.
    pub password: String,
    /// When it registered.
    pub created_at: Time,
}

statements! {
    INSERT = "insert into humans (account, email, email_key, password, created_at) values ($1, $2, $3, $4, $5) \
        on conflict do nothing";
    FIND = "select account, email, password, created_at from humans where account = $1";
    FIND_BY_EMAIL = "select account, email, password, created_at from humans where email_key = $1";
}

/// An address as it is compared.
fn key(email: &str) -> Val {
    email.trim().to_lowercase().into()
}

fn read(row: &Row<'_>) -> Result<Human> {
    Ok(Human {
        account: row.id(0)?,
        email: row.text(1)?,
        password: row.text(2)?,
        created_at: row.time(3)?,
    })
}

/// Adds a person.
///
/// # Errors
/// `Conflict` when the address is registered, at the latest before the commit.
pub async fn insert(tx: &mut Tx, human: &Human) -> Result<()> {
    let Human {
        account,
        email,
        password,
        created_at,
    } = human;
    let params = vec![
        Val::id(*account),
        email.into(),
        key(email),
        password.into(),
        (*created_at).into(),
    ];
    tx.write_or(INSERT, params, || {
        Error::conflict(
            "email_taken",
            "this e-mail address is registered already: log in with it, or use another one",
        )
    })
    .await
}

/// The person of an account.
pub async fn find(tx: &mut Tx, account: AccountId) -> Result<Option<Human>> {
    tx.row(FIND, vec![Val::id(account)], read).await
}

/// The person with this address, in any letter case.
pub async fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<Human>> {
    tx.row(FIND_BY_EMAIL, vec![key(email)], read).await
}
