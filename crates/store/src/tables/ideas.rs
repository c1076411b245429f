//! Ideas.

use std::sync::LazyLock;

use domain::id::{AccountId, IdeaId, PLATFORM};
use domain::idea::Status;
use domain::page::Page;
use domain::{Error, Result, Time};

use super::tallies;
use crate::{Row, Sql, Tx, Val};

/// An idea as stored, with its author's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idea {
    /// Its id.
    pub id: IdeaId,
    /// Who pitched it.
    pub author: AccountId,
    /// Its title.
    pub title: String,
    /// The pitch.
    pub body: String,
    /// The coin's proposed name.
    pub coin_name: Option<String>,
    /// The coin's proposed ticker.
    pub coin_ticker: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// Votes for it.
    pub upvotes: i64,
    /// Votes against it.
    pub downvotes: i64,
    /// Messages in its discussion.
    pub replies: i64,
    /// When it was pitched.
    pub created_at: Time,
    /// Its author's name; not written with the row.
    pub author_handle: String,
}

domain::words! {
    /// How a list of ideas is ordered.
    pub enum Sort {
        /// Newest first.
        New = "new",
        /// Highest score first.
        Score = "score",
    }
}

/// Separates tags in their column; a tag cannot contain it.
const TAG_SEPARATOR: char = '\n';

macro_rules! columns {
    () => {
        "select i.id, i.author, i.title, i.body, i.coin_name, i.coin_ticker, i.tags, i.status, i.upvotes, \
         i.downvotes, i.replies, i.created_at, (select handle from accounts where id = i.author) from ideas i "
    };
}

statements! {
    FIND = concat!(columns!(), "where i.id = $1");
    BY_AUTHOR = concat!(columns!(), "where i.author = $1 and i.status <> 'deleted' order by i.id desc limit $2 offset $3");
    COUNT_BY_AUTHOR = "select count(*) from ideas where author = $1 and status <> 'deleted'";
    INSERT = "insert into ideas (id, author, title, body, coin_name, coin_ticker, tags, status, upvotes, downvotes, \
        score, replies, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, $9)";
    COUNT = "update ideas set upvotes = upvotes + $1, downvotes = downvotes + $2, score = score + $1 - $2, \
        replies = replies + $3 where id = $4";
    SET_STATUS = "update ideas set status = $1 where id = $2";
}

static LISTS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    let shapes = [false, true]
        .into_iter()
        .flat_map(|filtered| Sort::ALL.map(|sort| (filtered, sort)));
    shapes
        .map(|(filtered, sort)| super::built_once(list_text(filtered, sort)))
        .collect()
});

fn list_text(filtered: bool, sort: Sort) -> String {
    let (filter, rows, offset) = if filtered {
        ("where i.status = $1 ", 2, 3)
    } else {
        ("where i.status <> 'deleted' ", 1, 2)
    };
    let order = match sort {
        Sort::New => "i.id desc",
        Sort::Score => "i.score desc, i.id desc",
    };
    format!(
        concat!(columns!(), "{}order by {} limit ${} offset ${}"),
        filter, order, rows, offset
    )
}

pub(super) fn built() -> Vec<Sql> {
    LISTS.clone()
}

fn read(row: &Row<'_>) -> Result<Idea> {
    let tags = row.text(6)?;
    Ok(Idea {
        id: row.id(0)?,
        author: row.id(1)?,
        title: row.text(2)?,
        body: row.text(3)?,
        coin_name: row.opt_text(4)?,
        coin_ticker: row.opt_text(5)?,
        tags: tags
            .split(TAG_SEPARATOR)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect(),
        status: row.word(7, Status::parse)?,
        upvotes: row.int(8)?,
        downvotes: row.int(9)?,
        replies: row.int(10)?,
        created_at: row.time(11)?,
        author_handle: row.opt_text(12)?.unwrap_or_default(),
    })
}

/// The idea with this id, deleted or not.
pub async fn find(tx: &mut Tx, id: IdeaId) -> Result<Option<Idea>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// A page of ideas; deleted ones only if asked for.
pub async fn list(
    tx: &mut Tx,
    status: Option<Status>,
    sort: Sort,
    page: Page,
) -> Result<Vec<Idea>> {
    let shape = usize::from(status.is_some()) * Sort::ALL.len() + sort as usize;
    let sql = LISTS.get(shape).copied().ok_or_else(Error::internal)?;
    let mut params = Vec::with_capacity(3);
    params.extend(status.map(|s| Val::from(s.as_str())));
    params.extend([Val::from(page.rows), Val::from(page.offset())]);
    tx.rows(sql, params, read).await
}

/// How many ideas a list has.
pub async fn count(tx: &mut Tx, status: Option<Status>) -> Result<i64> {
    let counts = |name: &str| match status {
        Some(status) => name == tally_name(status),
        None => name != tally_name(Status::Deleted),
    };
    tallies::sum(tx, PLATFORM, "idea.", counts).await
}

fn tally_name(status: Status) -> &'static str {
    match status {
        Status::Open => "idea.open",
        Status::Picked => "idea.picked",
        Status::Launched => "idea.launched",
        Status::Rejected => "idea.rejected",
        Status::Deleted => "idea.deleted",
    }
}

/// A page of what an account pitched, newest first.
pub async fn by_author(tx: &mut Tx, author: AccountId, page: Page) -> Result<Vec<Idea>> {
    tx.rows(
        BY_AUTHOR,
        vec![Val::id(author), page.rows.into(), page.offset().into()],
        read,
    )
    .await
}

/// How many ideas an account pitched.
pub async fn count_by_author(tx: &mut Tx, author: AccountId) -> Result<i64> {
    Ok(tx
        .row(COUNT_BY_AUTHOR, vec![Val::id(author)], |row| row.int(0))
        .await?
        .unwrap_or(0))
}

/// Adds an idea.
pub async fn insert(tx: &mut Tx, idea: &Idea) -> Result<()> {
    tx.tally(PLATFORM, tally_name(idea.status), 1);
    let tags = idea
        .tags
        .iter()
        .map(|t| t.replace(TAG_SEPARATOR, " "))
        .collect::<Vec<_>>();
    let params = vec![
        Val::id(idea.id),
        Val::id(idea.author),
        (&idea.title).into(),
        (&idea.body).into(),
        idea.coin_name.clone().into(),
        idea.coin_ticker.clone().into(),
        tags.join("\n").into(),
        idea.status.as_str().into(),
        idea.created_at.into(),
    ];
    tx.write(INSERT, params).await
}

/// Counts votes and messages.
pub async fn add(
    tx: &mut Tx,
    id: IdeaId,
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

/// Writes where an idea stands, which was `before`.
pub async fn set_status(tx: &mut Tx, id: IdeaId, before: Status, after: Status) -> Result<()> {
    tx.tally(PLATFORM, tally_name(before), -1);
    tx.tally(PLATFORM, tally_name(after), 1);
    tx.write(SET_STATUS, vec![after.as_str().into(), Val::id(id)])
        .await
}
