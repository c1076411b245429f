//! Tickets: what a project's board keeps beside a task.
//!
//! Everything that a task has anyway (title, text, standing, assignee,
//! reward) is the task's; a ticket is read together with it.

use domain::id::{AccountId, ProjectId, TaskId};
use domain::task::{State, Status, Verdict};
use domain::ticket::{Column, Kind, Priority};
use domain::{Result, Time};

use super::tasks::{self, Task};
use super::teams;
use crate::{Row, Sql, Tx, Val, lists};

/// A ticket as stored, with its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The task.
    pub task: Task,
    /// Its number in the project, from 1 and without gaps.
    pub number: i64,
    /// What kind of work it is.
    pub kind: Kind,
    /// How urgent.
    pub priority: Priority,
    /// The column in which work was last handed in.
    pub handed_in_as: Column,
    /// What must hold for the work to pass.
    pub criteria: Vec<String>,
    /// Words it is found by.
    pub labels: Vec<String>,
    /// The branch the work is on.
    pub branch: Option<String>,
    /// What was delivered, as a JSON list.
    pub deliverables: String,
    /// How large it is said to be.
    pub points: Option<i64>,
    /// When it should be done, as it was written.
    pub due_date: Option<String>,
    /// The ticket it is a part of.
    pub parent: Option<TaskId>,
}

/// A ticket in a list of what waits: no more columns than such a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// The task.
    pub task: TaskId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its number in the project.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Where its task stands.
    pub status: Status,
    /// What was said of its last work.
    pub verdict: Option<Verdict>,
    /// The column in which work was last handed in.
    pub handed_in_as: Column,
    /// When it last changed.
    pub updated_at: Time,
}

impl Brief {
    /// What its column and approval follow from.
    pub fn state(&self) -> State {
        State {
            status: self.status,
            verdict: self.verdict,
            ..State::OPEN
        }
    }
}

/// Which tickets of a project a board shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only in this column.
    pub column: Option<Column>,
    /// Only this urgent.
    pub priority: Option<Priority>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only given to this account.
    pub assignee: Option<AccountId>,
}

macro_rules! from {
    () => {
        " from tickets k join tasks t on t.id = k.task "
    };
}

macro_rules! brief {
    (columns) => {
        "select t.id, t.project, t.title, t.status, t.verdict, t.updated_at, k.number, k.priority, k.handed_in_as from "
    };
    (order) => {
        " order by t.updated_at desc, t.id desc limit $3"
    };
}

/// What an account has, found in the order of its last changes. The embedded
/// engine is told to begin there: it keeps no statistics.
const ASSIGNED: Sql = indexed!(
    concat!(brief!(columns), "tasks t "),
    "tasks_in_hand",
    concat!(
        "cross join tickets k where t.assignee = $1 and t.phase in ('working', 'review') and k.task = t.id \
         and t.funding = 'project' and t.updated_at >= $2",
        brief!(order)
    )
);

/// What of it is in one project, likewise.
const HELD_IN: Sql = indexed!(
    "select t.id from tasks t ",
    "tasks_in_hand",
    "cross join tickets k where t.assignee = $1 and t.phase in ('working', 'review') and k.task = t.id \
     and k.project = $2 order by t.id"
);

pub(super) fn built() -> Vec<Sql> {
    vec![ASSIGNED, HELD_IN]
}

macro_rules! ticket {
    () => {
        concat!(
            "select ",
            tasks::columns!(),
            ", k.number, k.kind, k.priority, k.handed_in_as, k.criteria, k.labels, k.branch, k.deliverables, k.points, \
             k.due_date, k.parent",
            from!()
        )
    };
}

statements! {
    FIND = concat!(ticket!(), "where k.task = $1");
    LIST = concat!(ticket!(), "where k.project = $1 and (k.priority = $2 or cast($3 as bigint) = 1) \
        and (k.kind = $4 or cast($5 as bigint) = 1) and (t.assignee = $6 or cast($7 as bigint) = 1) \
        and (case when t.status in ('open', 'claimed') then 'todo' when t.status = 'accepted' then 'done' \
        when t.status in ('cancelled', 'expired') then 'cancelled' when t.status = 'disputed' then 'in_review' when t.status = 'started' and (t.verdict is null \
        or t.verdict <> 'rejected') then 'in_progress' else k.handed_in_as end = $8 or cast($9 as bigint) = 1) \
        and k.number > $10 order by k.number limit $11");
    NUMBER = "select number from tickets where task = $1";
    COUNT_ASSIGNED = concat!("select count(*)", from!(), "where t.assignee = $1 and t.phase in ('working', 'review')");
    WAITING = concat!(brief!(columns), teams::planned!(), " p cross join tasks t cross join tickets k \
        where t.project = p.project and k.task = t.id and t.phase = 'review' and t.updated_at >= $2", brief!(order));
    DELIVERING = concat!(ticket!(), "where k.project = $1 and t.phase in ('working', 'review') and t.assignee in \
        (select account from memberships where project = $1 union select owner from projects where id = $1) \
        and lower(k.deliverables) like $2 limit $3");
    PARENT = "select parent, project from tickets where task = $1";
    INSERT = "insert into tickets (task, project, number, kind, priority, handed_in_as, criteria, labels, branch, \
        deliverables, points, due_date, parent) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    UPDATE = "update tickets set kind = $1, priority = $2, handed_in_as = $3, criteria = $4, labels = $5, branch = $6, \
        deliverables = $7, points = $8, due_date = $9, parent = $10 where task = $11";
    TEXTS = "update tasks set title = $1, description = $2, updated_at = $3 where id = $4";
}

/// Where a ticket's own columns begin, behind its task's.
const OWN: usize = tasks::COLUMNS;

