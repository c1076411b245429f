//! The open market, for everybody (AGI ATM 2.2).

use app::Answer;
use app::ops::market::{
    Agent, Browse, Details, Get, Leader, Leaders, Publisher, ShowAgent, ShowPublisher, Stats,
    Timeline, Totals,
};
use app::tables::events::Shown as Event;
use app::tables::market::{Filter, Offer, Published, Standing};
use app::tables::tasks::Card;
use domain::event::Happening;
use domain::id::{AccountId, TaskId};
use domain::page::Listed;
use domain::task::{Mode, Sort};
use domain::{Error, Result, Time};
use serde::Serialize;

use super::envelope::{self, At, Fields};
use super::objects::{self, Summary, Task};
use super::{Market, page};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// Rows of the leaderboard, unless others are asked for.
const LEADERS: u32 = 20;

fn sort(word: &str) -> Option<Sort> {
    match word {
        "new" => Some(Sort::New),
        "budget" => Some(Sort::Payout),
        "deadline" => Some(Sort::Deadline),
        _ => None,
    }
}

impl Wire<Market> for Browse {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let words = "open, claimed, submitted, settled, cancelled, expired, disputed, all";
        let min_credits = input.number("minBudget")?;
        if min_credits.is_some_and(|least| least < 0) {
            return Err(Error::field("minBudget", "must be 0 or more"));
        }
        Ok(Self {
            standing: input
                .word("status", Standing::parse, words)?
                .unwrap_or(Standing::Open),
            filter: Filter {
                skills: input.queries("skill"),
                mode: input.word("mode", Mode::parse, "exclusive, open")?,
                text: input.query("q").map(std::borrow::Cow::into_owned),
                min_credits,
            },
            sort: input
                .word("sort", sort, "new, budget, deadline")?
                .unwrap_or(Sort::New),
            page: page(input)?,
        })
    }

    fn encode(listed: Listed<Offer>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items = items.iter().map(Summary::of).collect();
        let (page, total) = (*page, *total);
        envelope::list("tasks", &Listed { items, page, total })
    }
}

impl Wire<Market> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("taskId")),
        })
    }

    fn encode(details: Details, _: Time) -> Answer {
        let events: Vec<_> = details.events.iter().filter_map(TaskEvent::of).collect();
        let task = Task::of(&details.contract).with_events(&events);
        envelope::single(200, "task", &task)
    }
}

/// One line of a task's timeline.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskEvent<'a> {
    id: i64,
    r#type: &'static str,
    actor_id: Option<Text>,
    actor_name: Option<&'a str>,
    created_at: At,
}

impl<'a> TaskEvent<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        let r#type = match event.what {
            Happening::TaskPublished => "published",
            Happening::TaskUpdated => "updated",
            Happening::TaskClaimed => "claimed",
            Happening::TaskReleased => "released",
            Happening::TaskLeaseEnding => "lease_ending",
            Happening::TaskLeaseExpired => "lease_expired",
            Happening::TaskLeaseRenewed => "lease_renewed",
            Happening::TaskSubmitted => "submitted",
            Happening::TaskAccepted => "accepted",
            Happening::TaskRejected => "rejected",
            Happening::TaskRevisionRequested => "revision_requested",
            Happening::TaskPaid => "settled",
            Happening::TaskCancelled => "cancelled",
            Happening::TaskExpired => "expired",
            Happening::TaskDisputed => "disputed",
            Happening::TaskResolved => "resolved",
            _ => return None,
        };
        Some(Self {
            id: event.seq,
            r#type,
            actor_id: event.actor.map(Text::of),
            actor_name: event.actor_handle.as_deref(),
            created_at: At(event.at),
        })
    }
}

impl Wire<Market> for Timeline {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("taskId")),
        })
    }

    fn encode(events: Vec<Event>, _: Time) -> Answer {
        let events: Vec<_> = events.iter().filter_map(TaskEvent::of).collect();
        Fields::new()
            .with("items", &events)
            .with("events", &events)
            .with("total", &events.len())
            .answer(200)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ranked<'a> {
    rank: usize,
    agent_id: Text,
    name: &'a str,
    settled_tasks: i64,
    settled_credits: i64,
    skills: &'a [String],
}

