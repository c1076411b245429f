//! Tickets at this door (OpenPod 2.9 to 2.12).

use app::Answer;
use app::ops::tickets::{
    Change, Comment, Create, Details, Edit, Get, Judge, Judged, List, Rate, Verdict,
};
use app::tables::messages::Message;
use app::tables::ratings::Rating;
use app::tables::tickets::{Filter, Ticket as Stored};
use domain::id::{AccountId, TaskId};
use domain::ticket::{self, Column, Deliverable, Kind, Priority};
use domain::{Error, Result, Time, limits, text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::envelope::{At, data};
use super::{Openpod, project};
use crate::dialect::{Text, Wire};
use crate::input::{Input, read_id};

const COLUMNS: &str = "todo, in_progress, in_review, done, cancelled";
const PRIORITIES: &str = "low, medium, high, urgent";
const KINDS: &str = "epic, story, task, bug, spike";
/// Tickets of one list (OpenPod 2.9).
const ROWS: u32 = 100;

#[derive(Serialize)]
pub(super) struct Ticket<'a> {
    id: Text,
    project_id: Text,
    ticket_number: i64,
    title: &'a str,
    description: &'a str,
    status: &'static str,
    priority: &'static str,
    ticket_type: &'static str,
    acceptance_criteria: &'a [String],
    parent_ticket_id: Option<Text>,
    branch: Option<&'a str>,
    branch_name: Option<&'a str>,
    deliverables: &'a RawValue,
    story_points: Option<i64>,
    assignee_agent_key_id: Option<Text>,
    assignee_user_id: Option<()>,
    created_by_user_id: Option<()>,
    created_by_agent_key_id: Text,
    labels: &'a [String],
    due_date: Option<&'a str>,
    approval_status: Option<&'static str>,
    payout_cents: Option<i64>,
    approved_at: Option<At>,
    bounty_cents: Option<i64>,
    created_at: At,
    updated_at: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<Vec<CommentOut<'a>>>,
}

impl<'a> Ticket<'a> {
    pub(super) fn of(stored: &'a Stored) -> Self {
        let Stored {
            task,
            number,
            kind,
            priority,
            handed_in_as,
            criteria,
            labels,
            branch,
            deliverables,
            points,
            due_date,
            parent,
        } = stored;
        let reward = task.reward.as_ref().map(|reward| reward.units);
        let is_approved = task.completed_at.is_some();
        Self {
            id: Text::of(task.id),
            project_id: Text::of(task.project),
            ticket_number: *number,
            title: &task.title,
            description: &task.description,
            status: ticket::column(&task.state, *handed_in_as).as_str(),
            priority: priority.as_str(),
            ticket_type: kind.as_str(),
            acceptance_criteria: criteria,
            parent_ticket_id: parent.map(Text::of),
            branch: branch.as_deref(),
            branch_name: branch.as_deref(),
            deliverables: serde_json::from_str(deliverables).unwrap_or(RawValue::NULL),
            story_points: *points,
            assignee_agent_key_id: task.state.assignee.map(Text::of),
            assignee_user_id: None,
            created_by_user_id: None,
            created_by_agent_key_id: Text::of(task.publisher),
            labels,
            due_date: due_date.as_deref(),
            approval_status: ticket::approval(&task.state).map(ticket::Approval::as_str),
            payout_cents: reward.filter(|_| is_approved),
            approved_at: task.completed_at.map(At),
            bounty_cents: reward.filter(|_| task.listed),
            created_at: At(task.created_at),
            updated_at: At(task.updated_at),
            comments: None,
        }
    }
}

#[derive(Serialize)]
struct CommentOut<'a> {
    id: Text,
    ticket_id: String,
    author_user_id: Option<()>,
    author_agent_key_id: Text,
    author_name: &'a str,
    content: &'a str,
    created_at: At,
}

impl<'a> CommentOut<'a> {
    fn of(message: &'a Message) -> Self {
        Self {
            id: Text::of(message.id),
            ticket_id: message.subject.to_string(),
            author_user_id: None,
            author_agent_key_id: Text::of(message.author),
            author_name: &message.author_display_name,
            content: &message.body,
            created_at: At(message.created_at),
        }
    }
}

impl Wire<Openpod> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let assignee = input.query("assignee");
        let mine = assignee.as_deref() == Some("me");
        let assignee = assignee.filter(|_| !mine);
        let limit = input.number("limit")?.and_then(|n| u32::try_from(n).ok());
        Ok(Self {
            project: project(input)?,
            filter: Filter {
                column: input.word("status", Column::parse, COLUMNS)?,
                priority: input.word("priority", Priority::parse, PRIORITIES)?,
                kind: input.word("ticket_type", Kind::parse, KINDS)?,
                assignee: assignee.map(|id| read_id("assignee", &id)).transpose()?,
            },
            mine,
            after: input.number("after")?.unwrap_or(0).max(0),
            rows: limit.filter(|n| (1..=ROWS).contains(n)).unwrap_or(ROWS),
        })
    }

    fn encode(tickets: Vec<Stored>, _: Time) -> Answer {
        let tickets: Vec<_> = tickets.iter().map(Ticket::of).collect();
        data(200, &tickets)
    }
}

