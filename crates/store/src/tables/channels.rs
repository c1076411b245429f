//! The rooms of a project's chat. What is said in them is in `messages`.

use domain::id::{ChannelId, ProjectId};
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// A channel as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its name, unique in the project.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
}

statements! {
    FIND = "select id, project, name, created_at from channels where id = $1";
    FIND_BY_NAME = "select id, project, name, created_at from channels where project = $1 and name = $2";
    OF = "select id, project, name, created_at from channels where project = $1 order by name";
    COUNT = "select count(*) from channels where project = $1";
    INSERT = "insert into channels (id, project, name, created_at) values ($1, $2, $3, $4)";
}

fn read(row: &Row<'_>) -> Result<Channel> {
    Ok(Channel {
        id: row.id(0)?,
        project: row.id(1)?,
        name: row.text(2)?,
        created_at: row.time(3)?,
    })
}

/// The channel with this id.
pub async fn find(tx: &mut Tx, id: ChannelId) -> Result<Option<Channel>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// A project's channel with this name.
pub async fn find_by_name(tx: &mut Tx, project: ProjectId, name: &str) -> Result<Option<Channel>> {
    let params = vec![Val::id(project), name.to_owned().into()];
    tx.row(FIND_BY_NAME, params, read).await
}

/// Every channel of a project, by name.
pub async fn of(tx: &mut Tx, project: ProjectId) -> Result<Vec<Channel>> {
    tx.rows(OF, vec![Val::id(project)], read).await
}

/// How many channels a project has.
pub async fn count(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(project)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Adds a channel to a project, which is locked.
pub async fn insert(tx: &mut Tx, channel: &Channel) -> Result<()> {
    let Channel {
        id,
        project,
        name,
        created_at,
    } = channel;
    let params = vec![
        Val::id(*id),
        Val::id(*project),
        name.into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}
