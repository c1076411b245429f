//! What channels of an environment were told (Polpo 2.13).

use domain::id::{EnvironmentId, NotificationId};
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// Something that a channel was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where.
    pub environment: EnvironmentId,
    /// Its id.
    pub id: NotificationId,
    /// Which channel.
    pub channel: String,
    /// What it was told: a JSON object.
    pub document: String,
    /// When.
    pub created_at: Time,
}

statements! {
    INSERT = "insert into notifications (environment, id, channel, document, created_at) values ($1, $2, $3, $4, $5)";
    LATEST = "select environment, id, channel, document, created_at from notifications \
        where environment = $1 order by environment desc, id desc limit $2";
    COUNT = "select count(*) from notifications where environment = $1";
    PRUNE = "delete from notifications where environment = $1 and id in (select id from notifications \
        where environment = $1 order by environment desc, id desc limit $2 offset $3)";
}

fn read(row: &Row<'_>) -> Result<Notification> {
    Ok(Notification {
        environment: row.id(0)?,
        id: row.id(1)?,
        channel: row.text(2)?,
        document: row.text(3)?,
        created_at: row.time(4)?,
    })
}

/// Stores one.
pub async fn insert(tx: &mut Tx, notification: &Notification) -> Result<()> {
    let Notification {
        environment,
        id,
        channel,
        document,
        created_at,
    } = notification;
    let params = vec![
        Val::id(*environment),
        Val::id(*id),
        channel.into(),
        document.into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// The latest ones, the last one first.
pub async fn latest(
    tx: &mut Tx,
    environment: EnvironmentId,
    rows: u32,
) -> Result<Vec<Notification>> {
    tx.rows(LATEST, vec![Val::id(environment), rows.into()], read)
        .await
}

/// How many there are.
pub async fn count(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(environment)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Forgets some of those behind the latest.
pub async fn prune(tx: &mut Tx, environment: EnvironmentId, rows: u32, kept: u32) -> Result<()> {
    let params = vec![Val::id(environment), rows.into(), kept.into()];
    tx.write(PRUNE, params).await
}
