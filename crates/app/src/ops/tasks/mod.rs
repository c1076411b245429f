//! Tasks: published, taken, handed in, withdrawn.

mod cancel;
mod claim;
mod deliver;
mod edit;
mod get;
mod list;
mod mark_paid;
mod publish;
mod release;
mod renew;
mod ring;
mod submit;

pub use cancel::Cancel;
pub(crate) use cancel::{close_all, close_pending, give_back, withdraw};
pub use claim::Claim;
pub(crate) use claim::{claimant, take};
pub(crate) use deliver::{Asked, Checked, Handed, Work, check, deliver};
pub use edit::Edit;
pub use get::{Details, Get, Submissions};
pub use list::{List, ListOfProject, Recent};
pub use mark_paid::MarkPaid;
pub use publish::Publish;
pub(crate) use publish::set_aside;
pub use release::Release;
pub use renew::Renew;
pub(crate) use ring::TERMS;
pub use ring::{Alarmed, Ring};
pub use submit::Submit;
pub(crate) use submit::hand_in;

use domain::event::Happening;
use domain::id::{AccountId, MARKET, ProjectId, TaskId};
use domain::task::{ClaimStatus, Funding, Mode, State, Status};
use domain::{Error, Result, Time, limits, text};
use serde_json::{Value, json};
use store::Lock;
use store::tables::tasks::{self, Shown, Task};
use store::tables::{accounts, briefs, submissions};

use crate::Cx;
use crate::ops::jobs;

/// Locks a task and reads it.
pub(crate) async fn locked(cx: &mut Cx<'_>, id: TaskId) -> Result<Shown> {
    cx.tx.lock(Lock::Task(id)).await?;
    tasks::find_shown(cx.tx, id).await?.ok_or_else(unknown)
}

/// As [`locked`], for who will count what becomes of the task: a project is
/// locked before its tasks, as by every verdict, or the two would wait for each
/// other.
pub(crate) async fn locked_to_count(cx: &mut Cx<'_>, id: TaskId) -> Result<Shown> {
    let found = tasks::find(cx.tx, id).await?.ok_or_else(unknown)?;
    lock_counts(cx, found.project).await?;
    locked(cx, id).await
}

/// A task of the market: what a project keeps to itself does not exist for
/// others.
pub(crate) fn in_market(shown: Shown) -> Result<Shown> {
    if shown.task.listed {
        Ok(shown)
    } else {
        Err(unknown())
    }
}

pub(crate) fn unknown() -> Error {
    Error::not_found("task_not_found", "there is no task with this id")
}

pub(crate) fn unknown_project() -> Error {
    Error::not_found("project_not_found", "there is no project with this id")
}

/// Puts a task where the machine says it goes, and counts.
pub(crate) async fn put(cx: &mut Cx<'_>, shown: &mut Shown, next: State) -> Result<()> {
    if next.assignee.is_none() {
        shown.assignee_handle = None;
    }
    move_to(cx, &mut shown.task, next).await
}

/// As [`put`], for a task alone.
pub(crate) async fn move_to(cx: &mut Cx<'_>, task: &mut Task, next: State) -> Result<()> {
    let own = next.alarm(&task.terms, task.deadline, cx.now);
    let waits = next_silence(cx, task, next).await?;
    move_until(cx, task, next, [own, waits].into_iter().flatten().min()).await
}

/// When the first of what waits for a verdict on a task that is open to all
/// passes by itself: its own row does not say.
async fn next_silence(cx: &mut Cx<'_>, task: &Task, next: State) -> Result<Option<Time>> {
    if task.terms.mode == Mode::Exclusive || next.status != Status::Open {
        return Ok(None);
    }
    let pending = submissions::all_pending_for(cx.tx, task.id).await?;
    let ends = pending
        .iter()
        .filter_map(|shown| shown.submission.auto_accept_at);
    Ok(ends.min())
}

