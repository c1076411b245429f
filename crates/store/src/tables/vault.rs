//! Credentials of hosted agents (Polpo 2.12), sealed.
//!
//! **Invariant:** no value of a credential is in a row that can be read without
//! the key of the vault.

use domain::id::EnvironmentId;
use domain::{Result, Time};

use crate::{Row, Tx, Val};

domain::words! {
    /// What a credential is for.
    pub enum Sort {
        /// Sending mail.
        Smtp = "smtp",
        /// Reading mail.
        Imap = "imap",
        /// A token that was granted.
        Oauth = "oauth",
        /// A key of an API.
        ApiKey = "api_key",
        /// A name and a password.
        Login = "login",
        /// Anything else.
        Custom = "custom",
    }
}

/// A credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is kept.
    pub environment: EnvironmentId,
    /// Whose it is.
    pub agent: String,
    /// For what, unique with the agent.
    pub service: String,
    /// Of which sort.
    pub sort: Sort,
    /// What people call it.
    pub label: Option<String>,
    /// The names of its fields, a list in JSON.
    pub fields: String,
    /// Its fields with their values, sealed.
    pub sealed: Vec<u8>,
    /// When it was stored.
    pub created_at: Time,
    /// When it was changed.
    pub updated_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select environment, agent, service, kind, label, fields, sealed, created_at, updated_at \
             from vault_entries ",
            $rest
        )
    };
}

statements! {
    OF_NOBODY = "delete from vault_entries where environment = $1 and agent = $2";
    PUT = "insert into vault_entries (environment, agent, service, kind, label, fields, sealed, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (environment, agent, service) do update set \
        kind = excluded.kind, label = excluded.label, fields = excluded.fields, sealed = excluded.sealed, \
        updated_at = excluded.updated_at";
    FIND = select!("where environment = $1 and agent = $2 and service = $3");
    LIST = select!("where environment = $1 and agent = $2 order by service");
    COUNT = "select count(*) from vault_entries where environment = $1";
    REMOVE = "delete from vault_entries where environment = $1 and agent = $2 and service = $3 returning service";
}

fn read(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        environment: row.id(0)?,
        agent: row.text(1)?,
        service: row.text(2)?,
        sort: row.word(3, Sort::parse)?,
        label: row.opt_text(4)?,
        fields: row.text(5)?,
        sealed: row.bytes(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

/// Stores a credential, in the place of one for the same service.
pub async fn put(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let Entry {
        environment,
        agent,
        service,
        sort,
        label,
        fields,
        sealed,
        created_at,
        updated_at,
    } = entry;
    let params = vec![
        Val::id(*environment),
        agent.into(),
        service.into(),
        sort.as_str().into(),
        label.clone().into(),
        fields.into(),
        sealed.clone().into(),
        (*created_at).into(),
        (*updated_at).into(),
    ];
    tx.write(PUT, params).await
}

/// An agent's credential for a service.
pub async fn find(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
    service: &str,
) -> Result<Option<Entry>> {
    tx.row(FIND, key(environment, agent, service), read).await
}

/// An agent's credentials, by service.
pub async fn list(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<Vec<Entry>> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.rows(LIST, params, read).await
}

/// How many credentials an environment has.
pub async fn count(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let counted = tx.row(COUNT, vec![Val::id(environment)], |row| row.int(0));
    Ok(counted.await?.unwrap_or(0))
}

/// Removes a credential; false when there is none.
pub async fn remove(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
    service: &str,
) -> Result<bool> {
    let removed = tx.row(REMOVE, key(environment, agent, service), |_| Ok(()));
    Ok(removed.await?.is_some())
}

fn key(environment: EnvironmentId, agent: &str, service: &str) -> Vec<Val> {
    vec![
        Val::id(environment),
        agent.to_owned().into(),
        service.to_owned().into(),
    ]
}

/// Removes what an agent was trusted with, because it was removed itself.
pub async fn remove_all(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<()> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.write(OF_NOBODY, params).await
}
