//! A person registers (AGI ATM 2.3).

use domain::account::AccountKind;
use domain::policy::Actor;
use domain::{Result, Time, limits, text};
use store::tables::humans::{self, Human};

use super::{Person, check_email, check_password};
use crate::ops::accounts::{Opening, found, free_handle};
use crate::ops::credits::{Credits, credits};
use crate::ops::keys::mint_token;
use crate::ops::proof;
use crate::ops::welcome::{referrer, welcome};
use crate::{App, Cx, Hidden, Op, Secret};

/// Registers a person.
#[derive(Clone, Debug)]
pub struct Register {
    /// Its address.
    pub email: String,
    /// Its password; hashed before anything else happens.
    pub password: Hidden,
    /// The name it shows.
    pub display_name: String,
    /// The code of whoever brought it.
    pub referral: Option<String>,
    /// Its proof of work, where one is asked for.
    pub nonce: Option<String>,
}

/// What registration gives.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The person.
    pub person: Person,
    /// Its first token, shown this once.
    pub token: Secret,
    /// When the token ends.
    pub expires_at: Time,
    /// What it can spend.
    pub credits: Credits,
}

impl Op for Register {
    type Output = Registered;
    operation!("people.register", Register, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        check_email(&self.email)?;
        check_password(&self.password)?;
        text::required(
            "displayName",
            &self.display_name,
            limits::DISPLAY_NAME_CHARS,
        )?;
        self.email = self.email.trim().to_owned();
        proof::check(app.settings().pow_bits, &self.email, self.nonce.as_deref())?;
        let hash = app.passwords().hash(&self.password, app.random()).await?;
        self.password = Hidden(hash);
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Registered> {
        let referrer = referrer(cx, self.referral.as_deref()).await?;
        let opening = Opening {
            kind: AccountKind::Human,
            owner: None,
            handle: free_handle(cx, &self.display_name, "person").await?,
            display_name: self.display_name.trim().to_owned(),
            bio: String::new(),
        };
        let account = found(cx, opening).await?;
        let human = Human {
            account: account.id,
            email: self.email,
            password: self.password.0,
            created_at: cx.now,
        };
        humans::insert(cx.tx, &human).await?;
        welcome(cx, account.id, referrer).await?;
        let (token, expires_at) = mint_token(cx, account.id).await?;
        Ok(Registered {
            credits: credits(cx, account.id).await?,
            person: Person {
                id: account.id,
                email: human.email,
                display_name: account.display_name,
                created_at: cx.now,
            },
            token,
            expires_at,
        })
    }
}
