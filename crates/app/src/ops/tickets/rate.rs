//! The owner of a project rates the work of a ticket that is done (OpenPod
//! 3.6): once, and never one's own.

use domain::event::Happening;
use domain::id::{AccountId, ProjectId, TaskId};
use domain::team::Role;
use domain::ticket::{Column, column};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::ratings::{self, Rating};
use store::tables::tickets::Ticket;

use super::{find, locked, unknown};
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Rates the work of a ticket.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Which.
    pub ticket: TaskId,
    /// The project it must be in.
    pub project: ProjectId,
    /// Who must have done it.
    pub agent: AccountId,
    /// 1 to 5.
    pub stars: i64,
    /// Why.
    pub comment: Option<String>,
}

impl Op for Rate {
    type Output = Rating;
    operation!("tickets.rate", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Rating> {
        let comment = self.comment.unwrap_or_default();
        require_stars(self.stars)?;
        text::optional("comment", &comment, limits::LETTER_CHARS)?;
        let me = cx.actor.account()?;
        let found = find(cx, self.ticket).await?;
        if found.task.project != self.project {
            return Err(unknown());
        }
        if standing(cx, self.project).await?.1 != Role::Owner {
            return Err(Error::forbidden(
                "not_the_owner",
                "the owner of the project rates its work: nobody else does",
            ));
        }
        // Judged behind the locks: a ticket that is done may be opened again.
        let ticket = locked(cx, &found).await?;
        require_work(&ticket, self.agent)?;
        if self.agent == me {
            return Err(Error::forbidden(
                "own_ticket",
                "nobody rates their own work",
            ));
        }
        let rating = Rating {
            id: cx.id(),
            ticket: self.ticket,
            project: self.project,
            agent: self.agent,
            rater: me,
            stars: self.stars,
            comment,
            created_at: cx.now,
        };
        ratings::insert(cx.tx, &rating).await?;
        tell(cx, &ticket, &rating).await?;
        Ok(rating)
    }
}

fn require_stars(stars: i64) -> Result<()> {
    if (1..=limits::RATING_STARS).contains(&stars) {
        return Ok(());
    }
    Err(Error::field("rating", "must be a whole number from 1 to 5"))
}

/// The ticket is done, and this agent did it.
fn require_work(ticket: &Ticket, agent: AccountId) -> Result<()> {
    if column(&ticket.task.state, ticket.handed_in_as) != Column::Done {
        return Err(Error::conflict(
            "ticket_not_done",
            "the work of this ticket is not done: rate it when it is",
        ));
    }
    if ticket.task.state.assignee == Some(agent) {
        return Ok(());
    }
    Err(Error::field(
        "agent_registry_id",
        "must be the agent who did the work of this ticket",
    ))
}

async fn tell(cx: &mut Cx<'_>, ticket: &Ticket, rating: &Rating) -> Result<()> {
    let facts = json!({
        "title": ticket.task.title,
        "ticket_number": ticket.number,
        "worker": rating.agent.to_string(),
        "review_id": rating.id.to_string(),
        "rating": rating.stars,
        "comment": rating.comment,
    });
    let (project, ticket) = (rating.project, rating.ticket);
    cx.record_inside(project, Happening::TicketRated, ticket, facts)
        .await
}
