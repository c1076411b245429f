//! The wire structs of this door (AGI ATM 2.5).

use app::ops::contracts::Contract;
use app::ops::credits::Credits;
use app::tables::market::Offer;
use domain::Time;
use domain::account::AccountKind;
use domain::brief::Brief;
use domain::money::Money;
use domain::task::{Funding, Mode, Status};
use serde::Serialize;

use super::envelope::{At, Json};
use super::market::TaskEvent;
use crate::dialect::Text;

/// The asset whose amounts are plain numbers here; others are written out.
const CREDITS: &str = "credits";

/// The word for where a task stands (design 2.1).
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Claimed | Status::Started => "claimed",
        Status::Submitted => "submitted",
        Status::Accepted => "settled",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Disputed => "disputed",
    }
}

/// The word for what somebody is.
pub(super) fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Agent => "autonomous-agent",
        AccountKind::Human => "human",
        AccountKind::Delegated => "delegated-agent",
        AccountKind::Environment | AccountKind::Sandbox => "project",
        AccountKind::Hosted => "hosted-agent",
        AccountKind::Operator => "operator",
    }
}

/// Credits of a reward; 0 where it is another asset.
pub(super) fn credits(reward: Option<&Money>) -> i64 {
    reward
        .filter(|money| money.asset == CREDITS)
        .map_or(0, |money| money.units)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task<'a> {
    id: Text,
    title: &'a str,
    description: &'a str,
    status: &'static str,
    public_payload: Option<Json<'a>>,
    expected_schema: Option<Json<'a>>,
    output_rules: Option<Json<'a>>,
    delivery_requirements: Option<Json<'a>>,
    verifier: Option<Verifier>,
    acceptance_hash: Option<String>,
    budget_credits: i64,
    reward: Option<Reward<'a>>,
    required_skills: &'a [String],
    submission_mode: &'static str,
    review_mode: &'static str,
    deadline: Option<At>,
    claim_lease_minutes: Option<i64>,
    max_awards: u32,
    publisher: Publisher<'a>,
    escrow: Escrow,
    claim: Option<Claim>,
    has_protected_payload: bool,
    protected_fields: &'a [String],
    delivery_count: i64,
    created_at: At,
    updated_at: At,
    settled_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'a [TaskEvent<'a>]>,
}

#[derive(Serialize)]
struct Verifier {
    sha256: String,
}

/// A reward that is not in credits, in the display of its own door.
#[derive(Serialize)]
struct Reward<'a> {
    amount: &'a str,
    asset: &'a str,
}

#[derive(Serialize)]
struct Publisher<'a> {
    id: Text,
    kind: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Escrow {
    frozen_credits: i64,
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claim {
    agent_id: Text,
    claimed_at: Option<At>,
    lease_expires_at: Option<At>,
}

impl Claim {
    /// Who has a task; `None` while nobody has, and of work that is open to
    /// all until it is settled.
    pub(super) fn of(contract: &Contract) -> Option<Self> {
        let task = &contract.shown.task;
        task.state.assignee.map(|agent| Self {
            agent_id: Text::of(agent),
            claimed_at: task.claimed_at.map(At),
            lease_expires_at: task.state.lease_ends.map(At),
        })
    }
}

const NOBODY: &[String] = &[];

impl<'a> Task<'a> {
    /// A task as its parties and everybody else see it: none of this is
    /// protected.
    pub(super) fn of(contract: &'a Contract) -> Self {
        let Contract {
            shown,
            brief,
            publisher,
        } = contract;
        let task = &shown.task;
        let (terms, state) = (&task.terms, &task.state);
        let brief: Option<&Brief> = brief.as_ref();
        let json = |part: fn(&Brief) -> &Option<String>| {
            brief.and_then(|brief| part(brief).as_deref()).map(Json)
        };
        let protected = brief.map_or(NOBODY, |brief| &brief.protected);
        let is_open_to_all = terms.mode == Mode::Open;
        Self {
            id: Text::of(task.id),
            title: &task.title,
            description: &task.description,
            status: status(state.status),
            public_payload: json(|brief| &brief.payload),
            expected_schema: json(|brief| &brief.schema),
            output_rules: json(|brief| &brief.rules),
            delivery_requirements: json(|brief| &brief.requirements),
            verifier: brief.and_then(|brief| brief.verifier).map(|hash| Verifier {
                sha256: domain::hex::encode(&hash),
            }),
            acceptance_hash: brief.map(|brief| domain::hex::encode(&brief.acceptance)),
            budget_credits: credits(task.reward.as_ref()),
            reward: other_reward(task.reward.as_ref(), &task.payout_display),
            required_skills: brief.map_or(NOBODY, |brief| &brief.skills),
            submission_mode: terms.mode.as_str(),
            review_mode: terms.scrutiny.as_str(),
            deadline: task.deadline.map(At),
            claim_lease_minutes: terms
                .lease
                .filter(|_| !is_open_to_all)
                .map(|lease| lease.0 / MICROS_PER_MINUTE),
            max_awards: 1,
            publisher: Publisher {
                id: Text::of(task.publisher),
                kind: publisher.as_ref().map_or("agent", |who| kind(who.kind)),
                name: publisher.as_ref().map_or("", |who| &who.display_name),
            },
            escrow: escrow(
                task.terms.funding,
                state.status,
                credits(task.reward.as_ref()),
            ),
            claim: Claim::of(contract),
            has_protected_payload: !protected.is_empty(),
            protected_fields: protected,
            delivery_count: task.submissions,
            created_at: At(task.created_at),
            updated_at: At(task.updated_at),
            settled_at: settled_at(state.status, task.paid_at, task.completed_at),
            events: None,
        }
    }

    /// With what happened to it.
    pub(super) fn with_events(mut self, events: &'a [TaskEvent<'a>]) -> Self {
        self.events = Some(events);
        self
    }
}

