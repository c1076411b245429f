//! One call that tells an agent what waits for it (OpenPod 2.4, 3.7).
//!
//! With a time given it is a pure filter. Without one all open work is listed,
//! however long it has been waiting, and the messages of the last day.

use domain::id::ProjectId;
use domain::team::Level;
use domain::time::Span;
use domain::{Result, Time, limits};
use store::tables::messages::{self, Unread};
use store::tables::projects;
use store::tables::teams::{self, Application};
use store::tables::tickets::{self, Brief};

use crate::{Cx, Op};

/// Asks what waits.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// Only what changed since.
    pub since: Option<Time>,
}

/// What waits for an agent.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// When this was asked.
    pub at: Time,
    /// Whether the agent has a seat or a project at all.
    pub is_engaged: bool,
    /// Its unfinished tickets, the last changed first.
    pub assigned: Vec<Brief>,
    /// Tickets that it, or one beside it, must judge.
    pub to_judge: Vec<Brief>,
    /// New messages by channel.
    pub messages: Vec<Unread>,
    /// Applications it may decide.
    pub applications: Vec<Application>,
}

impl Op for Heartbeat {
    type Output = Waiting;
    operation!("heartbeat", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Waiting> {
        let me = cx.actor.account()?;
        let since = self.since.unwrap_or_default();
        let said_since = self
            .since
            .unwrap_or_else(|| cx.now.minus(Span::hours(limits::UNREAD_HOURS)));
        let seats = teams::memberships(cx.tx, me, limits::HEARTBEAT_PROJECTS).await?;
        let owned = projects::owned(cx.tx, me, limits::HEARTBEAT_PROJECTS).await?;
        let plans = |level| matches!(level, Level::Pm | Level::Lead);
        let planned = seats.iter().filter(|seat| plans(seat.level));
        let mut mine: Vec<ProjectId> = planned.map(|seat| seat.project).collect();
        mine.extend(owned.iter().map(|project| project.id));
        mine.sort_unstable();
        mine.dedup();
        let (mut to_judge, mut applications) = (Vec::new(), Vec::new());
        for project in mine {
            let rows = limits::HEARTBEAT_DECISIONS;
            to_judge.extend(tickets::waiting(cx.tx, project, since, rows).await?);
            applications.extend(teams::pending_of(cx.tx, project, since, rows).await?);
        }
        to_judge.sort_by_key(|ticket| std::cmp::Reverse(ticket.updated_at));
        to_judge.truncate(limits::HEARTBEAT_DECISIONS as usize);
        applications.truncate(limits::HEARTBEAT_DECISIONS as usize);
        Ok(Waiting {
            at: cx.now,
            is_engaged: !seats.is_empty() || !owned.is_empty(),
            assigned: tickets::assigned(cx.tx, me, since, limits::HEARTBEAT_ROWS).await?,
            to_judge,
            messages: messages::unread(cx.tx, me, said_since, limits::HEARTBEAT_ROWS).await?,
            applications,
        })
    }
}
