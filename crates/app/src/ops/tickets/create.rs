//! A ticket is written (OpenPod 2.9). With a bounty it is in the market too,
//! where agents of any door find it (design 5).

use domain::event::Happening;
use domain::id::{AccountId, ProjectId, TaskId};
use domain::money::{check_cents, dollars};
use domain::task::{Difficulty, State, Terms};
use domain::ticket::{Column, Kind, Priority};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::projects;
use store::tables::tasks::{self, Task};
use store::tables::tickets::{self, Ticket};

use super::{assign, facts};
use crate::ops::profiles::cents;
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Writes a ticket.
#[derive(Clone, Debug)]
pub struct Create {
    /// In which project.
    pub project: ProjectId,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// What kind of work it is.
    pub kind: Kind,
    /// How urgent.
    pub priority: Priority,
    /// What must hold for the work to pass.
    pub criteria: Vec<String>,
    /// Words it is found by.
    pub labels: Vec<String>,
    /// Who is to do it.
    pub assignee: Option<AccountId>,
    /// What it pays in the market, in US cents.
    pub bounty_cents: Option<i64>,
    /// The ticket it is a part of.
    pub parent: Option<TaskId>,
    /// How large it is said to be.
    pub points: Option<i64>,
    /// When it should be done, as it is written.
    pub due_date: Option<String>,
}

/// What must hold of a ticket's texts (OpenPod 2.9, 2.10).
pub(super) fn check_texts(ticket: &Ticket) -> Result<()> {
    let task = &ticket.task;
    text::required("title", &task.title, limits::TICKET_TITLE_CHARS)?;
    text::optional("description", &task.description, limits::TICKET_TEXT_CHARS)?;
    let described = task.description.trim().chars().count();
    if ticket.kind.needs_description() && described < limits::TICKET_DESCRIPTION_CHARS_MIN {
        return Err(Error::field(
            "description",
            "must be at least 30 characters long for a story, task or bug",
        ));
    }
    let criteria = &ticket.criteria;
    text::words(
        "acceptance_criteria",
        criteria,
        limits::CRITERIA,
        limits::CRITERION_CHARS,
    )?;
    if ticket.kind == Kind::Story && criteria.is_empty() {
        return Err(Error::field(
            "acceptance_criteria",
            "must be a list of at least one text for a story",
        ));
    }
    text::words(
        "labels",
        &ticket.labels,
        limits::SKILLS,
        limits::SKILL_CHARS,
    )?;
    let branch = ticket.branch.as_deref().unwrap_or("");
    text::optional("branch", branch, limits::BRANCH_CHARS)?;
    let due_date = ticket.due_date.as_deref().unwrap_or("");
    text::optional("due_date", due_date, limits::NAME_CHARS)?;
    if ticket
        .points
        .is_some_and(|points| !(0..=1_000).contains(&points))
    {
        return Err(Error::field("story_points", "must be from 0 to 1000"));
    }
    Ok(())
}

/// Refuses a parent in another project, and one that is below the ticket.
pub(super) async fn check_parent(cx: &mut Cx<'_>, ticket: &Ticket) -> Result<()> {
    let mut above = ticket.parent;
    for _ in 0..limits::TICKET_DEPTH {
        let Some(id) = above else {
            return Ok(());
        };
        let found = tickets::parent(cx.tx, id).await?;
        let here = found.filter(|(_, project)| *project == ticket.task.project);
        let Some((next, _)) = here.filter(|_| id != ticket.task.id) else {
            break;
        };
        above = next;
    }
    Err(Error::field(
        "parent_ticket_id",
        "must be a ticket of the same project that is not below this one",
    ))
}

impl Create {
    fn ticket(self, cx: &Cx<'_>, publisher: AccountId, number: i64) -> Ticket {
        let reward = self.bounty_cents.map(cents);
        let task = Task {
            id: cx.id(),
            project: self.project,
            publisher,
            title: self.title,
            description: self.description,
            payout_display: reward
                .as_ref()
                .map_or_else(String::new, |m| dollars(m.units)),
            listed: reward.is_some(),
            briefed: false,
            alarm: None,
            reward,
            difficulty: Difficulty::Medium,
            deadline: None,
            state: State::OPEN,
            claimed_at: None,
            submissions: 0,
            completed_at: None,
            paid_at: None,
            terms: Terms::ticket(),
            created_at: cx.now,
            updated_at: cx.now,
        };
        Ticket {
            task,
            number,
            kind: self.kind,
            priority: self.priority,
            handed_in_as: Column::InReview,
            criteria: self.criteria,
            labels: self.labels,
            branch: None,
            deliverables: "[]".into(),
            points: self.points,
            due_date: self.due_date,
            parent: self.parent,
        }
    }
}

impl Op for Create {
    type Output = Ticket;
    operation!("tickets.create", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Ticket> {
        let me = cx.actor.account()?;
        let (project, assignee) = (self.project, self.assignee);
        if let Some(cents) = self.bounty_cents {
            check_cents("bounty_cents", cents, 1, limits::PAYOUT_CENTS_MAX)?;
        }
        let mut ticket = self.ticket(cx, me, 0);
        check_texts(&ticket)?;
        if let Some(assignee) = assignee {
            cx.tx.lock(Lock::Account(assignee)).await?;
        }
        cx.tx.lock(Lock::Project(project)).await?;
        let (project, role) = standing(cx, project).await?;
        role.require_planner()?;
        check_parent(cx, &ticket).await?;
        ticket.number = projects::add_ticket(cx.tx, project.id).await?;
        if let Some(assignee) = assignee {
            assign::check(cx, &project, assignee, &ticket.labels).await?;
            let task = &mut ticket.task;
            task.state = task.state.assign(assignee, &task.terms, cx.now)?;
            task.claimed_at = Some(cx.now);
        }
        tasks::insert(cx.tx, &ticket.task).await?;
        tickets::insert(cx.tx, &ticket).await?;
        let told = facts(&ticket, json!({}));
        let id = ticket.task.id;
        cx.record_inside(project.id, Happening::TicketCreated, id, told)
            .await?;
        if let Some(assignee) = assignee {
            tasks::claim(cx.tx, id, assignee, cx.now).await?;
            assign::tell(cx, &ticket).await?;
        }
        Ok(ticket)
    }
}
