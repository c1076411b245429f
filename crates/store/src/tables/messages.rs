//! Messages in discussions: under projects, ideas, tickets and tasks, and in
//! channels.

use domain::account::AccountKind;
use domain::id::{AccountId, ChannelId, MessageId, ProjectId, TaskId, first_at};
use domain::page::Page;
use domain::{Error, Result, Time};
use uuid::Uuid;

use super::accounts::Account;
use crate::{Row, Tx, Val, lists};

domain::words! {
    /// What a discussion is about.
    pub enum SubjectKind {
        /// A project.
        Project = "project",
        /// An idea.
        Idea = "idea",
        /// A ticket: its comments, seen by its project alone.
        Ticket = "ticket",
        /// A channel of a project's chat, seen by its project alone.
        Channel = "channel",
        /// A task of the market: what was asked and answered about it.
        Task = "task",
    }
}

/// A message as stored, with its author's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// What is discussed.
    pub subject: Uuid,
    /// What kind of thing that is.
    pub subject_kind: SubjectKind,
    /// The message it answers.
    pub parent: Option<MessageId>,
    /// Who wrote it.
    pub author: AccountId,
    /// What it says.
    pub body: String,
    /// Votes for it.
    pub upvotes: i64,
    /// Votes against it.
    pub downvotes: i64,
    /// When it was posted.
    pub created_at: Time,
    /// Its author's name; not written with the row.
    pub author_handle: String,
    /// The name its author shows; not written with the row.
    pub author_display_name: String,
}

impl Message {
    /// A message as it is said: an answer to none, with no votes on it.
    pub fn new(
        id: MessageId,
        author: &Account,
        (subject_kind, subject): (SubjectKind, Uuid),
        body: String,
        created_at: Time,
    ) -> Self {
        Self {
            id,
            subject,
            subject_kind,
            parent: None,
            author: author.id,
            body,
            upvotes: 0,
            downvotes: 0,
            created_at,
            author_handle: author.handle.clone(),
            author_display_name: author.display_name.clone(),
        }
    }
}

/// A message in a channel, with whom it mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The message.
    pub message: Message,
    /// Whom it mentions.
    pub mentions: Vec<AccountId>,
}

/// A message in the thread of a task, with what its author is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The message.
    pub message: Message,
    /// What its author is.
    pub author_kind: AccountKind,
}

/// Messages of one channel that somebody has not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The channel's project.
    pub project: ProjectId,
    /// The channel's name.
    pub channel: String,
    /// How many.
    pub count: i64,
}

macro_rules! columns {
    ($($more:literal)?) => {
        concat!("select m.id, m.subject, m.subject_kind, m.parent, m.author, m.body, m.upvotes, m.downvotes, m.created_at, \
         a.handle, a.display_name", $($more,)? " from messages m join accounts a on a.id = m.author ")
    };
}

statements! {
    FIND = concat!(columns!(), "where m.id = $1");
    BY_SUBJECT = concat!(columns!(), "where m.subject = $1 order by m.id limit $2 offset $3");
    BY_AUTHOR = concat!(columns!(), "where m.author = $1 and m.subject_kind in ('project', 'idea') \
        order by m.id desc limit $2 offset $3");
    COUNT_BY_AUTHOR = "select count(*) from messages where author = $1 and subject_kind in ('project', 'idea')";
    INSERT = "insert into messages (id, subject, subject_kind, parent, author, body, upvotes, downvotes, created_at) \
        values ($1, $2, $3, $4, $5, $6, 0, 0, $7)";
    IN_CHANNEL = concat!(columns!(", m.mentions"), "where m.subject = $1 and m.subject_kind = 'channel' \
        order by m.id desc limit $2");
    SAY = "insert into messages (id, subject, subject_kind, parent, author, body, upvotes, downvotes, created_at, mentions) \
        values ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8)";
    // Joined crosswise, so that the embedded engine goes from the few projects to their messages.
    UNREAD = "select u.project, u.name, count(*) from (select c.project, c.name from \
        (select project from memberships where account = $1 union select id from projects where owner = $1) p \
        cross join channels c cross join messages m where c.project = p.project and m.subject = c.id \
        and m.subject_kind = 'channel' and m.id >= $2 and m.author <> $1 limit $3) u group by u.project, u.name";
    THREAD = concat!(columns!(", a.kind"), "where m.subject = $1 and m.subject_kind = 'task' order by m.id limit $2 offset $3");
    COUNT_THREAD = "select count(*) from messages where subject = $1 and subject_kind = 'task'";
    RECENT_BY = "select count(*) from messages where subject = $1 and author = $2 and id >= $3 and subject_kind = 'task'";
    VOTE = "update messages set upvotes = upvotes + $1, downvotes = downvotes + $2 where id = $3";
}

