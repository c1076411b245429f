//! Projects and their milestones.

use std::sync::LazyLock;

use domain::id::{AccountId, MilestoneId, PLATFORM, ProjectId};
use domain::page::Page;
use domain::project::Stage;
use domain::{Error, Result, Time};

use super::tallies;
use crate::{Row, Sql, Tx, Val, lists};

/// The texts of a pitch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pitch {
    /// The title.
    pub title: String,
    /// What it is.
    pub description: String,
    /// The pitch at length.
    pub detailed_presentation: String,
    /// How it is to be built.
    pub technical_specs: String,
    /// How it reaches its users.
    pub go_to_market: String,
    /// Who else is there.
    pub market_study: String,
}

/// What is counted about a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Votes for it.
    pub upvotes: i64,
    /// Votes against it.
    pub downvotes: i64,
    /// Messages in its discussion.
    pub replies: i64,
    /// Its tasks, cancelled ones included.
    pub tasks: i64,
    /// Those that passed.
    pub completed_tasks: i64,
    /// Those that were withdrawn.
    pub cancelled_tasks: i64,
}

impl Counts {
    /// Share of its tasks that passed, 0 to 100.
    pub fn progress(&self) -> i64 {
        domain::project::progress(
            self.completed_tasks,
            self.tasks.saturating_sub(self.cancelled_tasks),
        )
    }
}

/// What a project is to those who work on it (OpenPod 2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workplace {
    /// What it may cost, in US cents.
    pub budget_cents: Option<i64>,
    /// When it should be done, as its owner wrote it.
    pub deadline: Option<String>,
    /// Words it is found by.
    pub tags: Vec<String>,
    /// Its repository, as a link.
    pub repository: Option<String>,
}

/// A project as stored, with its owner's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Who proposed it.
    pub owner: AccountId,
    /// Its texts.
    pub pitch: Pitch,
    /// Where it stands.
    pub stage: Stage,
    /// What is counted about it.
    pub counts: Counts,
    /// What those who work on it know of it.
    pub workplace: Workplace,
    /// When it was proposed.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// Its owner's name; not written with the row.
    pub owner_handle: String,
}

/// A note made when a project entered a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Its id.
    pub id: MilestoneId,
    /// The project.
    pub project: ProjectId,
    /// What was reached.
    pub title: String,
    /// The stage that was entered.
    pub stage: Stage,
    /// What was said.
    pub notes: String,
    /// When.
    pub created_at: Time,
}

domain::words! {
    /// How a list of projects is ordered.
    pub enum Sort {
        /// Newest first.
        New = "new",
        /// Furthest first.
        Progress = "progress",
    }
}

macro_rules! columns {
    () => {
        "p.id, p.owner, p.title, p.description, p.detailed_presentation, p.technical_specs, p.go_to_market, \
         p.market_study, p.stage, p.upvotes, p.downvotes, p.replies, p.tasks, p.completed_tasks, p.cancelled_tasks, \
         p.created_at, p.updated_at, p.budget_cents, p.deadline, p.tags, p.repository, (select handle from accounts where id = p.owner) from projects p "
    };
}

macro_rules! browsed {
    () => {
        "p.built_in = 0 and coalesce(p.budget_cents, 0) >= $1 and coalesce(p.budget_cents, 0) <= $2 \
         and ((p.stage = 'live') = (cast($3 as bigint) = 1) or cast($4 as bigint) = 1) "
    };
}

/// The share of the tasks that were not withdrawn that is completed.
macro_rules! progress {
    () => {
        "case when tasks <= cancelled_tasks then 0 else completed_tasks * 100 / (tasks - cancelled_tasks) end"
    };
}

statements! {
    FIND = concat!("select ", columns!(), "where p.id = $1");
    INSERT = "insert into projects (id, owner, title, description, detailed_presentation, technical_specs, \
        go_to_market, market_study, stage, upvotes, downvotes, replies, tasks, completed_tasks, cancelled_tasks, \
        progress, created_at, updated_at, budget_cents, deadline, tags, repository) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 0, 0, 0, $10, $11, $12, $13, $14, $15)";
    INSERT_BUILT_IN = "insert into projects (id, owner, title, description, detailed_presentation, technical_specs, \
        go_to_market, market_study, stage, upvotes, downvotes, replies, tasks, completed_tasks, cancelled_tasks, \
        progress, created_at, updated_at, built_in) values ($1, $2, $3, $4, '', '', '', '', 'live', 0, 0, 0, 0, 0, 0, 0, \
        $5, $5, 1) on conflict do nothing";
    ADD_TICKET = "update projects set last_ticket = last_ticket + 1, tasks = tasks + 1 where id = $1 returning last_ticket";
    BROWSE = concat!("select ", columns!(), "where ", browsed!(), "order by p.id desc limit $5 offset $6");
    BROWSE_SKILLED = concat!("select ", columns!(), "where ", browsed!(), "and exists (select 1 from positions q \
        join skills s on s.owner = q.id where q.project = p.id and s.skill in ($5, $6, $7, $8, $9, $10, $11, $12)) \
        order by p.id desc limit $13 offset $14");
    UPDATE = "update projects set title = $1, description = $2, detailed_presentation = $3, technical_specs = $4, \
        go_to_market = $5, market_study = $6, stage = $7, updated_at = $8 where id = $9";
    COUNT = "update projects set upvotes = upvotes + $1, downvotes = downvotes + $2, replies = replies + $3 \
        where id = $4";
    COUNT_TASKS = "update projects set tasks = tasks + $1, completed_tasks = completed_tasks + $2, \
        cancelled_tasks = cancelled_tasks + $3 where id = $4";
    // On its own, because two indexes have it, and a count seldom changes it.
    SET_PROGRESS = concat!("update projects set progress = ", progress!(), " where id = $1 and progress <> ", progress!());
    ADD_MILESTONE = "insert into milestones (id, project, title, stage, notes, created_at) \
        values ($1, $2, $3, $4, $5, $6)";
    MILESTONES = "select id, project, title, stage, notes, created_at from milestones where project = $1 order by id";
}

