//! Files that came with chats (Polpo 2.14); their bytes are in the work folder
//! of their environment.

use domain::id::{AttachmentId, EnvironmentId};
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Where it is kept.
    pub environment: EnvironmentId,
    /// The chat it came with.
    pub session: Option<String>,
    /// What it was called.
    pub filename: String,
    /// Its media type, as its sender says.
    pub media: String,
    /// Its bytes.
    pub size: i64,
    /// Where agents find it.
    pub path: String,
    /// When it came.
    pub created_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, session, filename, media, size, path, created_at from attachments ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into attachments (id, environment, session, filename, media, size, path, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = select!("where environment = $1 and id = $2");
    LIST = select!("where environment = $1 and session = $2 order by id limit $3");
    COUNT = "select count(*) from attachments where environment = $1 and session = $2";
    REMOVE = "delete from attachments where environment = $1 and id = $2 returning path";
}

fn read(row: &Row<'_>) -> Result<Attachment> {
    Ok(Attachment {
        id: row.id(0)?,
        environment: row.id(1)?,
        session: row.opt_text(2)?,
        filename: row.text(3)?,
        media: row.text(4)?,
        size: row.int(5)?,
        path: row.text(6)?,
        created_at: row.time(7)?,
    })
}

/// Notes an attachment.
pub async fn insert(tx: &mut Tx, attachment: &Attachment) -> Result<()> {
    let Attachment {
        id,
        environment,
        session,
        filename,
        media,
        size,
        path,
        created_at,
    } = attachment;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        session.clone().into(),
        filename.into(),
        media.into(),
        (*size).into(),
        path.into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// An attachment.
pub async fn find(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: AttachmentId,
) -> Result<Option<Attachment>> {
    let params = vec![Val::id(environment), Val::id(id)];
    tx.row(FIND, params, read).await
}

/// The attachments of a chat, the first one first.
pub async fn list(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    rows: u32,
) -> Result<Vec<Attachment>> {
    let params = vec![Val::id(environment), session.to_owned().into(), rows.into()];
    tx.rows(LIST, params, read).await
}

/// How many attachments a chat has.
pub async fn count(tx: &mut Tx, environment: EnvironmentId, session: &str) -> Result<i64> {
    let params = vec![Val::id(environment), session.to_owned().into()];
    Ok(tx.row(COUNT, params, |row| row.int(0)).await?.unwrap_or(0))
}

/// Forgets an attachment; false when there is none.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, id: AttachmentId) -> Result<bool> {
    let params = vec![Val::id(environment), Val::id(id)];
    Ok(tx.row(REMOVE, params, |_| Ok(())).await?.is_some())
}
