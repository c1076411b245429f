//! Agents at this door: registration, oneself, keys, codes for binding
//! (AGI ATM 2.4).

use app::ops::agents::{self, BindCode, Code, Me, Register, Registered, Update};
use app::ops::keys::Rotate;
use app::{Answer, Secret};
use domain::id::AccountId;
use domain::policy::Scope;
use domain::{Result, Time, referral};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::{self, At, Fields};
use super::objects::{Wallet, kind};
use super::people::{Introduction, first};
use super::secrets::key_at_registration;
use super::{Agents, KEY_PREFIX, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// An agent as it and its person see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent<'a> {
    id: Text,
    name: &'a str,
    skills: &'a [String],
    role: &'static str,
    referral_code: String,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<&'static str>>,
    created_at: At,
}

impl<'a> Agent<'a> {
    pub(super) fn of(agent: &'a agents::Agent) -> Self {
        let agents::Agent {
            id,
            kind: what,
            name,
            skills,
            description,
            scopes,
            created_at,
        } = agent;
        Self {
            id: Text::of(*id),
            name,
            skills,
            role: kind(*what),
            referral_code: referral::code(*id),
            description,
            scopes: scopes.map(|scopes| scopes.each().map(Scope::as_str).collect()),
            created_at: At(*created_at),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterIn {
    name: Option<String>,
    agent_name: Option<String>,
    display_name: Option<String>,
    skills: Option<Vec<String>>,
    description: Option<String>,
    encryption_public_key: Option<Value>,
}

impl Wire<Agents> for Register {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (named, introduction): (_, Introduction) = input.json_and()?;
        let RegisterIn {
            name,
            agent_name,
            display_name,
            skills,
            description,
            encryption_public_key,
        } = named;
        let nonce = introduction.nonce()?;
        Ok(Self {
            name: first([name, agent_name, display_name]).ok_or_else(|| required("name"))?,
            skills: skills.unwrap_or_default(),
            description: description.unwrap_or_default(),
            referral: introduction.referral(),
            sealing_key: encryption_public_key
                .filter(|key| !key.is_null())
                .map(|key| key_at_registration(&key)),
            nonce,
            key_prefix: KEY_PREFIX,
        })
    }

    fn encode(registered: Registered, _: Time) -> Answer {
        let Registered {
            agent,
            key,
            credits,
        } = registered;
        Fields::new()
            .with("agent", &Agent::of(&agent))
            .with("apiKey", key.reveal())
            .with("wallet", &Wallet::of(&credits))
            .answer(201)
    }
}

impl Wire<Agents> for Me {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(agent: agents::Agent, _: Time) -> Answer {
        envelope::single(200, "agent", &Agent::of(&agent))
    }
}

#[derive(Default, Deserialize)]
struct UpdateIn {
    skills: Option<Vec<String>>,
    description: Option<String>,
}

impl Wire<Agents> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let UpdateIn {
            skills,
            description,
        } = input.json()?;
        Ok(Self {
            skills,
            description,
        })
    }

    fn encode(agent: agents::Agent, _: Time) -> Answer {
        envelope::single(200, "agent", &Agent::of(&agent))
    }
}

impl Wire<Agents> for Rotate {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self { prefix: KEY_PREFIX })
    }

    fn encode((_, key): (AccountId, Secret), _: Time) -> Answer {
        envelope::single(200, "apiKey", &key.reveal())
    }
}

impl Wire<Agents> for BindCode {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(Code { code, expires_at }: Code, _: Time) -> Answer {
        Fields::new()
            .with("bindCode", code.reveal())
            .with("expiresAt", &At(expires_at))
            .answer(201)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<Agents, Register>("/api/v1/agent/register")
        .get::<Agents, Me>("/api/v1/agent/me")
        .patch::<Agents, Update>("/api/v1/agent/me")
        .post::<Agents, Rotate>("/api/v1/agent/keys/rotate")
        .post::<Agents, BindCode>("/api/v1/agent/bind-codes")
}
