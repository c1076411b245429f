//! Tasks and claims.

use std::sync::LazyLock;

use domain::id::{AccountId, PLATFORM, ProjectId, TaskId};
use domain::money::Money;
use domain::page::Page;
use domain::task::{
    ClaimStatus, Difficulty, Funding, Mode, Phase, Scrutiny, Sort, State, Status, Terms, Verdict,
};
use domain::time::Span;
use domain::{Error, Result, Time};

use super::tallies;
use crate::{Row, Sql, Tx, Val};

/// A task as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id, the same at every door.
    pub id: TaskId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Who published it.
    pub publisher: AccountId,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// The reward, as displayed.
    pub payout_display: String,
    /// The reward, where the ledger pays it.
    pub reward: Option<Money>,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// When it should be done.
    pub deadline: Option<Time>,
    /// Where it stands.
    pub state: State,
    /// When its holder took it.
    pub claimed_at: Option<Time>,
    /// How often work was handed in.
    pub submissions: i64,
    /// When it passed.
    pub completed_at: Option<Time>,
    /// When its reward was paid.
    pub paid_at: Option<Time>,
    /// What was agreed when it was published.
    pub terms: Terms,
    /// Whether it is in the market; otherwise its project alone sees it.
    pub listed: bool,
    /// Whether a brief says more about it.
    pub briefed: bool,
    /// When something happens to it by itself.
    pub alarm: Option<Time>,
    /// When it was published.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// A task with what a reader wants beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The task.
    pub task: Task,
    /// Its project's title.
    pub project_title: String,
    /// Its holder's name.
    pub assignee_handle: Option<String>,
}

/// A task as boards list it: what everybody may see, and no more columns than
/// that, because a list is read far more often than anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its id, the same at every door.
    pub id: TaskId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// That project's title.
    pub project_title: String,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// The reward, as displayed.
    pub payout_display: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// When it should be done.
    pub deadline: Option<Time>,
    /// Where it stands.
    pub status: Status,
    /// Who holds it, or completed it.
    pub assignee: Option<AccountId>,
    /// That account's name.
    pub assignee_handle: Option<String>,
    /// When its holder took it.
    pub claimed_at: Option<Time>,
    /// When the claim runs out.
    pub lease_ends: Option<Time>,
    /// When it passed.
    pub completed_at: Option<Time>,
    /// When its reward was paid.
    pub paid_at: Option<Time>,
    /// When it was published.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl From<Shown> for Card {
    fn from(shown: Shown) -> Self {
        let Shown {
            task,
            project_title,
            assignee_handle,
        } = shown;
        let State {
            status,
            assignee,
            lease_ends,
            rejections: _,
            verdict: _,
        } = task.state;
        Self {
            id: task.id,
            project: task.project,
            project_title,
            title: task.title,
            description: task.description,
            payout_display: task.payout_display,
            difficulty: task.difficulty,
            deadline: task.deadline,
            status,
            assignee,
            assignee_handle,
            claimed_at: task.claimed_at,
            lease_ends,
            completed_at: task.completed_at,
            paid_at: task.paid_at,
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }
}

/// Which tasks a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only in this standing.
    pub phase: Option<Phase>,
    /// Only this hard.
    pub difficulty: Option<Difficulty>,
    /// Only of this project.
    pub project: Option<ProjectId>,
}

macro_rules! columns {
    () => {
        "t.id, t.project, t.publisher, t.title, t.description, t.payout_display, t.reward_asset, t.reward_units, \
         t.difficulty, t.deadline, t.status, t.assignee, t.claimed_at, t.lease_ends, t.rejections, t.submissions, \
         t.completed_at, t.paid_at, t.funding, t.fee_bps, t.reject_limit, t.lease, t.claim_limit, t.created_at, \
         t.updated_at, t.verdict, t.listed, t.mode, t.scrutiny, t.hold, t.silence, t.expires, t.briefed, t.alarm"
    };
}
pub(super) use columns;

