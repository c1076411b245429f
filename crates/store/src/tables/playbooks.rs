//! Playbooks: missions with places for parameters (Polpo 2.13). A playbook is
//! a document: people write it, running it reads it.

use domain::id::EnvironmentId;
use domain::{Result, Time};

use crate::{Row, Tx, Val};

/// A playbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playbook {
    /// Where it lives.
    pub environment: EnvironmentId,
    /// Its name, unique there.
    pub name: String,
    /// What it is made of: a JSON object without its name.
    pub document: String,
    /// When it was written.
    pub created_at: Time,
}

statements! {
    PUT = "insert into playbooks (environment, name, document, created_at) values ($1, $2, $3, $4) \
        on conflict (environment, name) do update set document = excluded.document";
    FIND = "select environment, name, document, created_at from playbooks where environment = $1 and name = $2";
    LIST = "select environment, name, document, created_at from playbooks where environment = $1 order by environment, name";
    COUNT = "select count(*) from playbooks where environment = $1";
    REMOVE = "delete from playbooks where environment = $1 and name = $2 returning name";
}

fn read(row: &Row<'_>) -> Result<Playbook> {
    Ok(Playbook {
        environment: row.id(0)?,
        name: row.text(1)?,
        document: row.text(2)?,
        created_at: row.time(3)?,
    })
}

/// Stores a playbook, in place of an earlier one of its name.
pub async fn put(tx: &mut Tx, playbook: &Playbook) -> Result<()> {
    let Playbook {
        environment,
        name,
        document,
        created_at,
    } = playbook;
    let params = vec![
        Val::id(*environment),
        name.into(),
        document.into(),
        (*created_at).into(),
    ];
    tx.write(PUT, params).await
}

/// The playbook of that name.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, name: &str) -> Result<Option<Playbook>> {
    let params = vec![Val::id(environment), name.to_owned().into()];
    tx.row(FIND, params, read).await
}

/// Every playbook, by name.
pub async fn list(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Playbook>> {
    tx.rows(LIST, vec![Val::id(environment)], read).await
}

/// How many there are.
pub async fn count(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(environment)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Removes a playbook; false when there is none.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, name: &str) -> Result<bool> {
    let params = vec![Val::id(environment), name.to_owned().into()];
    Ok(tx.row(REMOVE, params, |_| Ok(())).await?.is_some())
}
