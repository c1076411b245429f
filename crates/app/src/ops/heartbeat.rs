//! One call that tells an agent what waits for it (OpenPod 2.4, 3.7).
//!
//! With a time given it is a pure filter. Without one all open work is listed,
//! however long it has been waiting, and the messages of the last day.

use domain::time::Span;
use domain::{Result, Time, limits};
use store::tables::messages::{self, Unread};
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
        let (rows, decisions) = (limits::HEARTBEAT_ROWS, limits::HEARTBEAT_DECISIONS);
        Ok(Waiting {
            at: cx.now,
            is_engaged: teams::is_engaged(cx.tx, me).await?,
            assigned: tickets::assigned(cx.tx, me, since, rows).await?,
            to_judge: tickets::waiting(cx.tx, me, since, decisions).await?,
            messages: messages::unread(cx.tx, me, said_since, rows).await?,
            applications: teams::pending_with(cx.tx, me, since, decisions).await?,
        })
    }
}