/// How many columns [`read`] reads.
pub(super) const COLUMNS: usize = 34;

macro_rules! shown {
    () => {
        concat!(
            columns!(),
            ", (select title from projects where id = t.project), (select handle from accounts where id = t.assignee)"
        )
    };
}

macro_rules! card {
    () => {
        "select t.id, t.project, t.title, t.description, t.payout_display, t.difficulty, t.deadline, t.status, \
         t.assignee, t.claimed_at, t.lease_ends, t.completed_at, t.paid_at, t.created_at, t.updated_at, \
         (select title from projects where id = t.project), (select handle from accounts where id = t.assignee) \
         from tasks t "
    };
}

/// What changes where a task moves on; its parameters come first.
macro_rules! moved {
    () => {
        "status = $1, phase = $2, claimed_at = $3, lease_ends = $4, rejections = $5, submissions = $6, \
         completed_at = $7, paid_at = $8, updated_at = $9, verdict = $10, alarm = $11"
    };
}

/// Tasks of somebody, of one or two statuses where `$2` is not empty.
macro_rules! of {
    ($columns:expr, $whose:literal, $order:literal) => {
        concat!(
            "select ",
            $columns,
            " from tasks t where ",
            $whose,
            " and ($2 = '' or t.status = $2 or t.status = $3)",
            $order
        )
    };
}

statements! {
    FIND = concat!("select ", columns!(), " from tasks t where t.id = $1");
    FIND_SHOWN = concat!("select ", shown!(), " from tasks t where t.id = $1");
    OF_PUBLISHER = of!(shown!(), "t.publisher = $1", " order by t.id desc limit $4 offset $5");
    COUNT_OF_PUBLISHER = of!("count(*)", "t.publisher = $1", "");
    OF_WORKER = of!(shown!(), "t.assignee = $1", " order by t.id desc limit $4 offset $5");
    COUNT_OF_WORKER = of!("count(*)", "t.assignee = $1", "");
    ALARMED = "select id from tasks where alarm is not null and alarm <= $1 order by alarm limit $2";
    INSERT = "insert into tasks (id, project, publisher, title, description, payout_display, payout_rank, reward_asset, \
        reward_units, difficulty, deadline, deadline_rank, status, phase, rejections, submissions, funding, fee_bps, \
        reject_limit, lease, claim_limit, created_at, updated_at, listed, assignee, claimed_at, lease_ends, mode, \
        scrutiny, hold, silence, expires, briefed, alarm) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
        $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
    EDIT = "update tasks set title = $1, description = $2, payout_display = $3, payout_rank = $4, reward_asset = $5, \
        reward_units = $6, difficulty = $7, deadline = $8, deadline_rank = $9, updated_at = $10 where id = $11";
    MOVE = concat!("update tasks set ", moved!(), ", assignee = $12 where id = $13 and status = $14");
    // The engines write the indexes of every column that is named, changed or not.
    MOVE_WITHIN = concat!("update tasks set ", moved!(), " where id = $12 and status = $13");
    SET_PAID = "update tasks set paid_at = $1 where id = $2";
    SET_REWARD = "update tasks set reward_asset = $1, reward_units = $2 where id = $3";
    CLAIM = "insert into claims (task, turn, account, status, claimed_at) values ($1, 0, $2, 'active', $3)";
    END_CLAIM = "update claims set status = $1, ended_at = $2, turn = (select max(c.turn) + 1 from claims c where c.task = $3) \
        where task = $3 and turn = 0";
    CONTRIBUTORS = "select a.handle, a.display_name, a.id, count(*) from tasks t join accounts a on a.id = t.assignee \
        where t.project = $1 and t.phase = 'done' group by a.id, a.handle, a.display_name \
        order by count(*) desc, a.id limit $2";
}

