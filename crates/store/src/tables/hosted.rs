//! Hosted agents and their teams (Polpo 2.10). What an agent is made of is a
//! document: people write it, prompts and tools read it, no statement does.

use domain::id::{AccountId, EnvironmentId, HostedId};
use domain::{Error, Result, Time};

use crate::{Row, Tx, Val};

/// An agent that lives in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: HostedId,
    /// Where it lives.
    pub environment: EnvironmentId,
    /// Its name, unique there.
    pub name: String,
    /// Its team.
    pub team: String,
    /// Its worker account in the market, once it has one.
    pub account: Option<AccountId>,
    /// The run of a mission as long as which it lives, where that is all.
    pub mission_group: Option<String>,
    /// What it is made of: a JSON object without its name.
    pub document: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed.
    pub updated_at: Time,
}

/// A named group of agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its name, unique in its environment.
    pub name: String,
    /// What it is for; empty when nobody said.
    pub description: String,
    /// When it was made.
    pub created_at: Time,
}

macro_rules! agent {
    ($rest:literal) => {
        concat!(
            "select id, environment, name, team, account, mission_group, document, created_at, updated_at \
             from hosted_agents ",
            $rest
        )
    };
}

statements! {
    INSERT = "insert into hosted_agents (id, environment, name, team, account, mission_group, document, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning name";
    FIND = agent!("where environment = $1 and name = $2");
    LIST = agent!("where environment = $1 order by environment, name");
    UPDATE = "update hosted_agents set team = $1, document = $2, updated_at = $3 where environment = $4 and name = $5";
    ADMIT = "update hosted_agents set account = $1 where environment = $2 and name = $3";
    REMOVE = "delete from hosted_agents where environment = $1 and name = $2 returning name";
    REMOVE_GROUP = "delete from hosted_agents where environment = $1 and mission_group = $2";
    PUT_AVATAR = "insert into hosted_avatars (environment, agent, media, image) values ($1, $2, $3, $4) \
        on conflict (environment, agent) do update set media = excluded.media, image = excluded.image";
    AVATAR = "select media, image from hosted_avatars where environment = $1 and agent = $2";
    REMOVE_AVATAR = "delete from hosted_avatars where environment = $1 and agent = $2";
    INSERT_TEAM = "insert into hosted_teams (environment, name, description, created_at) values ($1, $2, $3, $4) \
        on conflict do nothing returning name";
    TEAMS = "select name, description, created_at from hosted_teams where environment = $1 order by created_at, name";
    RENAME_TEAM = "update hosted_teams set name = $1 where environment = $2 and name = $3";
    MOVE_TEAM = "update hosted_agents set team = $1 where environment = $2 and team = $3";
    REMOVE_TEAM = "delete from hosted_teams where environment = $1 and name = $2 returning name";
}

fn read(row: &Row<'_>) -> Result<Agent> {
    Ok(Agent {
        id: row.id(0)?,
        environment: row.id(1)?,
        name: row.text(2)?,
        team: row.text(3)?,
        account: row.opt_id(4)?,
        mission_group: row.opt_text(5)?,
        document: row.text(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

/// Stores an agent; false when there is one of that name.
pub async fn insert(tx: &mut Tx, agent: &Agent) -> Result<bool> {
    let Agent {
        id,
        environment,
        name,
        team,
        account,
        mission_group,
        document,
        created_at,
        updated_at,
    } = agent;
    let params = vec![
        Val::id(*id),
        Val::id(*environment),
        name.into(),
        team.into(),
        account.map(Val::id).into(),
        mission_group.clone().into(),
        document.into(),
        (*created_at).into(),
        (*updated_at).into(),
    ];
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// The agent of that name.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, name: &str) -> Result<Option<Agent>> {
    let params = vec![Val::id(environment), name.to_owned().into()];
    tx.row(FIND, params, read).await
}

/// Every agent, by name.
pub async fn list(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Agent>> {
    tx.rows(LIST, vec![Val::id(environment)], read).await
}

/// Stores an agent's team and document.
pub async fn update(tx: &mut Tx, agent: &Agent) -> Result<()> {
    let params = vec![
        (&agent.team).into(),
        (&agent.document).into(),
        agent.updated_at.into(),
        Val::id(agent.environment),
        (&agent.name).into(),
    ];
    tx.write_or(UPDATE, params, gone).await
}

/// Gives an agent its worker account.
pub async fn admit(
    tx: &mut Tx,
    environment: EnvironmentId,
    name: &str,
    account: AccountId,
) -> Result<()> {
    let params = vec![
        Val::id(account),
        Val::id(environment),
        name.to_owned().into(),
    ];
    tx.write_or(ADMIT, params, gone).await
}

/// Removes an agent; false when there is none.
pub async fn remove(tx: &mut Tx, environment: EnvironmentId, name: &str) -> Result<bool> {
    let params = vec![Val::id(environment), name.to_owned().into()];
    Ok(tx.row(REMOVE, params, |_| Ok(())).await?.is_some())
}

/// A picture: its media type and its bytes.
pub type Avatar = (String, Vec<u8>);

/// Stores an agent's picture.
pub async fn put_avatar(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
    (media, image): Avatar,
) -> Result<()> {
    let params = vec![
        Val::id(environment),
        agent.to_owned().into(),
        media.into(),
        image.into(),
    ];
    tx.write(PUT_AVATAR, params).await
}

/// An agent's picture.
pub async fn avatar(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
) -> Result<Option<Avatar>> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.row(AVATAR, params, |row| Ok((row.text(0)?, row.bytes(1)?)))
        .await
}

/// Removes an agent's picture, if it has one.
pub async fn remove_avatar(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<()> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.write(REMOVE_AVATAR, params).await
}

/// Removes the agents that lived as long as a run of a mission.
pub async fn remove_group(tx: &mut Tx, environment: EnvironmentId, group: &str) -> Result<()> {
    let params = vec![Val::id(environment), group.to_owned().into()];
    tx.write(REMOVE_GROUP, params).await
}

/// Stores a team; false when there is one of that name.
pub async fn insert_team(tx: &mut Tx, environment: EnvironmentId, team: &Team) -> Result<bool> {
    let params = vec![
        Val::id(environment),
        (&team.name).into(),
        (&team.description).into(),
        team.created_at.into(),
    ];
    Ok(tx.row(INSERT_TEAM, params, |_| Ok(())).await?.is_some())
}

/// Every team, the first one first.
pub async fn teams(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Team>> {
    tx.rows(TEAMS, vec![Val::id(environment)], |row| {
        Ok(Team {
            name: row.text(0)?,
            description: row.text(1)?,
            created_at: row.time(2)?,
        })
    })
    .await
}

/// Renames a team, for its agents too.
pub async fn rename_team(
    tx: &mut Tx,
    environment: EnvironmentId,
    from: &str,
    to: &str,
) -> Result<()> {
    let params = || {
        vec![
            to.to_owned().into(),
            Val::id(environment),
            from.to_owned().into(),
        ]
    };
    tx.write(RENAME_TEAM, params()).await?;
    tx.write(MOVE_TEAM, params()).await
}

/// Removes a team; false when there is none.
pub async fn remove_team(tx: &mut Tx, environment: EnvironmentId, name: &str) -> Result<bool> {
    let params = vec![Val::id(environment), name.to_owned().into()];
    Ok(tx.row(REMOVE_TEAM, params, |_| Ok(())).await?.is_some())
}

fn gone() -> Error {
    Error::not_found("agent_not_found", "there is no agent of this name")
}