/// A task in the market's list: what somebody looks at who looks for work.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary<'a> {
    id: Text,
    title: &'a str,
    description: &'a str,
    status: &'static str,
    budget_credits: i64,
    reward: Option<Reward<'a>>,
    required_skills: &'a [String],
    submission_mode: &'static str,
    review_mode: &'static str,
    deadline: Option<At>,
    publisher: Publisher<'a>,
    claim: Option<Claim>,
    has_protected_payload: bool,
    protected_fields: &'a [String],
    delivery_count: i64,
    created_at: At,
}

impl<'a> Summary<'a> {
    pub(super) fn of(offer: &'a Offer) -> Self {
        let Offer {
            id,
            title,
            description,
            status: standing,
            payout_display,
            reward,
            mode,
            scrutiny,
            skills,
            protected,
            deadline,
            assignee,
            claimed_at,
            lease_ends,
            submissions,
            publisher,
            publisher_kind,
            publisher_name,
            created_at,
        } = offer;
        Self {
            id: Text::of(*id),
            title,
            description,
            status: status(*standing),
            budget_credits: credits(reward.as_ref()),
            reward: other_reward(reward.as_ref(), payout_display),
            required_skills: skills,
            submission_mode: mode.as_str(),
            review_mode: scrutiny.as_str(),
            deadline: deadline.map(At),
            publisher: Publisher {
                id: Text::of(*publisher),
                kind: kind(*publisher_kind),
                name: publisher_name,
            },
            claim: assignee.map(|agent| Claim {
                agent_id: Text::of(agent),
                claimed_at: claimed_at.map(At),
                lease_expires_at: lease_ends.map(At),
            }),
            has_protected_payload: !protected.is_empty(),
            protected_fields: protected,
            delivery_count: *submissions,
            created_at: At(*created_at),
        }
    }
}

/// A reward in another asset than credits (design 5).
fn other_reward<'a>(reward: Option<&'a Money>, display: &'a str) -> Option<Reward<'a>> {
    reward
        .filter(|money| money.asset != CREDITS)
        .map(|money| Reward {
            amount: amount(display),
            asset: &money.asset,
        })
}

/// A wallet (AGI ATM 2.5).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wallet {
    available: i64,
    pending: i64,
    frozen: i64,
    total: i64,
    next_available_at: Option<At>,
    currency: &'static str,
}

impl Wallet {
    pub(super) fn of(credits: &Credits) -> Self {
        let Credits {
            available,
            pending,
            frozen,
            next_available_at,
        } = *credits;
        Self {
            available,
            pending,
            frozen,
            total: available.saturating_add(pending).saturating_add(frozen),
            next_available_at: next_available_at.map(At),
            currency: CREDITS,
        }
    }
}

const MICROS_PER_MINUTE: i64 = 60_000_000;

/// The number in a displayed reward, such as `12.50` in `12.50 USD`.
fn amount(display: &str) -> &str {
    display.split_whitespace().next().unwrap_or(display)
}

fn settled_at(status: Status, paid: Option<Time>, completed: Option<Time>) -> Option<At> {
    match status {
        Status::Accepted => paid.or(completed).map(At),
        _ => None,
    }
}

fn escrow(funding: Funding, status: Status, credits: i64) -> Escrow {
    let (frozen_credits, state) = match (funding, status) {
        (Funding::Issuance | Funding::Project | Funding::Standing, _) => (0, "none"),
        (Funding::Escrow, Status::Accepted) => (0, "released"),
        (Funding::Escrow, Status::Cancelled | Status::Expired) => (0, "refunded"),
        (
            Funding::Escrow,
            Status::Open | Status::Claimed | Status::Started | Status::Submitted | Status::Disputed,
        ) => (credits, "frozen"),
    };
    Escrow {
        frozen_credits,
        state,
    }
}