fn read(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: row.id(0)?,
        subject: row.uuid(1)?,
        subject_kind: row.word(2, SubjectKind::parse)?,
        parent: row.opt_id(3)?,
        author: row.id(4)?,
        body: row.text(5)?,
        upvotes: row.int(6)?,
        downvotes: row.int(7)?,
        created_at: row.time(8)?,
        author_handle: row.text(9)?,
        author_display_name: row.text(10)?,
    })
}

/// The message with this id.
pub async fn find(tx: &mut Tx, id: MessageId) -> Result<Option<Message>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// A page of a discussion, oldest first.
pub async fn by_subject(tx: &mut Tx, subject: Uuid, page: Page) -> Result<Vec<Message>> {
    tx.rows(
        BY_SUBJECT,
        vec![subject.into(), page.rows.into(), page.offset().into()],
        read,
    )
    .await
}

/// A page of what an account wrote, newest first.
pub async fn by_author(tx: &mut Tx, author: AccountId, page: Page) -> Result<Vec<Message>> {
    tx.rows(
        BY_AUTHOR,
        vec![Val::id(author), page.rows.into(), page.offset().into()],
        read,
    )
    .await
}

/// How many messages an account wrote.
pub async fn count_by_author(tx: &mut Tx, author: AccountId) -> Result<i64> {
    Ok(tx
        .row(COUNT_BY_AUTHOR, vec![Val::id(author)], |row| row.int(0))
        .await?
        .unwrap_or(0))
}

/// Adds a message.
pub async fn insert(tx: &mut Tx, message: &Message) -> Result<()> {
    tx.write(INSERT, values(message)).await
}

fn values(message: &Message) -> Vec<Val> {
    let Message {
        id,
        subject,
        subject_kind,
        parent,
        author,
        body,
        created_at,
        ..
    } = message;
    vec![
        Val::id(*id),
        (*subject).into(),
        subject_kind.as_str().into(),
        parent.map(Val::id).unwrap_or(Val::Null),
        Val::id(*author),
        body.into(),
        (*created_at).into(),
    ]
}

/// Adds a message to a channel.
pub async fn say(tx: &mut Tx, said: &Said) -> Result<()> {
    let Said { message, mentions } = said;
    let ids: Vec<_> = mentions.iter().map(AccountId::to_string).collect();
    let mut params = values(message);
    params.push(lists::joined(&ids));
    tx.write(SAY, params).await
}

/// The newest messages of a channel, oldest first.
pub async fn in_channel(tx: &mut Tx, channel: ChannelId, rows: u32) -> Result<Vec<Said>> {
    let params = vec![Val::id(channel), rows.into()];
    let mut said = tx.rows(IN_CHANNEL, params, read_said).await?;
    said.reverse();
    Ok(said)
}

fn read_said(row: &Row<'_>) -> Result<Said> {
    let message = read(row)?;
    let ids = lists::split(row, 11)?;
    let ids = ids.iter().map(|id| AccountId::parse(id));
    let mentions = ids.collect::<Option<_>>().ok_or_else(Error::internal)?;
    Ok(Said { message, mentions })
}

/// What others said since a time in the channels of an account's projects, by
/// project and channel. At most `rows` messages are counted.
pub async fn unread(
    tx: &mut Tx,
    account: AccountId,
    since: Time,
    rows: u32,
) -> Result<Vec<Unread>> {
    let params = vec![Val::id(account), first_at(since).into(), rows.into()];
    let read = |row: &Row<'_>| {
        Ok(Unread {
            project: row.id(0)?,
            channel: row.text(1)?,
            count: row.int(2)?,
        })
    };
    let mut unread = tx.rows(UNREAD, params, read).await?;
    unread.sort();
    Ok(unread)
}

/// A page of the thread of a task, oldest first.
pub async fn thread(tx: &mut Tx, task: TaskId, page: Page) -> Result<Vec<Line>> {
    let params = vec![Val::id(task), page.rows.into(), page.offset().into()];
    let read = |row: &Row<'_>| {
        Ok(Line {
            message: read(row)?,
            author_kind: row.word(11, AccountKind::parse)?,
        })
    };
    tx.rows(THREAD, params, read).await
}

/// How long the thread of a task is.
pub async fn count_thread(tx: &mut Tx, task: TaskId) -> Result<i64> {
    let count = tx.row(COUNT_THREAD, vec![Val::id(task)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// How many messages an account posted about a task since a time.
pub async fn recent_by(tx: &mut Tx, task: TaskId, author: AccountId, since: Time) -> Result<i64> {
    let params = vec![Val::id(task), Val::id(author), first_at(since).into()];
    let count = tx.row(RECENT_BY, params, |row| row.int(0)).await?;
    Ok(count.unwrap_or(0))
}

/// Counts votes.
pub async fn add_votes(tx: &mut Tx, id: MessageId, upvotes: i64, downvotes: i64) -> Result<()> {
    tx.write(VOTE, vec![upvotes.into(), downvotes.into(), Val::id(id)])
        .await
}
