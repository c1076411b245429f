//! What hosted agents remember (Polpo 2.12): one text per agent, and one that
//! all agents of an environment share, whose agent is the empty name.

use domain::id::EnvironmentId;
use domain::{Result, Time};

use crate::{Tx, Val};

statements! {
    OF_NOBODY = "delete from memories where environment = $1 and agent = $2";
    FIND = "select content from memories where environment = $1 and agent = $2";
    PUT = "insert into memories (environment, agent, content, updated_at) values ($1, $2, $3, $4) \
        on conflict (environment, agent) do update set content = excluded.content, updated_at = excluded.updated_at";
}

/// What an agent remembers, or all of them.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<Option<String>> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.row(FIND, params, |row| row.text(0)).await
}

/// Replaces what an agent remembers, or all of them.
pub async fn put(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
    content: String,
    now: Time,
) -> Result<()> {
    let params = vec![
        Val::id(environment),
        agent.to_owned().into(),
        content.into(),
        now.into(),
    ];
    tx.write(PUT, params).await
}

/// Removes what an agent remembers, because it was removed itself.
pub async fn forget(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<()> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.write(OF_NOBODY, params).await
}
