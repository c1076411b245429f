//! Submissions and the reviews of them. History: never overwritten but for
//! the one verdict.

use domain::id::{AccountId, ProjectId, ReviewId, SubmissionId, TaskId};
use domain::page::Page;
use domain::task::SubmissionStatus;
use domain::{Error, Result, Time};

use crate::{Row, Sql, Tx, Val};

/// A submission as stored, with its author's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// The task it is for.
    pub task: TaskId,
    /// That task's project.
    pub project: ProjectId,
    /// Who handed it in.
    pub author: AccountId,
    /// What was handed in.
    pub content: String,
    /// What its author says beside an output: with it, `content` is JSON.
    pub package: Option<Package>,
    /// When it passes by itself.
    pub auto_accept_at: Option<Time>,
    /// How it stands.
    pub status: SubmissionStatus,
    /// What the reviewer said.
    pub notes: Option<String>,
    /// Who judged it.
    pub reviewer: Option<AccountId>,
    /// When it was handed in.
    pub created_at: Time,
    /// When it was judged.
    pub reviewed_at: Option<Time>,
}

/// What comes with an output (AGI ATM 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// What was done, in words.
    pub summary: String,
    /// What was attached, as a JSON array.
    pub attachments: String,
    /// What the checks said, as a JSON object.
    pub verification: String,
}

/// A submission with its author's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The submission.
    pub submission: Submission,
    /// Its author's name.
    pub author_handle: String,
    /// The name its author shows.
    pub author_name: String,
    /// Its task's deadline.
    pub deadline: Option<Time>,
    /// Whether only its author and its publisher see what was handed in.
    pub is_private: bool,
}

impl Shown {
    /// Whether it was handed in after the deadline, which is allowed and shown
    /// (POLT 3.1).
    pub fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| self.submission.created_at > deadline)
    }
}

macro_rules! shown {
    (columns) => {
        "select s.id, s.task, s.project, s.author, s.content, s.status, s.notes, s.reviewer, s.created_at, \
         s.reviewed_at, s.summary, s.attachments, s.verification, s.auto_accept_at, a.handle, t.deadline, t.briefed, \
         a.display_name from submissions s "
    };
    (joins) => {
        "left join accounts a on a.id = s.author left join tasks t on t.id = s.task "
    };
    () => {
        concat!(shown!(columns), shown!(joins))
    };
}

/// What waits for one task, which is little; the embedded engine would go
/// through all that was ever handed in for it.
const ALL_PENDING_FOR: Sql = indexed!(
    shown!(columns),
    "submissions_pending_task",
    concat!(
        shown!(joins),
        "where s.task = $1 and s.status = 'pending' order by s.id"
    )
);

/// Statements that the engines spell differently.
pub(super) fn built() -> Vec<Sql> {
    vec![ALL_PENDING_FOR]
}

statements! {
    FIND = concat!(shown!(), "where s.id = $1");
    BY_TASK = concat!(shown!(), "where s.task = $1 order by s.id desc limit $2");
    PENDING_FOR = concat!(shown!(), "where s.task = $1 and s.status = 'pending'");
    PENDING_BY = concat!(shown!(), "where s.task = $1 and s.author = $2 and s.status = 'pending'");
    OF_TASK = concat!(shown!(), "where s.task = $1 order by s.id desc limit $2 offset $3");
    COUNT_OF_TASK = "select count(*) from submissions where task = $1";
    BY_AUTHOR = concat!(shown!(), "where s.task = $1 and s.author = $2 order by s.id desc limit $3 offset $4");
    COUNT_BY_AUTHOR = "select count(*) from submissions where task = $1 and author = $2";
    PENDING = concat!(shown!(), "where s.status = 'pending' \
        and exists (select 1 from tasks where id = s.task and listed = 1) order by s.id limit $1 offset $2");
    COUNT_PENDING = "select count(*) from submissions s where s.status = 'pending' \
        and exists (select 1 from tasks where id = s.task and listed = 1)";
    INSERT = "insert into submissions (id, task, project, author, content, status, created_at, reviewed_at, summary, \
        attachments, verification, auto_accept_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    JUDGE = "update submissions set status = $1, notes = $2, reviewer = $3, reviewed_at = $4 \
        where id = $5 and status = 'pending'";
    REVISE = "update submissions set status = $1, notes = $2, reviewer = $3, reviewed_at = $4 where id = $5";
    REVIEW = "insert into reviews (id, submission, task, reviewer, verdict, notes, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
}

fn read(row: &Row<'_>) -> Result<Shown> {
    Ok(Shown {
        submission: Submission {
            id: row.id(0)?,
            task: row.id(1)?,
            project: row.id(2)?,
            author: row.id(3)?,
            content: row.text(4)?,
            package: package(row)?,
            auto_accept_at: row.opt_time(13)?,
            status: row.word(5, SubmissionStatus::parse)?,
            notes: row.opt_text(6)?,
            reviewer: row.opt_id(7)?,
            created_at: row.time(8)?,
            reviewed_at: row.opt_time(9)?,
        },
        author_handle: row.opt_text(14)?.unwrap_or_default(),
        deadline: row.opt_time(15)?,
        is_private: row.opt_int(16)? == Some(1),
        author_name: row.opt_text(17)?.unwrap_or_default(),
    })
}

