//! Who works on a ticket.

use domain::event::Happening;
use domain::id::AccountId;
use domain::task::ClaimStatus;
use domain::team::Role;
use domain::{Error, Result};
use serde_json::json;
use store::tables::projects::Project;
use store::tables::tickets::Ticket;
use store::tables::{accounts, tasks, teams};

use super::facts;
use crate::Cx;
use crate::ops::accounts::unknown;
use crate::ops::tasks::move_to;
use crate::ops::teams::role;

/// Whether somebody may be given a ticket: a member of its project, able to
/// act, whose seat asks for one of the ticket's labels where both are said
/// (OpenPod 2.9). The account is locked.
pub(super) async fn check(
    cx: &mut Cx<'_>,
    project: &Project,
    account: AccountId,
    labels: &[String],
) -> Result<()> {
    if role(cx, project, account).await? == Role::Outsider {
        return Err(Error::field(
            "assignee_agent_key_id",
            "must be a member of this project",
        ));
    }
    let standing = accounts::standing(cx.tx, account)
        .await?
        .ok_or_else(unknown)?;
    standing
        .status
        .require_active(standing.ban_reason.as_deref())?;
    let Some(seat) = teams::membership(cx.tx, project.id, account).await? else {
        return Ok(());
    };
    let position = teams::find_position(cx.tx, seat.position).await?;
    let skills = position
        .map(|offered| offered.position.skills)
        .unwrap_or_default();
    let knows = |label: &String| skills.iter().any(|skill| skill.eq_ignore_ascii_case(label));
    if labels.is_empty() || skills.is_empty() || labels.iter().any(knows) {
        return Ok(());
    }
    Err(Error::field(
        "labels",
        format!(
            "none of them is among what the assignee's position asks for ({}): change a label or the assignee",
            skills.join(", ")
        ),
    ))
}

/// Gives a ticket, which is locked, to an account.
pub(super) async fn give(cx: &mut Cx<'_>, ticket: &mut Ticket, to: AccountId) -> Result<()> {
    let task = &mut ticket.task;
    let next = task.state.assign(to, &task.terms, cx.now)?;
    tasks::end_claim(cx.tx, task.id, ClaimStatus::Revoked, cx.now).await?;
    task.claimed_at = Some(cx.now);
    move_to(cx, task, next).await?;
    tasks::claim(cx.tx, task.id, to, cx.now).await?;
    tell(cx, ticket).await
}

/// Tells the log, and through it the assignee.
pub(super) async fn tell(cx: &mut Cx<'_>, ticket: &Ticket) -> Result<()> {
    let facts = facts(ticket, json!({}));
    let (project, id) = (ticket.task.project, ticket.task.id);
    cx.record_inside(project, Happening::TicketAssigned, id, facts)
        .await
}

/// Takes a ticket, which is locked, from whoever has it.
pub(super) async fn take(cx: &mut Cx<'_>, ticket: &mut Ticket) -> Result<()> {
    let task = &mut ticket.task;
    let next = task.state.unassign()?;
    tasks::end_claim(cx.tx, task.id, ClaimStatus::Revoked, cx.now).await?;
    move_to(cx, task, next).await
}
