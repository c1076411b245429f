//! A ticket is changed: its texts, its assignee, its column (OpenPod 2.10).
//!
//! Workers change the column, the branch and the deliverables of their own
//! tickets, and take tickets that nobody has; the first of two who try wins.

use domain::event::Happening;
use domain::id::{AccountId, TaskId};
use domain::task::Status;
use domain::team::Role;
use domain::ticket::{self, Column, Deliverable, Kind, Priority};
use domain::{Error, Result, limits};
use serde_json::json;
use store::Lock;
use store::tables::projects::Project;
use store::tables::tickets::{self, Ticket};

use super::create::{check_parent, check_texts};
use super::{assign, facts, find, kept, locked, moves};
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// What is to change; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its title.
    pub title: Option<String>,
    /// What is to be done.
    pub description: Option<String>,
    /// Its column.
    pub column: Option<Column>,
    /// How urgent.
    pub priority: Option<Priority>,
    /// What kind of work it is.
    pub kind: Option<Kind>,
    /// What must hold for the work to pass.
    pub criteria: Option<Vec<String>>,
    /// Who is to do it; nobody for an empty one.
    pub assignee: Option<Option<AccountId>>,
    /// The branch the work is on.
    pub branch: Option<String>,
    /// What was delivered.
    pub deliverables: Option<Vec<Deliverable>>,
    /// How large it is said to be.
    pub points: Option<i64>,
    /// Words it is found by.
    pub labels: Option<Vec<String>>,
    /// When it should be done.
    pub due_date: Option<String>,
    /// The ticket it is a part of.
    pub parent: Option<Option<TaskId>>,
}

/// Changes a ticket.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Which.
    pub ticket: TaskId,
    /// How.
    pub change: Change,
}

impl Change {
    /// The fields that only those who plan may change.
    fn plans(&self) -> bool {
        self.title.is_some()
            || self.description.is_some()
            || self.priority.is_some()
            || self.kind.is_some()
            || self.criteria.is_some()
            || self.points.is_some()
            || self.labels.is_some()
            || self.due_date.is_some()
            || self.parent.is_some()
    }

    /// The fields that are fixed once the work was approved (OpenPod 3.1).
    fn touches_work(&self) -> bool {
        self.column.is_some_and(|column| column != Column::Done)
            || self.assignee.is_some()
            || self.branch.is_some()
            || self.deliverables.is_some()
    }

    fn is_empty(&self) -> bool {
        !self.plans() && self.column.is_none() && !self.touches_work()
    }

    /// The names of what changed, for the log.
    fn names(&self) -> Vec<&'static str> {
        let all = [
            ("title", self.title.is_some()),
            ("description", self.description.is_some()),
            ("priority", self.priority.is_some()),
            ("ticket_type", self.kind.is_some()),
            ("acceptance_criteria", self.criteria.is_some()),
            ("branch", self.branch.is_some()),
            ("deliverables", self.deliverables.is_some()),
            ("story_points", self.points.is_some()),
            ("labels", self.labels.is_some()),
            ("due_date", self.due_date.is_some()),
            ("parent_ticket_id", self.parent.is_some()),
        ];
        let changed = all.into_iter().filter(|(_, changed)| *changed);
        changed.map(|(name, _)| name).collect()
    }

    fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::invalid(
                "nothing_to_update",
                "give at least one field to change, such as status, deliverables or branch",
            ));
        }
        let deliverables = self.deliverables.as_deref().unwrap_or_default();
        if deliverables.len() > limits::DELIVERABLES {
            return Err(Error::field(
                "deliverables",
                format!("must be at most {}", limits::DELIVERABLES),
            ));
        }
        deliverables.iter().try_for_each(Deliverable::check)
    }

    /// Puts what is kept of the board and the texts into the ticket.
    fn put(self, ticket: &mut Ticket) {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut ticket.task.title, self.title);
        set(&mut ticket.task.description, self.description);
        set(&mut ticket.priority, self.priority);
        set(&mut ticket.kind, self.kind);
        set(&mut ticket.criteria, self.criteria);
        set(&mut ticket.branch, self.branch.map(Some));
        set(
            &mut ticket.deliverables,
            self.deliverables.as_deref().map(kept),
        );
        set(&mut ticket.points, self.points.map(Some));
        set(&mut ticket.labels, self.labels);
        set(&mut ticket.due_date, self.due_date.map(Some));
        set(&mut ticket.parent, self.parent);
    }
}

/// Whether somebody in `role` may change a ticket in this way.
fn require_may(role: Role, me: AccountId, ticket: &Ticket, change: &Change) -> Result<()> {
    role.require_inside()?;
    let state = &ticket.task.state;
    if state.status == Status::Accepted && change.touches_work() {
        return Err(Error::conflict(
            "already_approved",
            "this ticket was approved: its work cannot be changed any more",
        ));
    }
    if !role.is_worker() {
        return Ok(());
    }
    let mine = state.assignee == Some(me);
    let takes = state.assignee.is_none() && change.assignee == Some(Some(me));
    if !mine && !takes {
        return Err(Error::forbidden(
            "not_the_assignee",
            "workers change the tickets they have: take one that nobody has by setting its assignee to yourself",
        ));
    }
    if change.plans() || change.assignee.is_some_and(|to| to != Some(me)) {
        return Err(Error::forbidden(
            "planners_only",
            "workers change status, branch and deliverables, and take tickets for themselves; the rest is for leads and managers",
        ));
    }
    Ok(())
}

impl Op for Edit {
    type Output = Ticket;
    operation!("tickets.edit", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Ticket> {
        let Self { ticket: id, change } = self;
        let me = cx.actor.account()?;
        let found = find(cx, id).await?;
        change.check()?;
        if let Some(Some(assignee)) = change.assignee {
            cx.tx.lock(Lock::Account(assignee)).await?;
        }
        let mut ticket = locked(cx, &found).await?;
        let (project, role) = standing(cx, ticket.task.project).await?;
        require_may(role, me, &ticket, &change)?;
        let (to, column, names) = (change.assignee, change.column, change.names());
        change.put(&mut ticket);
        ticket.task.updated_at = cx.now;
        check_texts(&ticket)?;
        check_parent(cx, &ticket).await?;
        if let Some(to) = to {
            reassign(cx, &project, &mut ticket, to).await?;
        }
        if let Some(column) = column {
            let mine = ticket.task.state.assignee == Some(me);
            let step = ticket::moved(&ticket.task.state, ticket.handed_in_as, column)?;
            ticket::require_may_move(role, mine, step)?;
            moves::go(cx, &mut ticket, column).await?;
        }
        tickets::update(cx.tx, &ticket).await?;
        if !names.is_empty() {
            let facts = facts(&ticket, json!({ "changed": names }));
            cx.record_inside(project.id, Happening::TicketUpdated, id, facts)
                .await?;
        }
        Ok(ticket)
    }
}

async fn reassign(
    cx: &mut Cx<'_>,
    project: &Project,
    ticket: &mut Ticket,
    to: Option<AccountId>,
) -> Result<()> {
    if ticket.task.state.assignee == to {
        return Ok(());
    }
    match to {
        Some(to) => {
            assign::check(cx, project, to, &ticket.labels).await?;
            assign::give(cx, ticket, to).await
        }
        None => assign::take(cx, ticket).await,
    }
}