/// Reads a word of a closed list, where one was given.
fn word<T>(
    field: &'static str,
    given: Option<String>,
    parse: fn(&str) -> Option<T>,
    words: &str,
) -> Result<Option<T>> {
    let Some(given) = given else {
        return Ok(None);
    };
    let unknown = || Error::field(field, format!("must be one of: {words}"));
    parse(&given).map(Some).ok_or_else(unknown)
}

#[derive(Deserialize)]
struct CreateIn {
    project_id: String,
    title: String,
    description: Option<String>,
    priority: Option<String>,
    ticket_type: Option<String>,
    acceptance_criteria: Option<Vec<String>>,
    labels: Option<Vec<String>>,
    assignee_agent_key_id: Option<String>,
    bounty_cents: Option<i64>,
    parent_ticket_id: Option<String>,
    story_points: Option<i64>,
    due_date: Option<String>,
}

impl Wire<Openpod> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let given: CreateIn = input.json()?;
        let assignee = given.assignee_agent_key_id.filter(|id| !id.is_empty());
        let parent = given.parent_ticket_id.filter(|id| !id.is_empty());
        let kind = word("ticket_type", given.ticket_type, Kind::parse, KINDS)?;
        let priority = word("priority", given.priority, Priority::parse, PRIORITIES)?;
        let description = given.description.unwrap_or_default();
        Ok(Self {
            project: read_id("project_id", &given.project_id)?,
            title: text::cut(given.title, limits::TICKET_TITLE_CHARS),
            description: text::cut(description, limits::TICKET_TEXT_CHARS),
            kind: kind.unwrap_or(Kind::Task),
            priority: priority.unwrap_or(Priority::Medium),
            criteria: given.acceptance_criteria.unwrap_or_default(),
            labels: given.labels.unwrap_or_default(),
            assignee: assignee
                .map(|id| read_id("assignee_agent_key_id", &id))
                .transpose()?,
            bounty_cents: given.bounty_cents,
            parent: parent
                .map(|id| read_id("parent_ticket_id", &id))
                .transpose()?,
            points: given.story_points,
            due_date: given.due_date,
        })
    }

    fn encode(ticket: Stored, _: Time) -> Answer {
        data(201, &Ticket::of(&ticket))
    }
}

impl Wire<Openpod> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            ticket: input.path_id("id")?,
        })
    }

    fn encode(Details { ticket, comments }: Details, _: Time) -> Answer {
        let comments = comments.iter().map(CommentOut::of).collect();
        let ticket = Ticket {
            comments: Some(comments),
            ..Ticket::of(&ticket)
        };
        data(200, &ticket)
    }
}

#[derive(Deserialize)]
struct DeliverableIn {
    r#type: Option<String>,
    url: String,
    label: Option<String>,
    content_hash: Option<String>,
}

impl DeliverableIn {
    fn read(self) -> Deliverable {
        Deliverable {
            kind: self.r#type.unwrap_or_else(|| "link".into()),
            url: self.url,
            label: self.label.unwrap_or_default(),
            content_hash: self.content_hash,
        }
    }
}

#[derive(Default, Deserialize)]
struct EditIn {
    title: Option<String>,
    description: Option<String>,
    status: Option<String>,
    priority: Option<String>,
    ticket_type: Option<String>,
    acceptance_criteria: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    assignee_agent_key_id: Option<Option<String>>,
    branch: Option<String>,
    branch_name: Option<String>,
    deliverables: Option<Vec<DeliverableIn>>,
    story_points: Option<i64>,
    labels: Option<Vec<String>>,
    due_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    parent_ticket_id: Option<Option<String>>,
}

/// Tells `null`, which takes something away, from a field that is missing.
fn present<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    field: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// An id, nothing for `null` or an empty text.
fn or_nothing<I: domain::id::Id>(
    field: &'static str,
    given: Option<Option<String>>,
) -> Result<Option<Option<I>>> {
    let read = |given: Option<String>| {
        let given = given.filter(|id| !id.is_empty());
        given.map(|id| read_id(field, &id)).transpose()
    };
    given.map(read).transpose()
}

impl Wire<Openpod> for Edit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let given: EditIn = input.json_or_default()?;
        let cut = |text: Option<String>, most| text.map(|text| text::cut(text, most));
        let assignee = given.assignee_agent_key_id;
        let deliverables = given.deliverables;
        Ok(Self {
            ticket: input.path_id("id")?,
            change: Change {
                title: cut(given.title, limits::TICKET_TITLE_CHARS),
                description: cut(given.description, limits::TICKET_TEXT_CHARS),
                column: word("status", given.status, Column::parse, COLUMNS)?,
                priority: word("priority", given.priority, Priority::parse, PRIORITIES)?,
                kind: word("ticket_type", given.ticket_type, Kind::parse, KINDS)?,
                criteria: given.acceptance_criteria,
                assignee: or_nothing::<AccountId>("assignee_agent_key_id", assignee)?,
                branch: cut(given.branch.or(given.branch_name), limits::BRANCH_CHARS),
                deliverables: deliverables
                    .map(|all| all.into_iter().map(DeliverableIn::read).collect()),
                points: given.story_points,
                labels: given.labels,
                due_date: given.due_date,
                parent: or_nothing::<TaskId>("parent_ticket_id", given.parent_ticket_id)?,
            },
        })
    }

    fn encode(ticket: Stored, _: Time) -> Answer {
        data(200, &Ticket::of(&ticket))
    }
}

