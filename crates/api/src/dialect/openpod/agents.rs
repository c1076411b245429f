//! Agents at this door: registration, directory, oneself, earnings
//! (OpenPod 2.1 to 2.3).

use app::ops::keys::Rotate;
use app::ops::profiles::{
    Balance, Directory, Earned, Join, Joined, Me, Overview, Payouts, Statement, Update, Updated,
};
use app::tables::payouts::Payout as StoredPayout;
use app::tables::profiles::{Filter, Listed};
use app::tables::teams::Membership;
use app::{Answer, Secret};
use domain::id::AccountId;
use domain::team::Level;
use domain::{Error, Result, Time, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::envelope::{At, data};
use super::{KEY_PREFIX, Openpod, level};
use crate::dialect::{Text, Wire};
use crate::input::Input;

#[derive(Deserialize)]
struct RegisterIn {
    name: String,
    capabilities: Vec<String>,
    llm_provider: Option<String>,
    description: Option<String>,
    hourly_rate_cents: Option<i64>,
    pricing_type: Option<String>,
    pricing_cents: Option<i64>,
    website: Option<String>,
    website_url: Option<String>,
    avatar_url: Option<String>,
    tagline: Option<String>,
    llm_model: Option<String>,
    autonomy_level: Option<String>,
    wallet_address: Option<String>,
}

/// Facts that the directory shows and nothing else depends on.
#[derive(Deserialize, Serialize)]
struct Further {
    tools: Option<Vec<String>>,
    languages: Option<Vec<String>>,
    framework: Option<String>,
    hosted_on: Option<String>,
    version: Option<String>,
    github_url: Option<String>,
    source_url: Option<String>,
    demo_url: Option<String>,
    context_window: Option<f64>,
    max_output_tokens: Option<f64>,
    latency_ms: Option<f64>,
    token_cost_input: Option<f64>,
    token_cost_output: Option<f64>,
    uptime_pct: Option<f64>,
    avg_error_rate: Option<f64>,
    max_concurrent: Option<f64>,
    tokens_per_second: Option<f64>,
    #[serde(default)]
    supports_streaming: bool,
    #[serde(default)]
    supports_function_calling: bool,
}

const PROVIDERS: [&str; 8] = [
    "openai",
    "anthropic",
    "google",
    "meta",
    "mistral",
    "cohere",
    "open-source",
    "custom",
];
const AUTONOMY: [&str; 3] = ["full", "semi", "supervised"];
const PRICING: [&str; 3] = ["per_task", "hourly", "monthly"];

/// One of a list of words, where something was given.
fn one_of(field: &'static str, given: &Option<String>, words: &[&str]) -> Result<()> {
    match given.as_deref() {
        Some(word) if !words.contains(&word) => Err(Error::field(
            field,
            format!("must be one of: {}", words.join(", ")),
        )),
        _ => Ok(()),
    }
}

impl Further {
    fn check(&self) -> Result<()> {
        let lists = [
            ("tools", &self.tools, 2 * limits::SKILL_CHARS),
            ("languages", &self.languages, limits::SKILL_CHARS),
        ];
        for (field, list, chars) in lists {
            let list = list.as_deref().unwrap_or_default();
            domain::text::words(field, list, limits::SKILLS, chars)?;
        }
        let texts = [
            ("framework", &self.framework),
            ("hosted_on", &self.hosted_on),
            ("version", &self.version),
        ];
        for (field, text) in texts {
            let text = text.as_deref().unwrap_or("");
            domain::text::optional(field, text, limits::NAME_CHARS)?;
        }
        let links = [
            ("github_url", &self.github_url),
            ("source_url", &self.source_url),
            ("demo_url", &self.demo_url),
        ];
        for (field, link) in links {
            link.as_deref()
                .map_or(Ok(()), |link| domain::text::link(field, link))?;
        }
        Ok(())
    }
}

impl Wire<Openpod> for Join {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (given, further): (RegisterIn, Further) = input.json_and()?;
        one_of("llm_provider", &given.llm_provider, &PROVIDERS)?;
        one_of("autonomy_level", &given.autonomy_level, &AUTONOMY)?;
        one_of("pricing_type", &given.pricing_type, &PRICING)?;
        further.check()?;
        // A rate by the hour is a price with its unit (OpenPod 2.1).
        let hourly = given.hourly_rate_cents.map(|_| "hourly".to_owned());
        Ok(Self {
            name: given.name,
            description: given.description.unwrap_or_default(),
            tagline: given.tagline.unwrap_or_default(),
            skills: given.capabilities,
            provider: given.llm_provider,
            model: given.llm_model,
            autonomy: given.autonomy_level,
            pricing_type: given.pricing_type.or(hourly),
            pricing_cents: given.pricing_cents.or(given.hourly_rate_cents),
            website: given.website.or(given.website_url),
            avatar_url: given.avatar_url,
            wallet_address: given.wallet_address.filter(|address| !address.is_empty()),
            details: serde_json::to_string(&further).unwrap_or_default(),
            key_prefix: KEY_PREFIX,
        })
    }

    fn encode(joined: Joined, _: Time) -> Answer {
        let id = Text::of(joined.registered.account);
        data(
            201,
            &json!({
                "id": id,
                "agent_id": id,
                "agent_key_id": id,
                "api_key": joined.key().reveal(),
                "slug": joined.slug,
                "name": joined.name,
                "message": "Save this key: it is shown only now.",
            }),
        )
    }
}

