//! Chats with hosted agents and what was said in them (Polpo 2.7).
//!
//! **Invariant:** `messages` is the number of a session's messages; its marks
//! are its end user and its metadata, by which it is found.

use domain::id::{EnvironmentId, MessageId};
use domain::page::Part;
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// How the mark of the end user is called.
pub const USER_MARK: &str = "user";
/// How the marks of metadata begin.
pub const METADATA_MARK: &str = "metadata.";

domain::words! {
    /// Who said something.
    pub enum Role {
        /// Whoever talks to the agent.
        User = "user",
        /// The agent.
        Assistant = "assistant",
    }
}

/// A chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where it is.
    pub environment: EnvironmentId,
    /// Its id, unique there; clients may choose it.
    pub id: String,
    /// With whom.
    pub agent: Option<String>,
    /// The end user, in the client's words.
    pub user: Option<String>,
    /// What it is about.
    pub title: Option<String>,
    /// What the client noted about it: a JSON object of texts.
    pub metadata: String,
    /// How many messages it has.
    pub messages: i64,
    /// When it began.
    pub created_at: Time,
    /// When something was said last.
    pub updated_at: Time,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who said it.
    pub role: Role,
    /// What.
    pub content: String,
    /// Tools that were called meanwhile: a JSON list.
    pub tool_calls: Option<String>,
    /// When.
    pub created_at: Time,
}

/// Fewer marked sessions than this are sorted; of more, the latest sessions are
/// gone through until enough of them are found.
const FEW: u32 = 500;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select s.environment, s.id, s.agent, s.end_user, s.title, s.metadata, s.messages, s.created_at, s.updated_at ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into sessions (environment, id, agent, end_user, title, metadata, messages, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id";
    TOUCH = "update sessions set messages = messages + $1, updated_at = $2 where environment = $3 and id = $4 returning id";
    FIND = select!("from sessions s where s.environment = $1 and s.id = $2");
    LIST = select!("from sessions s where s.environment = $1 order by s.updated_at desc, s.id limit $2 offset $3");
    COUNT_MARKED = "select count(*) from (select 1 from session_marks where environment = $1 and name = $2 and value = $3 \
        limit $4) m";
    LIST_FEW_MARKED = select!("from session_marks m cross join sessions s where m.environment = $1 and m.name = $2 \
        and m.value = $3 and s.environment = m.environment and s.id = m.session order by s.updated_at desc, s.id limit $4");
    LIST_MARKED = select!("from session_marks m join sessions s on s.environment = m.environment and s.id = m.session \
        where m.environment = $1 and m.name = $2 and m.value = $3 order by s.updated_at desc, s.id limit $4");
    RENAME = "update sessions set title = $1 where environment = $2 and id = $3";
    REMOVE = "delete from sessions where environment = $1 and id = $2 returning id";
    REMOVE_MESSAGES = "delete from session_messages where environment = $1 and session = $2";
    REMOVE_MARKS = "delete from session_marks where environment = $1 and session = $2";
    MARK = "insert into session_marks (environment, name, value, session) values ($1, $2, $3, $4) on conflict do nothing";
    SAY = "insert into session_messages (environment, session, id, role, content, tool_calls, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    FILL = "update session_messages set content = $1, tool_calls = $2 where environment = $3 and session = $4 and id = $5";
    MESSAGES = "select id, role, content, tool_calls, created_at from session_messages \
        where environment = $1 and session = $2 order by id limit $3 offset $4";
}