/// What an account works on, of which there is little. The embedded engine is
/// told not to look through all that it ever worked on.
macro_rules! in_hand {
    ($columns:expr, $behind:literal) => {
        indexed!(
            concat!($columns, " "),
            "tasks_in_hand",
            concat!(
                "where t.assignee = $1 and t.phase in ('working', 'review') and t.phase = 'working'",
                $behind
            )
        )
    };
}

const DONE: Sql = indexed!(
    card!(),
    "tasks_by_worker",
    "where t.assignee = $1 and t.phase = 'done' and t.listed = 1 order by t.id desc limit $2 offset $3"
);
const WORKING: Sql = in_hand!(
    card!(),
    " and t.listed = 1 order by t.id desc limit $2 offset $3"
);
const HELD: Sql = in_hand!("select count(*) from tasks t", " and t.listed = 1");
const HELD_IDS: Sql = in_hand!("select t.id from tasks t", " order by t.id");

/// The statements of [`list`]: every standing, every filter, every order.
static LISTS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    let phases = std::iter::once(None).chain(Phase::ALL.map(Some));
    let shapes = phases.flat_map(|phase| (0..FILTERS).map(move |filters| (phase, filters)));
    shapes
        .flat_map(|(phase, filters)| Sort::ALL.map(|sort| list_text(phase, filters, sort)))
        .collect()
});
/// Ways to ask or not to ask for a difficulty and a project.
const FILTERS: usize = 4;
const BY_DIFFICULTY: usize = 1;
const BY_PROJECT: usize = 2;

fn shape(filter: Filter, sort: Sort) -> usize {
    let phase = filter.phase.map_or(0, |phase| 1 + phase as usize);
    let bit = |asked, bit| if asked { bit } else { 0 };
    let filters =
        bit(filter.difficulty.is_some(), BY_DIFFICULTY) | bit(filter.project.is_some(), BY_PROJECT);
    (phase * FILTERS + filters) * Sort::ALL.len() + sort as usize
}

/// The phase is written out, so that the indexes that hold one phase alone can
/// be used. The embedded engine is told which index to walk: it keeps no
/// statistics here and would take any that has the order.
fn list_text(phase: Option<Phase>, filters: usize, sort: Sort) -> Sql {
    let mut next = 1..;
    let mut parameter = move || next.next().unwrap_or(0);
    let mut conditions = vec!["t.listed = 1".to_owned()];
    conditions.extend(phase.map(|phase| format!("t.phase = '{}'", phase.as_str())));
    for (bit, column) in [(BY_DIFFICULTY, "difficulty"), (BY_PROJECT, "project")] {
        if filters & bit != 0 {
            conditions.push(format!("t.{column} = ${}", parameter()));
        }
    }
    let filter = format!("where {}", conditions.join(" and "));
    let order = order(sort);
    let (rows, offset) = (parameter(), parameter());
    let text = |walk: &str| {
        let head = card!();
        format!("{head}{walk}{filter} order by {order} limit ${rows} offset ${offset}")
    };
    let walk = match filters & BY_PROJECT {
        0 => index(phase, sort),
        _ => "tasks_by_project",
    };
    let walk = format!("indexed by {walk} ");
    super::built_once_for(text(&walk), text(""))
}

/// The index that finds the least to look at. What agents have in hand is
/// little and is sorted; of what is finished there is much, and it is found in
/// the market's orders.
pub(super) fn index(phase: Option<Phase>, sort: Sort) -> &'static str {
    match (phase, sort) {
        (None, Sort::New) => "tasks_listed",
        (Some(Phase::Open), Sort::New) => "tasks_open",
        (Some(Phase::Open), Sort::Payout) => "tasks_open_by_payout",
        (Some(Phase::Open), Sort::Deadline) => "tasks_open_by_deadline",
        (Some(Phase::Working), _) => "tasks_working",
        (Some(Phase::Review), _) => "tasks_review",
        (Some(Phase::Done), Sort::New) => "tasks_done",
        (Some(Phase::Closed), Sort::New) => "tasks_closed",
        (None | Some(Phase::Done | Phase::Closed), Sort::Payout) => "tasks_by_payout",
        (None | Some(Phase::Done | Phase::Closed), Sort::Deadline) => "tasks_by_deadline",
    }
}

