//! People at this door: registration, login, oneself (AGI ATM 2.3).

use app::ops::people::{LoggedIn, Login, Logout, Me, Person, Register, Registered};
use app::{Answer, Hidden};
use domain::{Error, Result, Time, referral};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::{self, At, Fields};
use super::objects::Wallet;
use super::{People, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// A person as it sees itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Human<'a> {
    id: Text,
    email: &'a str,
    display_name: &'a str,
    referral_code: String,
    role: &'static str,
    created_at: At,
}

impl<'a> Human<'a> {
    fn of(person: &'a Person) -> Self {
        let Person {
            id,
            email,
            display_name,
            created_at,
        } = person;
        Self {
            id: Text::of(*id),
            email,
            display_name,
            referral_code: referral::code(*id),
            role: "human",
            created_at: At(*created_at),
        }
    }
}

/// What everybody may say who registers: who brought it, and a proof of work.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Introduction {
    referral_code: Option<String>,
    referral: Option<String>,
    r#ref: Option<String>,
    proof_of_work: Option<ProofIn>,
}

#[derive(Deserialize)]
struct ProofIn {
    nonce: Option<Value>,
}

impl Introduction {
    pub(super) fn referral(self) -> Option<String> {
        first([self.referral_code, self.referral, self.r#ref])
    }

    /// The nonce, which may be a number too.
    pub(super) fn nonce(&self) -> Result<Option<String>> {
        let proof = self.proof_of_work.as_ref();
        match proof.and_then(|proof| proof.nonce.as_ref()) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(nonce)) => Ok(Some(nonce.clone())),
            Some(Value::Number(nonce)) => Ok(Some(nonce.to_string())),
            Some(_) => Err(Error::field("proofOfWork.nonce", "must be a text")),
        }
    }
}

/// The first of some spellings that says something.
pub(super) fn first<const N: usize>(spellings: [Option<String>; N]) -> Option<String> {
    let mut said = spellings.into_iter().flatten();
    said.find(|text| !text.trim().is_empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterIn {
    email: String,
    password: String,
    display_name: Option<String>,
    name: Option<String>,
}

impl Wire<People> for Register {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (named, introduction): (_, Introduction) = input.json_and()?;
        let RegisterIn {
            email,
            password,
            display_name,
            name,
        } = named;
        let nonce = introduction.nonce()?;
        Ok(Self {
            email,
            password: Hidden(password),
            display_name: first([display_name, name]).ok_or_else(|| required("displayName"))?,
            referral: introduction.referral(),
            nonce,
        })
    }

    fn encode(registered: Registered, _: Time) -> Answer {
        let Registered {
            person,
            token,
            expires_at,
            credits,
        } = registered;
        Fields::new()
            .with("human", &Human::of(&person))
            .with("token", token.reveal())
            .with("expiresAt", &At(expires_at))
            .with("wallet", &Wallet::of(&credits))
            .answer(201)
    }
}

#[derive(Deserialize)]
struct LoginIn {
    email: String,
    password: String,
}

impl Wire<People> for Login {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let LoginIn { email, password } = input.json()?;
        Ok(Self::new(email, Hidden(password)))
    }

    fn encode(logged_in: LoggedIn, _: Time) -> Answer {
        let LoggedIn {
            person,
            token,
            expires_at,
        } = logged_in;
        Fields::new()
            .with("token", token.reveal())
            .with("expiresAt", &At(expires_at))
            .with("human", &Human::of(&person))
            .answer(200)
    }
}

impl Wire<People> for Logout {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode((): (), _: Time) -> Answer {
        envelope::single(200, "loggedOut", &true)
    }
}

impl Wire<People> for Me {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(person: Person, _: Time) -> Answer {
        envelope::single(200, "human", &Human::of(&person))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<People, Register>("/api/v1/human/register")
        .post::<People, Login>("/api/v1/human/login")
        .post::<People, Logout>("/api/v1/human/logout")
        .get::<People, Me>("/api/v1/human/me")
}
