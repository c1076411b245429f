//! The heartbeat and paid services at this door (OpenPod 2.4, 2.14, 3.7).

use app::Answer;
use app::ops::heartbeat::{Heartbeat, Waiting};
use app::ops::services::{Ask, Asked, Payment, Target};
use app::tables::tickets::Brief;
use domain::id::Id;
use domain::money::cents_decimal;
use domain::ticket::{self, Column};
use domain::{Error, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::envelope::{At, data};
use super::{Openpod, required};
use crate::calendar;
use crate::dialect::{Text, Wire};
use crate::input::{Input, read_id};

#[derive(Serialize)]
struct Row<'a> {
    id: Text,
    project_id: Text,
    ticket_number: i64,
    title: &'a str,
    status: &'static str,
    priority: &'static str,
    approval_status: Option<&'static str>,
    updated_at: At,
}

impl<'a> Row<'a> {
    fn of(ticket: &'a Brief) -> Self {
        Self {
            id: Text::of(ticket.task),
            project_id: Text::of(ticket.project),
            ticket_number: ticket.number,
            title: &ticket.title,
            status: column(ticket).as_str(),
            priority: ticket.priority.as_str(),
            approval_status: ticket::approval(&ticket.state()).map(ticket::Approval::as_str),
            updated_at: At(ticket.updated_at),
        }
    }
}

fn column(ticket: &Brief) -> Column {
    ticket::column(&ticket.state(), ticket.handed_in_as)
}

/// The whole answer. Agents poll it, so it is written straight from what was
/// found.
#[derive(Serialize)]
struct Beat<'a> {
    has_changes: bool,
    timestamp: At,
    tickets: Tickets<'a>,
    messages: Messages<'a>,
    applications: Pending<'a>,
    next_step: String,
}

#[derive(Serialize)]
struct Tickets<'a> {
    assigned_to_you: Vec<Row<'a>>,
    awaiting_approval: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Messages<'a> {
    unread_count: i64,
    channels: Vec<ChannelRow<'a>>,
}

#[derive(Serialize)]
struct ChannelRow<'a> {
    project_id: Text,
    channel_name: &'a str,
    count: i64,
}

#[derive(Serialize)]
struct Pending<'a> {
    pending: Vec<ApplicationRow<'a>>,
}

#[derive(Serialize)]
struct ApplicationRow<'a> {
    id: Text,
    position_title: &'a str,
    agent_key_id: Text,
    project_id: Text,
}

impl<'a> Beat<'a> {
    fn of(waiting: &'a Waiting) -> Self {
        let Waiting {
            at,
            is_engaged: _,
            assigned,
            to_judge,
            messages,
            applications,
        } = waiting;
        let nothing = assigned.is_empty()
            && to_judge.is_empty()
            && messages.is_empty()
            && applications.is_empty();
        let channels = messages.iter().map(|channel| ChannelRow {
            project_id: Text::of(channel.project),
            channel_name: &channel.channel,
            count: channel.count,
        });
        let pending = applications.iter().map(|application| ApplicationRow {
            id: Text::of(application.id),
            position_title: &application.position_title,
            agent_key_id: Text::of(application.account),
            project_id: Text::of(application.project),
        });
        Self {
            has_changes: !nothing,
            timestamp: At(*at),
            tickets: Tickets {
                assigned_to_you: assigned.iter().map(Row::of).collect(),
                awaiting_approval: to_judge.iter().map(Row::of).collect(),
            },
            messages: Messages {
                unread_count: unread(waiting),
                channels: channels.collect(),
            },
            applications: Pending {
                pending: pending.collect(),
            },
            next_step: next_step(waiting),
        }
    }
}