/// A board's order, in words of SQL.
pub(super) fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::New => "t.id desc",
        Sort::Payout => "t.payout_rank desc, t.id desc",
        Sort::Deadline => "t.deadline_rank, t.id",
    }
}

pub(super) fn built() -> Vec<Sql> {
    let mut built = LISTS.clone();
    built.extend([DONE, WORKING, HELD, HELD_IDS]);
    built
}

pub(super) fn read(row: &Row<'_>) -> Result<Task> {
    let asset = row.opt_text(6)?;
    let units = row.int(7)?;
    Ok(Task {
        id: row.id(0)?,
        project: row.id(1)?,
        publisher: row.id(2)?,
        title: row.text(3)?,
        description: row.text(4)?,
        payout_display: row.text(5)?,
        reward: asset.map(|asset| Money { asset, units }),
        difficulty: row.word(8, Difficulty::parse)?,
        deadline: row.opt_time(9)?,
        state: State {
            status: row.word(10, Status::parse)?,
            assignee: row.opt_id(11)?,
            lease_ends: row.opt_time(13)?,
            rejections: row.int(14)?,
            verdict: row.opt_word(25, Verdict::parse)?,
        },
        claimed_at: row.opt_time(12)?,
        submissions: row.int(15)?,
        completed_at: row.opt_time(16)?,
        paid_at: row.opt_time(17)?,
        terms: Terms {
            funding: row.word(18, Funding::parse)?,
            fee_bps: u32::try_from(row.int(19)?).map_err(|_| Error::internal())?,
            rejections: row.int(20)?,
            lease: row.opt_int(21)?.map(Span),
            claim_limit: row.int(22)?,
            hold: row.opt_int(29)?.map(Span),
            mode: row.opt_word(27, Mode::parse)?.unwrap_or(Mode::Exclusive),
            scrutiny: row
                .opt_word(28, Scrutiny::parse)?
                .unwrap_or(Scrutiny::Manual),
            silence: row.opt_int(30)?.map(Span),
            expires: row.opt_int(31)?.is_some(),
        },
        listed: row.int(26)? != 0,
        briefed: row.int(32)? != 0,
        alarm: row.opt_time(33)?,
        created_at: row.time(23)?,
        updated_at: row.time(24)?,
    })
}

fn read_shown(row: &Row<'_>) -> Result<Shown> {
    Ok(Shown {
        task: read(row)?,
        project_title: row.opt_text(COLUMNS)?.unwrap_or_default(),
        assignee_handle: row.opt_text(COLUMNS + 1)?,
    })
}

fn read_card(row: &Row<'_>) -> Result<Card> {
    Ok(Card {
        id: row.id(0)?,
        project: row.id(1)?,
        title: row.text(2)?,
        description: row.text(3)?,
        payout_display: row.text(4)?,
        difficulty: row.word(5, Difficulty::parse)?,
        deadline: row.opt_time(6)?,
        status: row.word(7, Status::parse)?,
        assignee: row.opt_id(8)?,
        claimed_at: row.opt_time(9)?,
        lease_ends: row.opt_time(10)?,
        completed_at: row.opt_time(11)?,
        paid_at: row.opt_time(12)?,
        created_at: row.time(13)?,
        updated_at: row.time(14)?,
        project_title: row.opt_text(15)?.unwrap_or_default(),
        assignee_handle: row.opt_text(16)?,
    })
}

/// The task with this id.
pub async fn find(tx: &mut Tx, id: TaskId) -> Result<Option<Task>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// The task with this id, with what a reader wants beside it.
pub async fn find_shown(tx: &mut Tx, id: TaskId) -> Result<Option<Shown>> {
    tx.row(FIND_SHOWN, vec![Val::id(id)], read_shown).await
}