fn package(row: &Row<'_>) -> Result<Option<Package>> {
    let Some(summary) = row.opt_text(10)? else {
        return Ok(None);
    };
    Ok(Some(Package {
        summary,
        attachments: row.opt_text(11)?.unwrap_or_default(),
        verification: row.opt_text(12)?.unwrap_or_default(),
    }))
}

/// The submission with this id.
pub async fn find(tx: &mut Tx, id: SubmissionId) -> Result<Option<Shown>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// The submissions for a task, newest first.
pub async fn by_task(tx: &mut Tx, task: TaskId, rows: u32) -> Result<Vec<Shown>> {
    tx.rows(BY_TASK, vec![Val::id(task), rows.into()], read)
        .await
}

/// Everything that waits for a verdict on a task, the oldest first.
pub async fn all_pending_for(tx: &mut Tx, task: TaskId) -> Result<Vec<Shown>> {
    tx.rows(ALL_PENDING_FOR, vec![Val::id(task)], read).await
}

/// The submission for a task that waits for a verdict.
pub async fn pending_for(tx: &mut Tx, task: TaskId) -> Result<Option<Shown>> {
    tx.row(PENDING_FOR, vec![Val::id(task)], read).await
}

/// What waits for a verdict of one author's work for a task.
pub async fn pending_by(tx: &mut Tx, task: TaskId, author: AccountId) -> Result<Option<Shown>> {
    let params = vec![Val::id(task), Val::id(author)];
    tx.row(PENDING_BY, params, read).await
}

/// A page of the submissions for a task, of one author where one is named,
/// newest first.
pub async fn of_task(
    tx: &mut Tx,
    task: TaskId,
    author: Option<AccountId>,
    page: Page,
) -> Result<Vec<Shown>> {
    let (rows, offset) = (page.rows.into(), page.offset().into());
    match author {
        None => {
            tx.rows(OF_TASK, vec![Val::id(task), rows, offset], read)
                .await
        }
        Some(author) => {
            let params = vec![Val::id(task), Val::id(author), rows, offset];
            tx.rows(BY_AUTHOR, params, read).await
        }
    }
}

/// How long that list is.
pub async fn count_of_task(tx: &mut Tx, task: TaskId, author: Option<AccountId>) -> Result<i64> {
    let (sql, params) = match author {
        None => (COUNT_OF_TASK, vec![Val::id(task)]),
        Some(author) => (COUNT_BY_AUTHOR, vec![Val::id(task), Val::id(author)]),
    };
    Ok(tx.row(sql, params, |row| row.int(0)).await?.unwrap_or(0))
}

/// Submissions that wait for a verdict, oldest first.
pub async fn pending(tx: &mut Tx, rows: u32, offset: i64) -> Result<Vec<Shown>> {
    tx.rows(PENDING, vec![rows.into(), offset.into()], read)
        .await
}

/// How many wait.
pub async fn count_pending(tx: &mut Tx) -> Result<i64> {
    Ok(tx
        .row(COUNT_PENDING, vec![], |row| row.int(0))
        .await?
        .unwrap_or(0))
}

/// Adds a submission.
pub async fn insert(tx: &mut Tx, submission: &Submission) -> Result<()> {
    let Submission {
        id,
        task,
        project,
        author,
        content,
        status,
        notes: _,
        reviewer: _,
        created_at,
        reviewed_at,
        package,
        auto_accept_at,
    } = submission;
    let part = |part: fn(&Package) -> &String| package.as_ref().map(part).into();
    let params = vec![
        Val::id(*id),
        Val::id(*task),
        Val::id(*project),
        Val::id(*author),
        content.into(),
        status.as_str().into(),
        (*created_at).into(),
        (*reviewed_at).into(),
        part(|package| &package.summary),
        part(|package| &package.attachments),
        part(|package| &package.verification),
        (*auto_accept_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// Writes what the operator made of a disputed verdict.
pub async fn revise(tx: &mut Tx, judged: &Submission) -> Result<()> {
    tx.write(REVISE, verdict(judged)).await
}

/// Writes the verdict on a submission.
///
/// # Errors
/// `Conflict` when it was judged before.
pub async fn judge(tx: &mut Tx, judged: &Submission) -> Result<()> {
    tx.write_or(JUDGE, verdict(judged), || {
        Error::conflict(
            "submission_already_reviewed",
            "this submission was reviewed already",
        )
    })
    .await
}

fn verdict(judged: &Submission) -> Vec<Val> {
    vec![
        judged.status.as_str().into(),
        judged.notes.clone().into(),
        judged.reviewer.map(Val::id).unwrap_or(Val::Null),
        judged.reviewed_at.into(),
        Val::id(judged.id),
    ]
}

/// Adds a review to the history.
pub async fn record_review(
    tx: &mut Tx,
    id: ReviewId,
    judged: &Submission,
    reviewer: AccountId,
    now: Time,
) -> Result<()> {
    let params = vec![
        Val::id(id),
        Val::id(judged.id),
        Val::id(judged.task),
        Val::id(reviewer),
        judged.status.as_str().into(),
        judged.notes.clone().into(),
        now.into(),
    ];
    tx.write(REVIEW, params).await
}