#[derive(Serialize)]
struct Agent<'a> {
    id: Text,
    name: &'a str,
    slug: &'a str,
    tagline: &'a str,
    description: &'a str,
    avatar_url: Option<&'a str>,
    capabilities: &'a [String],
    llm_provider: Option<&'a str>,
    llm_model: Option<&'a str>,
    pricing_type: Option<&'a str>,
    pricing_cents: Option<i64>,
    hourly_rate_cents: Option<i64>,
    website: Option<&'a str>,
    website_url: Option<&'a str>,
    autonomy_level: Option<&'a str>,
    rating: f64,
    rating_avg: f64,
    rating_count: i64,
    total_jobs: i64,
    jobs_completed: i64,
    is_available: bool,
    is_verified: bool,
    status: &'static str,
    created_at: At,
    #[serde(flatten)]
    details: Map<String, Value>,
}

impl<'a> Agent<'a> {
    fn of(listed: &'a Listed) -> Self {
        let Listed {
            profile,
            handle,
            bio,
            completed_tasks,
        } = listed;
        // Hundredths of a star are exact enough for a number with a point.
        let rating = profile.rating_hundredths() as f64 / 100.0;
        Self {
            id: Text::of(profile.account),
            name: &profile.name,
            slug: handle,
            tagline: &profile.tagline,
            description: bio,
            avatar_url: profile.avatar_url.as_deref(),
            capabilities: &profile.skills,
            llm_provider: profile.provider.as_deref(),
            llm_model: profile.model.as_deref(),
            pricing_type: profile.pricing_type.as_deref(),
            pricing_cents: profile.pricing_cents,
            hourly_rate_cents: profile.pricing_cents,
            website: profile.website.as_deref(),
            website_url: profile.website.as_deref(),
            autonomy_level: profile.autonomy.as_deref(),
            rating,
            rating_avg: rating,
            rating_count: profile.rating_count,
            total_jobs: *completed_tasks,
            jobs_completed: *completed_tasks,
            is_available: true,
            is_verified: false,
            status: "active",
            created_at: At(profile.created_at),
            details: serde_json::from_str(&profile.details).unwrap_or_default(),
        }
    }
}

impl Wire<Openpod> for Directory {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let rating = match input.query("min_rating") {
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|stars| (0.0..=5.0).contains(stars))
                .ok_or_else(|| Error::field("min_rating", "must be a number from 0 to 5"))?,
            None => 0.0,
        };
        let (rows, offset) = input.stretch(20, 50);
        let text = |name| input.query(name).map(std::borrow::Cow::into_owned);
        Ok(Self {
            filter: Filter {
                skills: input.listed(&["capability", "capabilities"])?,
                provider: text("llm_provider"),
                autonomy: text("autonomy_level"),
                // Within bounds, so nothing is cut off.
                rating: (rating * 100.0) as i64,
                price: input.number("max_price_cents")?,
            },
            rows,
            offset,
        })
    }

    fn encode(listed: Vec<Listed>, _: Time) -> Answer {
        let agents: Vec<_> = listed.iter().map(Agent::of).collect();
        data(200, &agents)
    }
}

#[derive(Serialize)]
struct MembershipOut<'a> {
    project_id: Text,
    project_title: &'a str,
    project_status: &'static str,
    position_id: Text,
    position_title: &'a str,
    role: &'static str,
    role_level: &'static str,
    joined_at: At,
}

impl<'a> MembershipOut<'a> {
    fn of(membership: &'a Membership) -> Self {
        Self {
            project_id: Text::of(membership.project),
            project_title: &membership.project_title,
            project_status: "open",
            position_id: Text::of(membership.position),
            position_title: &membership.position_title,
            role: role(membership.level),
            role_level: level(membership.level),
            joined_at: At(membership.joined_at),
        }
    }
}

/// The word for a member beside its level (OpenPod 1).
pub(super) fn role(level: Level) -> &'static str {
    match level {
        Level::Pm => "pm",
        Level::Lead | Level::Worker => "agent",
    }
}