/// A page of tasks.
pub async fn list(tx: &mut Tx, filter: Filter, sort: Sort, page: Page) -> Result<Vec<Card>> {
    let sql = LISTS
        .get(shape(filter, sort))
        .copied()
        .ok_or_else(Error::internal)?;
    let Filter {
        phase: _,
        difficulty,
        project,
    } = filter;
    let mut params = Vec::with_capacity(4);
    params.extend(difficulty.map(|d| Val::from(d.as_str())));
    params.extend(project.map(Val::id));
    params.extend([Val::from(page.rows), Val::from(page.offset())]);
    tx.rows(sql, params, read_card).await
}

/// How many tasks a list has, from the maintained counts.
pub async fn count(tx: &mut Tx, filter: Filter) -> Result<i64> {
    let Filter {
        phase,
        difficulty,
        project,
    } = filter;
    let scope = project.map_or(PLATFORM, |project| project.0);
    tallies::sum(tx, scope, "task.", |name| {
        let mut words = name.split('.').skip(1);
        let (named_phase, named_difficulty) = (words.next(), words.next());
        phase.is_none_or(|p| named_phase == Some(p.as_str()))
            && difficulty.is_none_or(|d| named_difficulty == Some(d.as_str()))
    })
    .await
}

/// The tasks an account completed, newest first.
pub async fn done_by(tx: &mut Tx, account: AccountId, page: Page) -> Result<Vec<Card>> {
    cards_of(tx, DONE, account, page).await
}

/// The tasks an account works on, newest first.
pub async fn held_by(tx: &mut Tx, account: AccountId, page: Page) -> Result<Vec<Card>> {
    cards_of(tx, WORKING, account, page).await
}

async fn cards_of(tx: &mut Tx, sql: Sql, account: AccountId, page: Page) -> Result<Vec<Card>> {
    let params = vec![Val::id(account), page.rows.into(), page.offset().into()];
    tx.rows(sql, params, read_card).await
}

/// What an account is to the tasks of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It published them.
    Publisher,
    /// It works on them or did.
    Worker,
}

/// A page of the tasks of an account, newest first; only of these one or two
/// statuses, where some are named.
pub async fn of_account(
    tx: &mut Tx,
    (account, side): (AccountId, Side),
    statuses: Option<[Status; 2]>,
    page: Page,
) -> Result<Vec<Shown>> {
    let sql = match side {
        Side::Publisher => OF_PUBLISHER,
        Side::Worker => OF_WORKER,
    };
    let mut params = asked(account, statuses);
    params.extend([page.rows.into(), page.offset().into()]);
    tx.rows(sql, params, read_shown).await
}