fn read(row: &Row<'_>) -> Result<Ticket> {
    Ok(Ticket {
        task: tasks::read(row)?,
        number: row.int(OWN)?,
        kind: row.word(OWN + 1, Kind::parse)?,
        priority: row.word(OWN + 2, Priority::parse)?,
        handed_in_as: row.word(OWN + 3, Column::parse)?,
        criteria: lists::split(row, OWN + 4)?,
        labels: lists::split(row, OWN + 5)?,
        branch: row.opt_text(OWN + 6)?,
        deliverables: row.text(OWN + 7)?,
        points: row.opt_int(OWN + 8)?,
        due_date: row.opt_text(OWN + 9)?,
        parent: row.opt_id(OWN + 10)?,
    })
}

fn read_brief(row: &Row<'_>) -> Result<Brief> {
    Ok(Brief {
        task: row.id(0)?,
        project: row.id(1)?,
        title: row.text(2)?,
        status: row.word(3, Status::parse)?,
        verdict: row.opt_word(4, Verdict::parse)?,
        updated_at: row.time(5)?,
        number: row.int(6)?,
        priority: row.word(7, Priority::parse)?,
        handed_in_as: row.word(8, Column::parse)?,
    })
}

/// The ticket of this task.
pub async fn find(tx: &mut Tx, task: TaskId) -> Result<Option<Ticket>> {
    tx.row(FIND, vec![Val::id(task)], read).await
}

/// The number of a ticket in its project.
pub async fn number(tx: &mut Tx, task: TaskId) -> Result<Option<i64>> {
    tx.row(NUMBER, vec![Val::id(task)], |row| row.int(0)).await
}

/// Tickets of a project by number, those after `after`.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    filter: Filter,
    after: i64,
    rows: u32,
) -> Result<Vec<Ticket>> {
    let Filter {
        column,
        priority,
        kind,
        assignee,
    } = filter;
    let params = vec![
        Val::id(project),
        priority.map_or("", Priority::as_str).into(),
        i64::from(priority.is_none()).into(),
        kind.map_or("", Kind::as_str).into(),
        i64::from(kind.is_none()).into(),
        assignee.map(Val::id).unwrap_or(Val::Null),
        i64::from(assignee.is_none()).into(),
        column.map_or("", Column::as_str).into(),
        i64::from(column.is_none()).into(),
        after.into(),
        rows.into(),
    ];
    tx.rows(LIST, params, read).await
}

/// Unfinished tickets given to an account and changed since a time, the last
/// changed first.
pub async fn assigned(
    tx: &mut Tx,
    account: AccountId,
    since: Time,
    rows: u32,
) -> Result<Vec<Brief>> {
    let params = vec![Val::id(account), since.into(), rows.into()];
    tx.rows(ASSIGNED, params, read_brief).await
}

/// How many unfinished tickets an account has.
pub async fn count_assigned(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let count = tx.row(COUNT_ASSIGNED, vec![Val::id(account)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// The unfinished tickets of a project that an account has, in the order in
/// which to lock them.
pub async fn held_in(tx: &mut Tx, account: AccountId, project: ProjectId) -> Result<Vec<TaskId>> {
    let params = vec![Val::id(account), Val::id(project)];
    tx.rows(HELD_IN, params, |row| row.id(0)).await
}

/// Tickets that wait for a verdict in the projects that an account plans,
/// changed since a time, the last changed first.
pub async fn waiting(
    tx: &mut Tx,
    account: AccountId,
    since: Time,
    rows: u32,
) -> Result<Vec<Brief>> {
    let params = vec![Val::id(account), since.into(), rows.into()];
    tx.rows(WAITING, params, read_brief).await
}

/// Unfinished tickets that those who work on a project have, and whose
/// deliverables hold a text, which is given in lower case, or one like it:
/// the caller looks closer.
pub async fn delivering(
    tx: &mut Tx,
    project: ProjectId,
    text: &str,
    rows: u32,
) -> Result<Vec<Ticket>> {
    let params = vec![Val::id(project), format!("%{text}%").into(), rows.into()];
    tx.rows(DELIVERING, params, read).await
}

/// The ticket above a ticket, and its project.
pub async fn parent(tx: &mut Tx, task: TaskId) -> Result<Option<(Option<TaskId>, ProjectId)>> {
    tx.row(PARENT, vec![Val::id(task)], |row| {
        Ok((row.opt_id(0)?, row.id(1)?))
    })
    .await
}

/// Adds a ticket; its task is added by [`tasks::insert`].
pub async fn insert(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    let mut params = vec![
        Val::id(ticket.task.id),
        Val::id(ticket.task.project),
        ticket.number.into(),
    ];
    params.extend(board(ticket));
    tx.write(INSERT, params).await
}

/// What the board keeps of a ticket and may change.
fn board(ticket: &Ticket) -> [Val; 10] {
    [
        ticket.kind.as_str().into(),
        ticket.priority.as_str().into(),
        ticket.handed_in_as.as_str().into(),
        lists::joined(&ticket.criteria),
        lists::joined(&ticket.labels),
        ticket.branch.clone().into(),
        (&ticket.deliverables).into(),
        ticket.points.into(),
        ticket.due_date.clone().into(),
        ticket.parent.map(Val::id).unwrap_or(Val::Null),
    ]
}

/// Writes what may change about a ticket and the texts of its task.
pub async fn update(tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    let mut params = Vec::from(board(ticket));
    params.push(Val::id(ticket.task.id));
    tx.write(UPDATE, params).await?;
    let params = vec![
        (&ticket.task.title).into(),
        (&ticket.task.description).into(),
        ticket.task.updated_at.into(),
        Val::id(ticket.task.id),
    ];
    tx.write(TEXTS, params).await
}