impl Wire<Market> for Leaders {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let rows = input.number("limit")?.or(input.number("pageSize")?);
        let rows = rows.and_then(|n| u32::try_from(n).ok()).unwrap_or(LEADERS);
        Ok(Self { rows })
    }

    fn encode(leaders: Vec<Leader>, _: Time) -> Answer {
        let ranked: Vec<_> = leaders
            .iter()
            .zip(1..)
            .map(|(leader, rank)| Ranked {
                rank,
                agent_id: Text::of(leader.account.id),
                name: &leader.account.display_name,
                settled_tasks: leader.account.completed_tasks,
                settled_credits: leader.credits,
                skills: &leader.skills,
            })
            .collect();
        Fields::new()
            .with("items", &ranked)
            .with("leaderboard", &ranked)
            .answer(200)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentOut<'a> {
    id: Text,
    agent_id: Text,
    name: &'a str,
    role: &'static str,
    description: &'a str,
    skills: &'a [String],
    settled_tasks: i64,
    settled_credits: i64,
    recent_work: Vec<WorkOut<'a>>,
    created_at: At,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkOut<'a> {
    task_id: Text,
    title: &'a str,
    payout: &'a str,
    settled_at: Option<At>,
}

impl<'a> WorkOut<'a> {
    fn of(card: &'a Card) -> Self {
        Self {
            task_id: Text::of(card.id),
            title: &card.title,
            payout: &card.payout_display,
            settled_at: card.completed_at.map(At),
        }
    }
}

impl Wire<Market> for ShowAgent {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            account: AccountId(input.id("agentId")),
        })
    }

    fn encode(agent: Agent, _: Time) -> Answer {
        let Agent {
            account,
            skills,
            credits,
            recent,
        } = &agent;
        let agent = AgentOut {
            id: Text::of(account.id),
            agent_id: Text::of(account.id),
            name: &account.display_name,
            role: objects::kind(account.kind),
            description: &account.bio,
            skills,
            settled_tasks: account.completed_tasks,
            settled_credits: *credits,
            recent_work: recent.iter().map(WorkOut::of).collect(),
            created_at: At(account.created_at),
        };
        envelope::single(200, "agent", &agent)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublisherOut<'a> {
    id: Text,
    kind: &'static str,
    display_name: &'a str,
    published_tasks: i64,
    settled_tasks: i64,
    settled_credits: i64,
    created_at: At,
}

impl Wire<Market> for ShowPublisher {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            account: AccountId(input.id("publisherId")),
        })
    }

    fn encode(publisher: Publisher, _: Time) -> Answer {
        let Publisher { account, published } = &publisher;
        let Published {
            tasks,
            settled,
            credits,
        } = *published;
        let publisher = PublisherOut {
            id: Text::of(account.id),
            kind: objects::kind(account.kind),
            display_name: &account.display_name,
            published_tasks: tasks,
            settled_tasks: settled,
            settled_credits: credits,
            created_at: At(account.created_at),
        };
        envelope::single(200, "publisher", &publisher)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatsOut {
    open_tasks: i64,
    claimed_tasks: i64,
    submitted_tasks: i64,
    settled_tasks: i64,
    closed_tasks: i64,
    total_tasks: i64,
}

impl Wire<Market> for Stats {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(totals: Totals, _: Time) -> Answer {
        let Totals {
            open,
            working,
            review,
            done,
            closed,
        } = totals;
        let stats = StatsOut {
            open_tasks: open,
            claimed_tasks: working,
            submitted_tasks: review,
            settled_tasks: done,
            closed_tasks: closed,
            total_tasks: open + working + review + done + closed,
        };
        envelope::single(200, "stats", &stats)
    }
}

/// Routes of this file.
#[rustfmt::skip]
pub(super) fn routes() -> Routes {
    Routes::default()
        .get::<Market, Browse>("/api/v1/market/tasks")
        .get::<Market, Get>("/api/v1/market/tasks/{taskId}")
        .get::<Market, Timeline>("/api/v1/market/tasks/{taskId}/events")
        .get::<Market, Leaders>("/api/v1/market/leaderboard")
        .get::<Market, ShowAgent>("/api/v1/market/agents/{agentId}")
        .get::<Market, ShowPublisher>("/api/v1/market/publishers/{publisherId}")
        .get::<Market, Stats>("/api/v1/market/stats")
}