/// How long that list is.
pub async fn count_of_account(
    tx: &mut Tx,
    (account, side): (AccountId, Side),
    statuses: Option<[Status; 2]>,
) -> Result<i64> {
    let sql = match side {
        Side::Publisher => COUNT_OF_PUBLISHER,
        Side::Worker => COUNT_OF_WORKER,
    };
    let count = tx.row(sql, asked(account, statuses), |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

fn asked(account: AccountId, statuses: Option<[Status; 2]>) -> Vec<Val> {
    let [one, other] = statuses.map_or(["", ""], |both| both.map(Status::as_str));
    vec![Val::id(account), one.into(), other.into()]
}

/// How many tasks an account is working on.
pub async fn held(tx: &mut Tx, account: AccountId) -> Result<i64> {
    Ok(tx
        .row(HELD, vec![Val::id(account)], |row| row.int(0))
        .await?
        .unwrap_or(0))
}

/// The tasks an account is working on, in the order in which to lock them.
pub async fn held_ids(tx: &mut Tx, account: AccountId) -> Result<Vec<TaskId>> {
    tx.rows(HELD_IDS, vec![Val::id(account)], |row| row.id(0))
        .await
}

/// Tasks to which something happens by itself.
pub async fn alarmed(tx: &mut Tx, now: Time, rows: u32) -> Result<Vec<TaskId>> {
    tx.rows(ALARMED, vec![now.into(), rows.into()], |row| row.id(0))
        .await
}

/// Publishes a task.
pub async fn insert(tx: &mut Tx, task: &Task) -> Result<()> {
    let Terms {
        funding,
        fee_bps,
        rejections,
        lease,
        claim_limit,
        hold,
        mode,
        scrutiny,
        silence,
        expires,
    } = task.terms;
    let status = task.state.status;
    let params = vec![
        Val::id(task.id),
        Val::id(task.project),
        Val::id(task.publisher),
        (&task.title).into(),
        (&task.description).into(),
        (&task.payout_display).into(),
        domain::money::payout_rank(&task.payout_display).into(),
        task.reward.as_ref().map(|m| m.asset.clone()).into(),
        task.reward.as_ref().map_or(0, |m| m.units).into(),
        task.difficulty.as_str().into(),
        task.deadline.into(),
        task.deadline.unwrap_or(Time::NEVER).into(),
        status.as_str().into(),
        status.phase().as_str().into(),
        task.state.rejections.into(),
        task.submissions.into(),
        funding.as_str().into(),
        fee_bps.into(),
        rejections.into(),
        lease.map(|span| span.0).into(),
        claim_limit.into(),
        task.created_at.into(),
        task.updated_at.into(),
        i64::from(task.listed).into(),
        task.state.assignee.map(Val::id).unwrap_or(Val::Null),
        task.claimed_at.into(),
        task.state.lease_ends.into(),
        (mode != Mode::Exclusive).then_some(mode.as_str()).into(),
        (scrutiny != Scrutiny::Manual)
            .then_some(scrutiny.as_str())
            .into(),
        hold.map(|span| span.0).into(),
        silence.map(|span| span.0).into(),
        expires.then_some(1_i64).into(),
        i64::from(task.briefed).into(),
        task.alarm.into(),
    ];
    tally(tx, task, None, Some(status.phase()));
    tx.write(INSERT, params).await
}

/// Writes what the publisher may edit.
pub async fn edit(tx: &mut Tx, before: &Task, after: &Task) -> Result<()> {
    let phase = Some(after.state.status.phase());
    tally(tx, before, phase, None);
    tally(tx, after, None, phase);
    let params = vec![
        (&after.title).into(),
        (&after.description).into(),
        (&after.payout_display).into(),
        domain::money::payout_rank(&after.payout_display).into(),
        after.reward.as_ref().map(|m| m.asset.clone()).into(),
        after.reward.as_ref().map_or(0, |m| m.units).into(),
        after.difficulty.as_str().into(),
        after.deadline.into(),
        after.deadline.unwrap_or(Time::NEVER).into(),
        after.updated_at.into(),
        Val::id(after.id),
    ];
    tx.write(EDIT, params).await
}

/// Writes where a task stands, which was `before` when it was locked.
///
/// # Errors
/// `Conflict` when it is not there any more.
pub async fn put(tx: &mut Tx, before: &State, after: &Task) -> Result<()> {
    let (from, to) = (before.status.phase(), after.state.status.phase());
    tally(tx, after, Some(from), Some(to));
    let assignee = after.state.assignee;
    let mut params = vec![
        after.state.status.as_str().into(),
        to.as_str().into(),
        after.claimed_at.into(),
        after.state.lease_ends.into(),
        after.state.rejections.into(),
        after.submissions.into(),
        after.completed_at.into(),
        after.paid_at.into(),
        after.updated_at.into(),
        after.state.verdict.map(Verdict::as_str).into(),
        after.alarm.into(),
    ];
    let sql = if assignee == before.assignee {
        MOVE_WITHIN
    } else {
        params.push(assignee.map(Val::id).into());
        MOVE
    };
    params.extend([Val::id(after.id), before.status.as_str().into()]);
    tx.write_or(sql, params, || {
        Error::conflict(
            "task_changed",
            "somebody else changed this task just now: read it again",
        )
    })
    .await
}

/// Writes the reward that was agreed on when the work passed.
pub async fn set_reward(tx: &mut Tx, id: TaskId, reward: &Money) -> Result<()> {
    let params = vec![(&reward.asset).into(), reward.units.into(), Val::id(id)];
    tx.write(SET_REWARD, params).await
}

/// Writes that a reward which was owed is paid.
pub async fn set_paid(tx: &mut Tx, id: TaskId, now: Time) -> Result<()> {
    tx.write(SET_PAID, vec![now.into(), Val::id(id)]).await
}

/// Counts a task out of one standing and into another, for everybody and for
/// its project.
fn tally(tx: &mut Tx, task: &Task, from: Option<Phase>, to: Option<Phase>) {
    if from == to || !task.listed {
        return;
    }
    for (phase, delta) in [(from, -1), (to, 1)] {
        let Some(phase) = phase else { continue };
        let name = tally_name(phase, task.difficulty);
        for scope in [PLATFORM, task.project.0] {
            tx.tally(scope, name, delta);
        }
    }
}

fn tally_name(phase: Phase, difficulty: Difficulty) -> &'static str {
    const NAMES: [[&str; 4]; 5] = [
        [
            "task.open.easy",
            "task.open.medium",
            "task.open.hard",
            "task.open.expert",
        ],
        [
            "task.working.easy",
            "task.working.medium",
            "task.working.hard",
            "task.working.expert",
        ],
        [
            "task.review.easy",
            "task.review.medium",
            "task.review.hard",
            "task.review.expert",
        ],
        [
            "task.done.easy",
            "task.done.medium",
            "task.done.hard",
            "task.done.expert",
        ],
        [
            "task.closed.easy",
            "task.closed.medium",
            "task.closed.hard",
            "task.closed.expert",
        ],
    ];
    NAMES[phase as usize][difficulty as usize]
}

/// Records that an account took a task, which nobody has.
pub async fn claim(tx: &mut Tx, task: TaskId, account: AccountId, now: Time) -> Result<()> {
    let params = vec![Val::id(task), Val::id(account), now.into()];
    tx.write(CLAIM, params).await
}

/// Records how the active claim on a task ended.
pub async fn end_claim(tx: &mut Tx, task: TaskId, how: ClaimStatus, now: Time) -> Result<()> {
    tx.write(
        END_CLAIM,
        vec![how.as_str().into(), now.into(), Val::id(task)],
    )
    .await
}

/// Somebody who completed tasks of a project.
#[derive(Clone, Debug)]
pub struct Contributor {
    /// Their name.
    pub handle: String,
    /// The name they show.
    pub display_name: String,
    /// Their account.
    pub account: AccountId,
    /// How many tasks of the project they completed.
    pub completed_tasks: i64,
}

/// Who completed tasks of a project, the most active first.
pub async fn contributors(tx: &mut Tx, project: ProjectId, rows: u32) -> Result<Vec<Contributor>> {
    tx.rows(CONTRIBUTORS, vec![Val::id(project), rows.into()], |row| {
        Ok(Contributor {
            handle: row.text(0)?,
            display_name: row.text(1)?,
            account: row.id(2)?,
            completed_tasks: row.int(3)?,
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{Difficulty, Phase, tally_name};

    #[test]
    fn tallies_are_named_after_their_words() {
        for phase in Phase::ALL {
            for difficulty in Difficulty::ALL {
                let name = format!("task.{}.{}", phase.as_str(), difficulty.as_str());
                assert_eq!(tally_name(phase, difficulty), name);
            }
        }
    }
}