/// As [`move_to`], where more than the task's own row says when something
/// happens to it by itself.
async fn move_until(
    cx: &mut Cx<'_>,
    task: &mut Task,
    next: State,
    alarm: Option<Time>,
) -> Result<()> {
    let before = std::mem::replace(&mut task.state, next);
    if next.assignee.is_none() {
        task.claimed_at = None;
    }
    task.updated_at = cx.now;
    task.alarm = alarm;
    if task.briefed && next.status.is_final() {
        briefs::forget_skills(cx.tx, task.id).await?;
    }
    tasks::put(cx.tx, &before, task).await?;
    // A job that was published moves with its task.
    Box::pin(jobs::follow(cx, task)).await
}

/// Tells the log about a task, with the facts that feeds show.
pub(crate) async fn record(cx: &mut Cx<'_>, what: Happening, task: &Task) -> Result<()> {
    record_with(cx, what, task, json!({})).await
}

/// As [`record`], with more facts.
pub(crate) async fn record_with(
    cx: &mut Cx<'_>,
    what: Happening,
    task: &Task,
    more: Value,
) -> Result<()> {
    let mut facts = json!({ "title": task.title, "payout_display": task.payout_display });
    if let (Some(facts), Value::Object(more)) = (facts.as_object_mut(), more) {
        facts.extend(more);
    }
    if !task.listed {
        return cx.record_inside(task.project, what, task.id, facts).await;
    }
    cx.record(what, task.id, Some(task.project), facts).await
}

/// Takes a task back from its holder if, behind its lock, that is still due.
/// True when it was.
pub(crate) async fn revoke_if(
    cx: &mut Cx<'_>,
    id: TaskId,
    is_due: impl Fn(&State) -> bool,
    what: Happening,
) -> Result<bool> {
    let mut shown = locked(cx, id).await?;
    let state = shown.task.state;
    if !state.is_in_work() || !is_due(&state) {
        return Ok(false);
    }
    let next = state.revoke()?;
    tasks::end_claim(cx.tx, id, ClaimStatus::Revoked, cx.now).await?;
    put(cx, &mut shown, next).await?;
    record(cx, what, &shown.task).await?;
    Ok(true)
}

/// Counts tasks of a project. Nothing is counted about the built-in one, which
/// every publisher would have to lock.
pub(crate) async fn count(
    cx: &mut Cx<'_>,
    project: ProjectId,
    tasks: i64,
    completed: i64,
    cancelled: i64,
) -> Result<()> {
    if project == MARKET {
        return Ok(());
    }
    store::tables::projects::add_tasks(cx.tx, project, tasks, completed, cancelled).await
}

/// Locks what [`count`] counts.
pub(crate) async fn lock_counts(cx: &mut Cx<'_>, project: ProjectId) -> Result<()> {
    if project == MARKET {
        return Ok(());
    }
    cx.tx.lock(Lock::Project(project)).await
}

/// Refuses work on a task whose reward would stay with its owner: the same
/// account, a person and its agents, or two agents of one person (AGI ATM 8).
pub(crate) async fn require_arms_length(
    cx: &mut Cx<'_>,
    task: &Task,
    worker: AccountId,
) -> Result<()> {
    if task.terms.funding != Funding::Escrow
        || !accounts::have_one_owner(cx.tx, task.publisher, worker).await?
    {
        return Ok(());
    }
    Err(Error::forbidden(
        "self_dealing",
        "this task was published by you or by somebody of the same owner: find work of others",
    ))
}

/// The texts of a task, wherever they come from.
fn check_texts(task: &Task) -> Result<()> {
    text::required("title", &task.title, limits::TITLE_CHARS)?;
    text::required("description", &task.description, limits::TEXT_CHARS)?;
    text::required("payout_display", &task.payout_display, limits::PAYOUT_CHARS)
}

/// A project's id as a list's filter, when the project exists.
async fn existing_project(cx: &mut Cx<'_>, id: ProjectId) -> Result<ProjectId> {
    store::tables::projects::find(cx.tx, id)
        .await?
        .map(|project| project.id)
        .ok_or_else(unknown_project)
}
