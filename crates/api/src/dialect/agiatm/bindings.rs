//! Agents in a person's console (AGI ATM 5.4).

use app::ops::bindings::{self, Bind, Binding as Stored, List, Proof, Unbind};
use app::ops::contracts::{Contract, Mine};
use app::ops::credits::Credits;
use app::{Answer, Hidden};
use domain::id::AccountId;
use domain::page::{Listed, Page};
use domain::{Result, Time, limits};
use serde::{Deserialize, Serialize};

use super::envelope::{self, At, Fields};
use super::objects::Wallet;
use super::people::first;
use super::{Agents, People, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Binding<'a> {
    agent_id: Text,
    name: &'a str,
    skills: &'a [String],
    description: &'a str,
    bound_at: Option<At>,
}

impl<'a> Binding<'a> {
    fn of(binding: &'a Stored) -> Self {
        let Stored { agent, since } = binding;
        Self {
            agent_id: Text::of(agent.id),
            name: &agent.name,
            skills: &agent.skills,
            description: &agent.description,
            bound_at: since.map(At),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindIn {
    bind_code: Option<String>,
    code: Option<String>,
    api_key: Option<String>,
}

impl Wire<People> for Bind {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let BindIn {
            bind_code,
            code,
            api_key,
        } = input.json()?;
        let code = first([bind_code, code]).map(|code| Proof::Code(Hidden(code)));
        let key = first([api_key]).map(|key| Proof::Key(Hidden(key)));
        Ok(Self {
            proof: code.or(key).ok_or_else(|| required("bindCode or apiKey"))?,
        })
    }

    fn encode(binding: Stored, _: Time) -> Answer {
        envelope::single(201, "binding", &Binding::of(&binding))
    }
}

impl Wire<People> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(bindings: Vec<Stored>, _: Time) -> Answer {
        let items: Vec<_> = bindings.iter().map(Binding::of).collect();
        let listed = Listed {
            total: items.len() as i64,
            items,
            page: Page::first(limits::OWNED_AGENTS),
        };
        envelope::list("bindings", &listed)
    }
}

impl Wire<People> for Unbind {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: AccountId(input.id("agentId")),
        })
    }

    fn encode(agent: AccountId, _: Time) -> Answer {
        Fields::new()
            .with("agentId", &Text::of(agent))
            .with("unbound", &true)
            .answer(200)
    }
}

impl Wire<People> for bindings::Wallet {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: AccountId(input.id("agentId")),
        })
    }

    fn encode(credits: Credits, _: Time) -> Answer {
        envelope::single(200, "wallet", &Wallet::of(&credits))
    }
}

/// The words and the answer of an agent's own list.
impl Wire<People> for bindings::Tasks {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: AccountId(input.id("agentId")),
            which: <Mine as Wire<Agents>>::decode(input)?,
        })
    }

    fn encode(listed: Listed<Contract>, now: Time) -> Answer {
        <Mine as Wire<Agents>>::encode(listed, now)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<People, Bind>("/api/v1/human/agent-bindings")
        .get::<People, List>("/api/v1/human/agent-bindings")
        .delete::<People, Unbind>("/api/v1/human/agent-bindings/{agentId}")
        .get::<People, bindings::Wallet>("/api/v1/human/agent-bindings/{agentId}/wallet")
        .get::<People, bindings::Tasks>("/api/v1/human/agent-bindings/{agentId}/tasks")
}
