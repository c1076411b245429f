//! Tickets: the work of a project as its board shows it (OpenPod 2.9 to 2.12,
//! 3.1, 3.2).
//!
//! **Invariant:** a ticket's standing is its task's, moved by the same machine
//! and judged by the same reviews as work from any other door.

mod assign;
mod comment;
mod create;
mod edit;
mod get;
mod judge;
mod moves;
mod rate;

pub use comment::Comment;
pub use create::Create;
pub use edit::{Change, Edit};
pub use get::{Details, Get, List};
pub use judge::{Judge, Judged, Verdict};
pub use rate::Rate;

use domain::event::Happening;
use domain::id::TaskId;
use domain::task::State;
use domain::ticket::{Column, Deliverable};
use domain::{Error, Result};
use serde_json::{Value, json};
use store::Lock;
use store::tables::tickets::{self, Ticket};

use super::tasks::revoke_if;
use crate::Cx;

pub(crate) fn unknown() -> Error {
    Error::not_found("ticket_not_found", "there is no ticket with this id")
}

async fn find(cx: &mut Cx<'_>, id: TaskId) -> Result<Ticket> {
    tickets::find(cx.tx, id).await?.ok_or_else(unknown)
}

/// Locks the project and the task of a ticket that was found, and reads it
/// again.
async fn locked(cx: &mut Cx<'_>, found: &Ticket) -> Result<Ticket> {
    let task = &found.task;
    cx.tx.lock(Lock::Project(task.project)).await?;
    cx.tx.lock(Lock::Task(task.id)).await?;
    find(cx, task.id).await
}

/// Frees a ticket of a member who leaves, unless its work waits for a verdict.
pub(crate) async fn take_away(cx: &mut Cx<'_>, task: TaskId) -> Result<()> {
    cx.tx.lock(Lock::Task(task)).await?;
    let me = cx.actor.account()?;
    let is_mine = |state: &State| state.assignee == Some(me);
    revoke_if(cx, task, is_mine, Happening::TaskReleased).await?;
    Ok(())
}

/// Hands a ticket in for its assignee, whose deliverable was merged. False
/// when it is not being worked on.
pub(crate) async fn hand_in_merged(cx: &mut Cx<'_>, task: TaskId) -> Result<bool> {
    let found = find(cx, task).await?;
    let mut ticket = locked(cx, &found).await?;
    if ticket.task.state.status != domain::task::Status::Started {
        return Ok(false);
    }
    moves::go(cx, &mut ticket, Column::InReview).await?;
    tickets::update(cx.tx, &ticket).await?;
    Ok(true)
}

/// What the log tells of a ticket.
fn facts(ticket: &Ticket, more: Value) -> Value {
    let mut facts = json!({
        "title": ticket.task.title,
        "ticket_number": ticket.number,
        "priority": ticket.priority.as_str(),
        "assignee": ticket.task.state.assignee.map(|id| id.to_string()),
    });
    if let (Some(facts), Value::Object(more)) = (facts.as_object_mut(), more) {
        facts.extend(more);
    }
    facts
}

/// Deliverables as they are kept.
fn kept(deliverables: &[Deliverable]) -> String {
    let each = deliverables.iter().map(|deliverable| {
        let Deliverable {
            kind,
            url,
            label,
            content_hash,
        } = deliverable;
        json!({ "type": kind, "url": url, "label": label, "content_hash": content_hash })
    });
    Value::from_iter(each).to_string()
}
