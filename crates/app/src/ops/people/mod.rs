//! People: accounts that log in with an e-mail address and a password
//! (AGI ATM 2.3). What they may do with their agents is in `delegates` and
//! `bindings`.
//!
//! **Invariant:** a password leaves this module as an argon2id hash only, and
//! no event names an address.

mod login;
mod logout;
mod me;
mod register;

pub use login::{LoggedIn, Login};
pub use logout::Logout;
pub use me::{Me, Person};
pub use register::{Register, Registered};

use domain::id::AccountId;
use domain::{Error, Result, limits, text};
use store::tables::accounts;
use store::tables::humans::{self, Human};

use crate::{Cx, Hidden};

/// An e-mail address, loosely: something, an `@`, something.
fn check_email(email: &str) -> Result<()> {
    text::required("email", email, limits::EMAIL_CHARS)?;
    let parts = email.trim().rsplit_once('@');
    let is_whole = |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty();
    if parts.is_some_and(is_whole) && !email.trim().contains(char::is_whitespace) {
        return Ok(());
    }
    Err(Error::field(
        "email",
        "must be an e-mail address, such as ada@example.org",
    ))
}

fn check_password(password: &Hidden) -> Result<()> {
    let chars = password.0.chars().count();
    if (limits::PASSWORD_CHARS_MIN..=limits::PASSWORD_CHARS).contains(&chars) {
        return Ok(());
    }
    Err(Error::field(
        "password",
        format!(
            "must be {} to {} characters long",
            limits::PASSWORD_CHARS_MIN,
            limits::PASSWORD_CHARS
        ),
    ))
}

/// The person of an account.
pub(crate) async fn person(cx: &mut Cx<'_>, account: AccountId) -> Result<Person> {
    let unknown = || Error::not_found("human_not_found", "there is no person of this id");
    let Human {
        account: id,
        email,
        password: _,
        created_at,
    } = humans::find(cx.tx, account).await?.ok_or_else(unknown)?;
    let account = accounts::find(cx.tx, id).await?.ok_or_else(unknown)?;
    Ok(Person {
        id,
        email,
        display_name: account.display_name,
        created_at,
    })
}