static LISTS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    let shapes = [false, true]
        .into_iter()
        .flat_map(|staged| Sort::ALL.map(|sort| (staged, sort)));
    shapes
        .map(|(staged, sort)| super::built_once(list_text(staged, sort)))
        .collect()
});

fn list_text(staged: bool, sort: Sort) -> String {
    let (filter, rows, offset) = if staged {
        ("where p.built_in = 0 and p.stage = $1 ", 2, 3)
    } else {
        ("where p.built_in = 0 ", 1, 2)
    };
    let order = match sort {
        Sort::New => "p.id desc",
        Sort::Progress => "p.progress desc, p.id desc",
    };
    format!(
        concat!("select ", columns!(), "{}order by {} limit ${} offset ${}"),
        filter, order, rows, offset
    )
}

pub(super) fn built() -> Vec<Sql> {
    LISTS.clone()
}

fn read(row: &Row<'_>) -> Result<Project> {
    Ok(Project {
        id: row.id(0)?,
        owner: row.id(1)?,
        pitch: Pitch {
            title: row.text(2)?,
            description: row.text(3)?,
            detailed_presentation: row.text(4)?,
            technical_specs: row.text(5)?,
            go_to_market: row.text(6)?,
            market_study: row.text(7)?,
        },
        stage: row.word(8, Stage::parse)?,
        counts: Counts {
            upvotes: row.int(9)?,
            downvotes: row.int(10)?,
            replies: row.int(11)?,
            tasks: row.int(12)?,
            completed_tasks: row.int(13)?,
            cancelled_tasks: row.int(14)?,
        },
        created_at: row.time(15)?,
        updated_at: row.time(16)?,
        workplace: Workplace {
            budget_cents: row.opt_int(17)?,
            deadline: row.opt_text(18)?,
            tags: lists::split(row, 19)?,
            repository: row.opt_text(20)?,
        },
        owner_handle: row.opt_text(21)?.unwrap_or_default(),
    })
}

/// The project with this id.
pub async fn find(tx: &mut Tx, id: ProjectId) -> Result<Option<Project>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// A page of projects.
pub async fn list(
    tx: &mut Tx,
    stage: Option<Stage>,
    sort: Sort,
    page: Page,
) -> Result<Vec<Project>> {
    let shape = usize::from(stage.is_some()) * Sort::ALL.len() + sort as usize;
    let sql = LISTS.get(shape).copied().ok_or_else(Error::internal)?;
    let mut params = Vec::with_capacity(3);
    params.extend(stage.map(|s| Val::from(s.as_str())));
    params.extend([Val::from(page.rows), Val::from(page.offset())]);
    tx.rows(sql, params, read).await
}

/// How many projects a list has.
pub async fn count(tx: &mut Tx, stage: Option<Stage>) -> Result<i64> {
    tallies::sum(tx, PLATFORM, "project.", |name| {
        stage.is_none_or(|s| name == tally_name(s))
    })
    .await
}

fn tally_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Idea => "project.idea",
        Stage::Voting => "project.voting",
        Stage::Development => "project.development",
        Stage::Testing => "project.testing",
        Stage::Live => "project.live",
    }
}

/// Adds a project.
pub async fn insert(tx: &mut Tx, project: &Project) -> Result<()> {
    let Project {
        id,
        owner,
        pitch,
        stage,
        counts: _,
        workplace,
        created_at,
        updated_at,
        owner_handle: _,
    } = project;
    let Workplace {
        budget_cents,
        deadline,
        tags,
        repository,
    } = workplace;
    let mut params = vec![Val::id(*id), Val::id(*owner)];
    params.extend(texts(pitch));
    params.extend([
        stage.as_str().into(),
        (*created_at).into(),
        (*updated_at).into(),
        (*budget_cents).into(),
        deadline.clone().into(),
        lists::joined(tags),
        repository.clone().into(),
    ]);
    tx.tally(PLATFORM, tally_name(*stage), 1);
    tx.write(INSERT, params).await
}