#[derive(Deserialize)]
struct CommentIn {
    content: String,
}

impl Wire<Openpod> for Comment {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CommentIn { content } = input.json()?;
        Ok(Self {
            ticket: input.path_id("id")?,
            content: text::cut(content, limits::TICKET_TEXT_CHARS),
        })
    }

    fn encode(message: Message, _: Time) -> Answer {
        data(201, &CommentOut::of(&message))
    }
}

#[derive(Deserialize)]
struct JudgeIn {
    action: String,
    payout_cents: Option<i64>,
    comment: Option<String>,
}

impl Wire<Openpod> for Judge {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let JudgeIn {
            action,
            payout_cents,
            comment,
        } = input.json()?;
        let verdict = match action.as_str() {
            "approve" => Verdict::Approve(payout_cents),
            "reject" => Verdict::Reject,
            "revise" => Verdict::Revise,
            _ => {
                return Err(Error::field(
                    "action",
                    "must be one of: approve, reject, revise",
                ));
            }
        };
        Ok(Self {
            ticket: input.path_id("id")?,
            verdict,
            comment: comment.map(|text| text::cut(text, limits::LETTER_CHARS)),
        })
    }

    fn encode(judged: Judged, _: Time) -> Answer {
        let Judged {
            ticket,
            verdict,
            comment,
            payout,
        } = judged;
        let out = Ticket::of(&ticket);
        let action = match verdict {
            Verdict::Approve(_) => "approved",
            Verdict::Reject => "rejected",
            Verdict::Revise => "revision_requested",
        };
        let mut answer = json!({
            "ticket": {
                "id": out.id,
                "status": out.status,
                "approval_status": out.approval_status,
                "payout_cents": out.payout_cents,
            },
            "transaction": null,
            "ticket_id": out.id,
            "action": action,
            "comment": comment,
        });
        if let (Some(payout), Some(answer)) = (payout, answer.as_object_mut()) {
            let net = payout.gross.saturating_sub(payout.fee);
            let hashed = hashed(&ticket.deliverables);
            let facts = [
                ("payout_cents", json!(payout.gross)),
                ("commission_cents", json!(payout.fee)),
                ("net_payout_cents", json!(net)),
                ("settled", json!(payout.settled_at.is_some())),
                ("payment_rail", json!("ledger")),
                ("verified_hashes", json!(hashed.0)),
                ("total_deliverables", json!(hashed.1)),
                (
                    "transaction",
                    json!({
                        "id": Text::of(payout.id),
                        "amount_cents": payout.gross,
                        "commission_cents": payout.fee,
                        "net_cents": net,
                        "settled": payout.settled_at.is_some(),
                    }),
                ),
            ];
            answer.extend(facts.map(|(name, fact)| (name.to_owned(), fact)));
        }
        data(200, &answer)
    }
}

#[derive(Deserialize)]
struct RateIn {
    project_id: String,
    agent_registry_id: String,
    ticket_id: String,
    rating: i64,
    comment: Option<String>,
}

impl Wire<Openpod> for Rate {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RateIn {
            project_id,
            agent_registry_id,
            ticket_id,
            rating,
            comment,
        } = input.json()?;
        Ok(Self {
            ticket: read_id("ticket_id", &ticket_id)?,
            project: read_id("project_id", &project_id)?,
            agent: read_id("agent_registry_id", &agent_registry_id)?,
            stars: rating,
            comment,
        })
    }

    fn encode(rating: Rating, _: Time) -> Answer {
        let Rating {
            id,
            ticket,
            project,
            agent,
            rater,
            stars,
            comment,
            created_at,
        } = rating;
        let rating = json!({
            "id": Text::of(id),
            "ticket_id": Text::of(ticket),
            "project_id": Text::of(project),
            "agent_registry_id": Text::of(agent),
            "reviewer_id": Text::of(rater),
            "rating": stars,
            "comment": comment,
            "created_at": At(created_at),
        });
        data(201, &rating)
    }
}

/// How many deliverables carry a hash, and how many there are. The name on the
/// wire is the original's: nothing is fetched (OpenPod 4.4).
fn hashed(deliverables: &str) -> (usize, usize) {
    let all: Vec<Value> = serde_json::from_str(deliverables).unwrap_or_default();
    let with_hash = all.iter().filter(|one| one["content_hash"].is_string());
    (with_hash.count(), all.len())
}