fn read(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        environment: row.id(0)?,
        id: row.text(1)?,
        agent: row.opt_text(2)?,
        user: row.opt_text(3)?,
        title: row.opt_text(4)?,
        metadata: row.text(5)?,
        messages: row.int(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

/// Stores a session; false when there is one of this id.
pub async fn insert(tx: &mut Tx, session: &Session) -> Result<bool> {
    let Session {
        environment,
        id,
        agent,
        user,
        title,
        metadata,
        messages,
        created_at,
        updated_at,
    } = session;
    let params = vec![
        Val::id(*environment),
        id.into(),
        agent.clone().into(),
        user.clone().into(),
        title.clone().into(),
        metadata.into(),
        (*messages).into(),
        (*created_at).into(),
        (*updated_at).into(),
    ];
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// Makes a session found by this.
pub async fn mark(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    name: String,
    value: String,
) -> Result<()> {
    let session = session.to_owned();
    let params = vec![
        Val::id(environment),
        name.into(),
        value.into(),
        session.into(),
    ];
    tx.write(MARK, params).await
}

/// Notes that something was said, and holds the session until the commit; false
/// when it is gone.
pub async fn touch(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    messages: i64,
    now: Time,
) -> Result<bool> {
    let session = session.to_owned();
    let params = vec![
        messages.into(),
        now.into(),
        Val::id(environment),
        session.into(),
    ];
    Ok(tx.row(TOUCH, params, |_| Ok(())).await?.is_some())
}

/// A session.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, id: &str) -> Result<Option<Session>> {
    let params = vec![Val::id(environment), id.to_owned().into()];
    tx.row(FIND, params, read).await
}

/// Sessions, the latest first.
pub async fn list(
    tx: &mut Tx,
    environment: EnvironmentId,
    rows: u32,
    part: Part,
) -> Result<Vec<Session>> {
    let rows = part.rows(i64::from(rows));
    let params = vec![Val::id(environment), rows.into(), part.skip().into()];
    tx.rows(LIST, params, read).await
}

/// Sessions that are marked like this, the latest first.
pub async fn list_marked(
    tx: &mut Tx,
    environment: EnvironmentId,
    (name, value): (&str, &str),
    rows: u32,
) -> Result<Vec<Session>> {
    let marked = |rows: u32| {
        let (name, value) = (name.to_owned(), value.to_owned());
        vec![Val::id(environment), name.into(), value.into(), rows.into()]
    };
    let found = tx.row(COUNT_MARKED, marked(FEW), |row| row.int(0)).await?;
    let sql = match found.unwrap_or(0) < i64::from(FEW) {
        true => LIST_FEW_MARKED,
        false => LIST_MARKED,
    };
    tx.rows(sql, marked(rows), read).await
}

/// Gives a session another title.
pub async fn rename(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: &str,
    title: String,
) -> Result<()> {
    let params = vec![title.into(), Val::id(environment), id.to_owned().into()];
    tx.write_or(RENAME, params, gone).await
}

/// Removes a session with all that was said; false when there is none. The
/// session itself comes first: who says something meanwhile has it or waits.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, id: &str) -> Result<bool> {
    let params = || vec![Val::id(environment), id.to_owned().into()];
    let is_removed = tx.row(REMOVE, params(), |_| Ok(())).await?.is_some();
    tx.write(REMOVE_MESSAGES, params()).await?;
    tx.write(REMOVE_MARKS, params()).await?;
    Ok(is_removed)
}

/// Stores what was said.
pub async fn say(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    message: &Message,
) -> Result<()> {
    let Message {
        id,
        role,
        content,
        tool_calls,
        created_at,
    } = message;
    let params = vec![
        Val::id(environment),
        session.to_owned().into(),
        Val::id(*id),
        role.as_str().into(),
        content.into(),
        tool_calls.clone().into(),
        (*created_at).into(),
    ];
    tx.write(SAY, params).await
}

/// Fills a message that was stored before it was known.
pub async fn fill(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    id: MessageId,
    (content, tool_calls): (String, Option<String>),
) -> Result<()> {
    let params = vec![
        content.into(),
        tool_calls.into(),
        Val::id(environment),
        session.to_owned().into(),
        Val::id(id),
    ];
    tx.write(FILL, params).await
}

/// What was said in a session, the first first.
pub async fn messages(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    rows: u32,
    part: Part,
) -> Result<Vec<Message>> {
    let rows = part.rows(i64::from(rows));
    let params = vec![
        Val::id(environment),
        session.to_owned().into(),
        rows.into(),
        part.skip().into(),
    ];
    tx.rows(MESSAGES, params, |row| {
        Ok(Message {
            id: row.id(0)?,
            role: row.word(1, Role::parse)?,
            content: row.text(2)?,
            tool_calls: row.opt_text(3)?,
            created_at: row.time(4)?,
        })
    })
    .await
}

/// The answer where there is no such session.
pub fn gone() -> Error {
    Error::not_found("session_not_found", "there is no session of this id")
}
