//! Delegated agents and what is handed over to them (AGI ATM 5.3).

use app::Answer;
use app::ops::delegates::{Delegate, Handoff, Issue, List, Revoke, Rotate, Terms, scopes};
use app::tables::keys::{Grant, Granted};
use domain::id::AccountId;
use domain::page::{Listed, Page};
use domain::policy::Scope;
use domain::{Result, Time, limits};
use serde::{Deserialize, Serialize};

use super::agents::Agent;
use super::envelope::{self, At, Fields};
use super::people::first;
use super::{KEY_PREFIX, People, SKILL_VERSION, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// The version of the bundle's form.
const BUNDLE: u32 = 1;

/// A delegated agent as its person sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delegated<'a> {
    #[serde(flatten)]
    agent: Agent<'a>,
    status: &'static str,
    key_id: Text,
    budget_credits: i64,
    spent_credits: i64,
    issued_at: At,
    expires_at: Option<At>,
    revoked_at: Option<At>,
}

impl<'a> Delegated<'a> {
    fn of(delegate: &'a Delegate, now: Time) -> Self {
        let Delegate { agent, granted } = delegate;
        let Granted {
            key,
            grant: Grant { scopes: _, budget },
            spent,
            expires_at,
            revoked_at,
            created_at,
        } = *granted;
        Self {
            agent: Agent::of(agent),
            status: match (granted.works(now), revoked_at) {
                (true, _) => "active",
                (false, Some(_)) => "revoked",
                (false, None) => "expired",
            },
            key_id: Text::of(key),
            budget_credits: budget,
            spent_credits: spent,
            issued_at: At(created_at),
            expires_at: expires_at.map(At),
            revoked_at: revoked_at.map(At),
        }
    }
}

/// What the person gives to the agent, whole: it needs nothing else to begin.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'a> {
    bundle_version: u32,
    role: &'static str,
    api_base_url: &'a str,
    skill_url: String,
    skill_version: &'static str,
    agent_id: Text,
    agent_name: &'a str,
    api_key: &'a str,
    key_id: Text,
    scopes: Vec<&'static str>,
    expires_at: Option<At>,
    budget_credits: i64,
    issued_by: IssuedBy<'a>,
    prompt: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IssuedBy<'a> {
    human_id: Text,
    display_name: &'a str,
}

impl<'a> Bundle<'a> {
    fn of(handoff: &'a Handoff) -> Self {
        let Handoff {
            delegate,
            key,
            issuer,
            base_url,
        } = handoff;
        let Delegate { agent, granted } = delegate;
        let skill_url = format!("{base_url}/skill.md");
        Self {
            bundle_version: BUNDLE,
            role: "delegated-agent",
            api_base_url: base_url,
            prompt: format!(
                "You act for {} as {}. Read {skill_url} and work as a delegated-agent with the API key of this \
                 bundle, within its scopes and its budget. Keep the key to yourself.",
                issuer.display_name, agent.name
            ),
            skill_url,
            skill_version: SKILL_VERSION,
            agent_id: Text::of(agent.id),
            agent_name: &agent.name,
            api_key: key.reveal(),
            key_id: Text::of(granted.key),
            scopes: granted.grant.scopes.each().map(Scope::as_str).collect(),
            expires_at: granted.expires_at.map(At),
            budget_credits: granted.grant.budget,
            issued_by: IssuedBy {
                human_id: Text::of(issuer.id),
                display_name: &issuer.display_name,
            },
        }
    }
}

fn handed_over(status: u16, handoff: &Handoff, now: Time) -> Answer {
    Fields::new()
        .with("delegatedAgent", &Delegated::of(&handoff.delegate, now))
        .with("handoffBundle", &Bundle::of(handoff))
        .answer(status)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueIn {
    name: Option<String>,
    agent_name: Option<String>,
    display_name: Option<String>,
    skills: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    expires_in_hours: Option<i64>,
    budget_credits: Option<i64>,
    budget: Option<i64>,
}

impl Wire<People> for Issue {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let IssueIn {
            name,
            agent_name,
            display_name,
            skills,
            scopes: words,
            expires_in_hours,
            budget_credits,
            budget,
        } = input.json()?;
        Ok(Self {
            name: first([name, agent_name, display_name]).ok_or_else(|| required("name"))?,
            skills: skills.unwrap_or_default(),
            terms: Terms {
                scopes: words.as_deref().map(scopes).transpose()?,
                hours: expires_in_hours,
                budget: budget_credits.or(budget),
            },
            base_url: input.settings.base_url(&input.parts.headers),
            key_prefix: KEY_PREFIX,
        })
    }

    fn encode(handoff: Handoff, now: Time) -> Answer {
        handed_over(201, &handoff, now)
    }
}

impl Wire<People> for Rotate {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: AccountId(input.id("id")),
            base_url: input.settings.base_url(&input.parts.headers),
            key_prefix: KEY_PREFIX,
        })
    }

    fn encode(handoff: Handoff, now: Time) -> Answer {
        handed_over(200, &handoff, now)
    }
}

impl Wire<People> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(delegates: Vec<Delegate>, now: Time) -> Answer {
        let items: Vec<_> = delegates
            .iter()
            .map(|delegate| Delegated::of(delegate, now))
            .collect();
        let listed = Listed {
            total: items.len() as i64,
            items,
            page: Page::first(limits::OWNED_AGENTS),
        };
        envelope::list("delegatedAgents", &listed)
    }
}

impl Wire<People> for Revoke {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: AccountId(input.id("id")),
        })
    }

    fn encode(delegate: Delegate, now: Time) -> Answer {
        envelope::single(200, "delegatedAgent", &Delegated::of(&delegate, now))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<People, Issue>("/api/v1/human/delegated-agents")
        .get::<People, List>("/api/v1/human/delegated-agents")
        .delete::<People, Revoke>("/api/v1/human/delegated-agents/{id}")
        .post::<People, Rotate>("/api/v1/human/delegated-agents/{id}/rotate")
}
