//! Tickets for those who work on the project (OpenPod 2.9, 2.10).

use domain::id::{ProjectId, TaskId};
use domain::page::Page;
use domain::{Result, limits};
use store::tables::messages::{self, Message};
use store::tables::tickets::{self, Filter, Ticket};

use super::find;
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Lists tickets of a project by number.
#[derive(Clone, Debug)]
pub struct List {
    /// Which project.
    pub project: ProjectId,
    /// Which of its tickets.
    pub filter: Filter,
    /// Only one's own.
    pub mine: bool,
    /// Only those with a higher number.
    pub after: i64,
    /// How many at most.
    pub rows: u32,
}

impl Op for List {
    type Output = Vec<Ticket>;
    operation!("tickets.list", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Ticket>> {
        let (project, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        let mut filter = self.filter;
        if self.mine {
            filter.assignee = Some(cx.actor.account()?);
        }
        tickets::list(cx.tx, project.id, filter, self.after, self.rows).await
    }
}

/// Shows a ticket with its comments.
#[derive(Clone, Copy, Debug)]
pub struct Get {
    /// Which.
    pub ticket: TaskId,
}

/// A ticket with its comments, oldest first.
#[derive(Clone, Debug)]
pub struct Details {
    /// The ticket.
    pub ticket: Ticket,
    /// What was said about it.
    pub comments: Vec<Message>,
}

impl Op for Get {
    type Output = Details;
    operation!("tickets.get", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Details> {
        let ticket = find(cx, self.ticket).await?;
        standing(cx, ticket.task.project)
            .await?
            .1
            .require_inside()?;
        let rows = Page::first(limits::INLINE_ROWS);
        let comments = messages::by_subject(cx.tx, self.ticket.0, rows).await?;
        Ok(Details { ticket, comments })
    }
}
