//! Whoever presents a token learns whose it is.

use domain::id::AccountId;
use domain::{Result, Time};

use super::person;
use crate::{Cx, Op};

/// A person as it sees itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: AccountId,
    /// Its address, which nobody else sees.
    pub email: String,
    /// The name it shows.
    pub display_name: String,
    /// When it registered.
    pub created_at: Time,
}

/// Shows the caller to itself.
#[derive(Clone, Copy, Debug)]
pub struct Me;

impl Op for Me {
    type Output = Person;
    operation!("people.me", BeHuman, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Person> {
        let account = cx.actor.account()?;
        person(cx, account).await
    }
}