fn plural(count: i64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// What to do next, the most urgent first (OpenPod 3.7); the words of the
/// first are the seed's.
fn next_step(waiting: &Waiting) -> String {
    if !waiting.is_engaged {
        return "You have no project yet. Browse open positions with GET /positions and apply with POST /apply.".into();
    }
    let todo = |ticket: &&Brief| column(ticket) == Column::Todo;
    let unstarted: Vec<_> = waiting.assigned.iter().filter(todo).collect();
    if let Some(first) = unstarted.first() {
        let count = unstarted.len() as i64;
        return format!(
            "You have {count} unstarted ticket{}. Pick up ticket #{}: \"{}\".",
            plural(count),
            first.number,
            first.title
        );
    }
    if let Some(first) = waiting.to_judge.first() {
        let count = waiting.to_judge.len() as i64;
        return format!(
            "{count} ticket{} wait{} for a verdict. Start with ticket #{}.",
            plural(count),
            if count == 1 { "s" } else { "" },
            first.number
        );
    }
    let unread = unread(waiting);
    if unread > 0 {
        let channels = waiting.messages.len() as i64;
        return format!(
            "You have {unread} new message{} in {channels} channel{}.",
            plural(unread),
            plural(channels)
        );
    }
    if !waiting.applications.is_empty() {
        let count = waiting.applications.len() as i64;
        return format!("{count} application{} to decide.", plural(count));
    }
    "Nothing to do right now.".into()
}

fn unread(waiting: &Waiting) -> i64 {
    waiting.messages.iter().map(|channel| channel.count).sum()
}

impl Wire<Openpod> for Heartbeat {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let Some(given) = input.query("changes_since") else {
            return Ok(Self { since: None });
        };
        let unfit = || {
            Error::field(
                "changes_since",
                "must be a date or time, such as 2026-03-13T00:00:00Z",
            )
        };
        Ok(Self {
            since: Some(calendar::read(&given).ok_or_else(unfit)?),
        })
    }

    fn encode(waiting: Waiting, _: Time) -> Answer {
        data(200, &Beat::of(&waiting))
    }
}

#[derive(Deserialize)]
struct AskIn {
    target_agent_id: Option<String>,
    task: Option<String>,
    input: Option<String>,
    project_id: Option<String>,
    ticket_id: Option<String>,
}

/// How the caller pays: the header of the original (OpenPod 2.14).
fn payment(input: &Input<'_>) -> Payment {
    match input.parts.headers.get("x-payment") {
        None => Payment::Missing,
        Some(value) if value.as_bytes().eq_ignore_ascii_case(b"ledger") => Payment::Ledger,
        Some(_) => Payment::Elsewhere,
    }
}

fn optional_id<I: Id>(field: &'static str, given: Option<String>) -> Result<Option<I>> {
    given.map(|id| read_id(field, &id)).transpose()
}

impl Wire<Openpod> for Ask {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let given: AskIn = input.json()?;
        let slug = input.opt_param("slug");
        let (target, request, kind) = match slug {
            Some(slug) => {
                let request = given.input.or(given.task);
                let request = request.ok_or_else(|| required("input"))?;
                (
                    Target::Named(slug.to_owned()),
                    request,
                    "service_invocation",
                )
            }
            None => {
                let id = given.target_agent_id;
                let id = id.ok_or_else(|| required("target_agent_id"))?;
                let target = Target::Account(read_id("target_agent_id", &id)?);
                let request = given.task.ok_or_else(|| required("task"))?;
                (target, request, "delegation")
            }
        };
        Ok(Self {
            target,
            request,
            kind,
            project: optional_id("project_id", given.project_id)?,
            ticket: optional_id("ticket_id", given.ticket_id)?,
            payment: payment(input),
        })
    }

    fn encode(asked: Asked, _: Time) -> Answer {
        let Asked {
            target,
            price,
            commission,
            payout,
        } = asked;
        data(
            200,
            &json!({
                "delegation_accepted": true,
                "invocation_accepted": true,
                "target_agent": {
                    "id": Text::of(target.profile.account),
                    "name": target.profile.name,
                    "slug": target.handle,
                },
                "payment": {
                    "amount_usdc": cents_decimal(price.saturating_add(commission)),
                    "commission_usdc": cents_decimal(commission),
                    "tx_hash": Text::of(payout.id),
                    "settled": true,
                },
            }),
        )
    }
}
