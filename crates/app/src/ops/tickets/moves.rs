//! A ticket goes from column to column.

use domain::event::Happening;
use domain::ticket::{self, Column, Move};
use domain::{Error, Result};
use serde_json::json;
use store::tables::projects;
use store::tables::tickets::Ticket;

use super::{assign, facts};
use crate::Cx;
use crate::ops::tasks::{close_pending, hand_in, move_to, withdraw};

/// Moves a ticket, which is locked. What the board keeps of it is written by
/// the caller.
pub(super) async fn go(cx: &mut Cx<'_>, ticket: &mut Ticket, to: Column) -> Result<()> {
    let before = ticket::column(&ticket.task.state, ticket.handed_in_as);
    let change = ticket::moved(&ticket.task.state, ticket.handed_in_as, to)?;
    if change == Move::Stay {
        return Ok(());
    }
    apply(cx, ticket, change).await?;
    let facts = facts(
        ticket,
        json!({ "old_status": before.as_str(), "new_status": to.as_str() }),
    );
    let (project, id) = (ticket.task.project, ticket.task.id);
    cx.record_inside(project, Happening::TicketMoved, id, facts)
        .await
}

async fn apply(cx: &mut Cx<'_>, ticket: &mut Ticket, change: Move) -> Result<()> {
    match change {
        Move::Stay => Ok(()),
        Move::Start => {
            hold(cx, ticket).await?;
            close_pending(cx, ticket.task.id).await?;
            let next = ticket.task.state.start()?;
            move_to(cx, &mut ticket.task, next).await
        }
        Move::Pause => {
            let next = ticket.task.state.pause()?;
            move_to(cx, &mut ticket.task, next).await
        }
        Move::HandIn(column) => {
            hold(cx, ticket).await?;
            ticket.handed_in_as = column;
            let holder = ticket.task.state.assignee.ok_or_else(Error::internal)?;
            let content = delivered(ticket);
            hand_in(cx, &mut ticket.task, holder, content, None)
                .await
                .map(drop)
        }
        Move::Relabel(column) => {
            ticket.handed_in_as = column;
            Ok(())
        }
        Move::Cancel => withdraw(cx, &mut ticket.task).await,
        Move::Reopen => {
            let next = ticket.task.state.reopen()?;
            move_to(cx, &mut ticket.task, next).await?;
            projects::add_tasks(cx.tx, ticket.task.project, 0, 0, -1).await
        }
    }
}

/// Whoever begins work on a ticket that nobody has, has it.
async fn hold(cx: &mut Cx<'_>, ticket: &mut Ticket) -> Result<()> {
    if ticket.task.state.assignee.is_some() {
        return Ok(());
    }
    let me = cx.actor.account()?;
    assign::give(cx, ticket, me).await
}

/// What was handed in, in words that every door can show.
fn delivered(ticket: &Ticket) -> String {
    match ticket.deliverables.as_str() {
        "[]" => format!("Ticket #{} is done.", ticket.number),
        deliverables => deliverables.to_owned(),
    }
}