/// Adds a project that is no pitch and is listed nowhere; nothing, where it is
/// there.
pub async fn insert_built_in(
    tx: &mut Tx,
    id: ProjectId,
    owner: AccountId,
    (title, description): (String, String),
    now: Time,
) -> Result<()> {
    let params = vec![
        Val::id(id),
        Val::id(owner),
        title.into(),
        description.into(),
        now.into(),
    ];
    tx.write(INSERT_BUILT_IN, params).await
}

fn texts(pitch: &Pitch) -> [Val; 6] {
    let Pitch {
        title,
        description,
        detailed_presentation,
        technical_specs,
        go_to_market,
        market_study,
    } = pitch;
    [
        title,
        description,
        detailed_presentation,
        technical_specs,
        go_to_market,
        market_study,
    ]
    .map(Val::from)
}

/// Writes a project's texts and stage, which was `before`.
pub async fn update(tx: &mut Tx, before: Stage, project: &Project) -> Result<()> {
    if before != project.stage {
        tx.tally(PLATFORM, tally_name(before), -1);
        tx.tally(PLATFORM, tally_name(project.stage), 1);
    }
    let mut params = Vec::from(texts(&project.pitch));
    params.extend([
        project.stage.as_str().into(),
        project.updated_at.into(),
        Val::id(project.id),
    ]);
    tx.write(UPDATE, params).await
}

/// Which projects those who look for work see.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only with a position that asks for one of these skills.
    pub skills: Vec<String>,
    /// Only with a budget from this.
    pub budget_from: Option<i64>,
    /// Only with a budget up to this.
    pub budget_to: Option<i64>,
    /// Only those that are live, or only those that are not.
    pub live: Option<bool>,
}

/// Projects for those who look for work, the newest first.
pub async fn browse(tx: &mut Tx, wanted: &Wanted, rows: u32, offset: i64) -> Result<Vec<Project>> {
    let Wanted {
        skills,
        budget_from,
        budget_to,
        live,
    } = wanted;
    let mut params: Vec<Val> = vec![
        budget_from.unwrap_or(0).into(),
        budget_to.unwrap_or(i64::MAX).into(),
        i64::from(*live == Some(true)).into(),
        i64::from(live.is_none()).into(),
    ];
    let sql = if skills.is_empty() {
        BROWSE
    } else {
        params.extend(super::profiles::asked(skills));
        BROWSE_SKILLED
    };
    params.extend([Val::from(rows), Val::from(offset)]);
    tx.rows(sql, params, read).await
}

/// Counts one more ticket of a project, which is locked, and answers its
/// number.
pub async fn add_ticket(tx: &mut Tx, id: ProjectId) -> Result<i64> {
    let number = tx.row(ADD_TICKET, vec![Val::id(id)], |row| row.int(0));
    let number = number.await?.ok_or_else(Error::internal)?;
    tx.write(SET_PROGRESS, vec![Val::id(id)]).await?;
    Ok(number)
}

/// Counts votes and messages.
pub async fn add(
    tx: &mut Tx,
    id: ProjectId,
    upvotes: i64,
    downvotes: i64,
    replies: i64,
) -> Result<()> {
    tx.write(
        COUNT,
        vec![
            upvotes.into(),
            downvotes.into(),
            replies.into(),
            Val::id(id),
        ],
    )
    .await
}

/// Counts tasks, and with them the progress.
pub async fn add_tasks(
    tx: &mut Tx,
    id: ProjectId,
    published: i64,
    completed: i64,
    cancelled: i64,
) -> Result<()> {
    tx.write(
        COUNT_TASKS,
        vec![
            published.into(),
            completed.into(),
            cancelled.into(),
            Val::id(id),
        ],
    )
    .await?;
    tx.write(SET_PROGRESS, vec![Val::id(id)]).await
}

/// Adds a milestone.
pub async fn add_milestone(tx: &mut Tx, milestone: &Milestone) -> Result<()> {
    let Milestone {
        id,
        project,
        title,
        stage,
        notes,
        created_at,
    } = milestone;
    let params = vec![
        Val::id(*id),
        Val::id(*project),
        title.into(),
        stage.as_str().into(),
        notes.into(),
        (*created_at).into(),
    ];
    tx.write(ADD_MILESTONE, params).await
}

/// The milestones of a project, in order.
pub async fn milestones(tx: &mut Tx, project: ProjectId) -> Result<Vec<Milestone>> {
    tx.rows(MILESTONES, vec![Val::id(project)], |row| {
        Ok(Milestone {
            id: row.id(0)?,
            project: row.id(1)?,
            title: row.text(2)?,
            stage: row.word(3, Stage::parse)?,
            notes: row.text(4)?,
            created_at: row.time(5)?,
        })
    })
    .await
}
