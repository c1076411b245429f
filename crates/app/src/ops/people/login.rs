//! A person logs in (AGI ATM 2.3). An unknown address and a wrong password are
//! one refusal, and take the same time.

use domain::id::AccountId;
use domain::policy::Actor;
use domain::{Error, Result, Time};
use store::tables::{accounts, humans};

use super::{Person, person};
use crate::ops::keys::mint_token;
use crate::{App, Cx, Hidden, Op, Secret};

/// Logs a person in.
#[derive(Clone, Debug)]
pub struct Login {
    email: String,
    password: Hidden,
    /// Whose address and password these are, once they were looked at.
    proven: Option<AccountId>,
}

/// What a login gives.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The person.
    pub person: Person,
    /// The token, shown this once.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Time,
}

impl Login {
    /// With this address and password.
    pub fn new(email: String, password: Hidden) -> Self {
        Self {
            email,
            password,
            proven: None,
        }
    }
}

impl Op for Login {
    type Output = LoggedIn;
    operation!("people.login", Register, Writes);
    const PREPARES: bool = true;

    async fn prepare(self, app: &App, _: &Actor) -> Result<Self> {
        let Self {
            email,
            password,
            proven: _,
        } = self;
        let asked = email.clone();
        let found = app
            .store()
            .read(move |tx| {
                let asked = asked.clone();
                Box::pin(async move { humans::find_by_email(tx, &asked).await })
            })
            .await?;
        let (account, hash) = found.map(|human| (human.account, human.password)).unzip();
        let is_right = app.passwords().verify(&password, hash).await?;
        Ok(Self {
            email,
            password: Hidden::default(),
            proven: account.filter(|_| is_right),
        })
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<LoggedIn> {
        let account = self.proven.ok_or_else(wrong)?;
        let standing = accounts::standing(cx.tx, account)
            .await?
            .ok_or_else(wrong)?;
        standing
            .status
            .require_active(standing.ban_reason.as_deref())?;
        let (token, expires_at) = mint_token(cx, account).await?;
        Ok(LoggedIn {
            person: person(cx, account).await?,
            token,
            expires_at,
        })
    }
}

fn wrong() -> Error {
    Error::unauthenticated(
        "wrong_login",
        "no account has this e-mail address with this password: check both, or register",
    )
}