impl Wire<Openpod> for Me {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(overview: Overview, now: Time) -> Answer {
        let Overview {
            listed,
            memberships,
            active_tickets,
        } = overview;
        let agent = Agent::of(&listed);
        let key = json!({
            "id": agent.id,
            "name": agent.name,
            "capabilities": agent.capabilities,
            "agent_type": "registered",
            "is_active": true,
            "created_at": agent.created_at,
            "last_used_at": At(now),
        });
        let mut registry = serde_json::to_value(&agent).unwrap_or_default();
        if let Some(registry) = registry.as_object_mut() {
            registry.insert("stripe_onboarded".into(), false.into());
            let address = listed.profile.wallet_address.clone();
            registry.insert("wallet_address".into(), address.into());
        }
        let memberships: Vec<_> = memberships.iter().map(MembershipOut::of).collect();
        data(
            200,
            &json!({
                "agent_key": key,
                "registry": registry,
                "memberships": memberships,
                "active_ticket_count": active_tickets,
            }),
        )
    }
}

#[derive(Default, Deserialize)]
struct UpdateIn {
    wallet_address: Option<String>,
    tagline: Option<String>,
    description: Option<String>,
    website: Option<String>,
    website_url: Option<String>,
}

impl Wire<Openpod> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let UpdateIn {
            wallet_address,
            tagline,
            description,
            website,
            website_url,
        } = input.json_or_default()?;
        Ok(Self {
            tagline,
            description,
            website: website.or(website_url),
            wallet_address,
        })
    }

    fn encode(Updated(fields): Updated, _: Time) -> Answer {
        data(200, &json!({ "updated": fields }))
    }
}

impl Wire<Openpod> for Balance {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(earned: Earned, _: Time) -> Answer {
        data(
            200,
            &json!({
                "wallet_address": earned.wallet_address,
                "usdc_balance": null,
                "available_cents": earned.available,
                "ledger": {
                    "total_earned_cents": earned.earned(),
                    "settled_cents": earned.totals.settled,
                    "unsettled_cents": earned.unsettled(),
                },
                "x402": { "total_earned_usdc": "0.000000" },
            }),
        )
    }
}

#[derive(Serialize)]
struct Transaction<'a> {
    id: Text,
    project_id: Option<Text>,
    position_id: Option<Text>,
    ticket_id: Option<Text>,
    amount_cents: i64,
    commission_cents: i64,
    net_cents: i64,
    r#type: &'a str,
    description: &'a str,
    payment_rail: &'static str,
    stripe_transfer_id: Option<()>,
    x402_tx_hash: Option<()>,
    settled: bool,
    settled_at: Option<At>,
    created_at: At,
}

impl<'a> Transaction<'a> {
    fn of(payout: &'a StoredPayout) -> Self {
        Self {
            id: Text::of(payout.id),
            project_id: payout.project.map(Text::of),
            position_id: payout.position.map(Text::of),
            ticket_id: payout.task.map(Text::of),
            amount_cents: payout.gross,
            commission_cents: payout.fee,
            net_cents: payout.gross.saturating_sub(payout.fee),
            r#type: &payout.kind,
            description: &payout.description,
            payment_rail: "ledger",
            stripe_transfer_id: None,
            x402_tx_hash: None,
            settled: payout.settled_at.is_some(),
            settled_at: payout.settled_at.map(At),
            created_at: At(payout.created_at),
        }
    }
}

impl Wire<Openpod> for Payouts {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (rows, offset) = input.stretch(50, 100);
        let yes_or_no = |word: &str| match word {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        Ok(Self {
            settled: input.word("settled", yes_or_no, "true, false")?,
            rows,
            offset,
        })
    }

    fn encode(Statement { payouts, totals }: Statement, _: Time) -> Answer {
        let transactions: Vec<_> = payouts.iter().map(Transaction::of).collect();
        data(
            200,
            &json!({
                "transactions": transactions,
                // Over every payout; earned is net, here and everywhere.
                "summary": {
                    "total_gross_cents": totals.gross,
                    "total_earned_cents": totals.gross.saturating_sub(totals.fee),
                    "total_commission_cents": totals.fee,
                    "total_net_settled_cents": totals.settled,
                    "count": totals.count,
                },
            }),
        )
    }
}

impl Wire<Openpod> for Rotate {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self { prefix: KEY_PREFIX })
    }

    fn encode((account, key): (AccountId, Secret), _: Time) -> Answer {
        let message = "The key you presented no longer works. Save this one: it is shown only now.";
        data(
            200,
            &json!({
                "id": Text::of(account),
                "agent_id": Text::of(account),
                "api_key": key.reveal(),
                "message": message,
            }),
        )
    }
}
