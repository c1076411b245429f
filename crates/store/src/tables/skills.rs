//! Skills of hosted agents (Polpo 2.13), and which agent has which.

use domain::id::EnvironmentId;
use domain::{Result, Time};

use crate::{Row, Tx, Val};

domain::words! {
    /// Where a skill stands.
    pub enum Shelf {
        /// Where agents get theirs.
        Agents = "agents",
        /// What the orchestrator has.
        Orchestrator = "orchestrator",
    }
}

/// A skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Where it is kept.
    pub environment: EnvironmentId,
    /// On which shelf.
    pub shelf: Shelf,
    /// Its name, unique there.
    pub name: String,
    /// When it is of use.
    pub description: String,
    /// Its tools, tags and category: a JSON object.
    pub document: String,
    /// What it says.
    pub content: String,
    /// When it was stored.
    pub created_at: Time,
    /// When it was changed.
    pub updated_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select environment, shelf, name, description, document, content, created_at, updated_at from hosted_skills ",
            $rest
        )
    };
}

statements! {
    OF_NOBODY = "delete from skill_assignments where environment = $1 and agent = $2";
    INSERT = "insert into hosted_skills (environment, shelf, name, description, document, content, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning name";
    FIND = select!("where environment = $1 and shelf = $2 and name = $3");
    LIST = select!("where environment = $1 and shelf = $2 order by name");
    COUNT = "select count(*) from hosted_skills where environment = $1";
    DESCRIBE = "update hosted_skills set document = $1, updated_at = $2 where environment = $3 and shelf = $4 and name = $5";
    REMOVE = "delete from hosted_skills where environment = $1 and shelf = $2 and name = $3 returning name";
    ASSIGN = "insert into skill_assignments (environment, agent, skill) values ($1, $2, $3) on conflict do nothing";
    UNASSIGN = "delete from skill_assignments where environment = $1 and agent = $2 and skill = $3";
    UNASSIGN_ALL = "delete from skill_assignments where environment = $1 and skill = $2";
    ASSIGNMENTS = "select agent, skill from skill_assignments where environment = $1 order by agent, skill";
    ASSIGNED = "select skill from skill_assignments where environment = $1 and agent = $2 order by skill";
}

fn read(row: &Row<'_>) -> Result<Skill> {
    Ok(Skill {
        environment: row.id(0)?,
        shelf: row.word(1, Shelf::parse)?,
        name: row.text(2)?,
        description: row.text(3)?,
        document: row.text(4)?,
        content: row.text(5)?,
        created_at: row.time(6)?,
        updated_at: row.time(7)?,
    })
}

/// Stores a skill; false when there is one of that name.
pub async fn insert(tx: &mut Tx, skill: &Skill) -> Result<bool> {
    let Skill {
        environment,
        shelf,
        name,
        description,
        document,
        content,
        created_at,
        updated_at,
    } = skill;
    let params = vec![
        Val::id(*environment),
        shelf.as_str().into(),
        name.into(),
        description.into(),
        document.into(),
        content.into(),
        (*created_at).into(),
        (*updated_at).into(),
    ];
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// A skill.
pub async fn find(
    tx: &mut Tx,
    environment: EnvironmentId,
    shelf: Shelf,
    name: &str,
) -> Result<Option<Skill>> {
    tx.row(FIND, key(environment, shelf, name), read).await
}

/// The skills of a shelf, by name.
pub async fn list(tx: &mut Tx, environment: EnvironmentId, shelf: Shelf) -> Result<Vec<Skill>> {
    let params = vec![Val::id(environment), shelf.as_str().into()];
    tx.rows(LIST, params, read).await
}

/// How many skills an environment has.
pub async fn count(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let counted = tx.row(COUNT, vec![Val::id(environment)], |row| row.int(0));
    Ok(counted.await?.unwrap_or(0))
}

/// Stores a skill's tools, tags and category.
pub async fn describe(tx: &mut Tx, skill: &Skill) -> Result<()> {
    let params = vec![
        (&skill.document).into(),
        skill.updated_at.into(),
        Val::id(skill.environment),
        skill.shelf.as_str().into(),
        (&skill.name).into(),
    ];
    tx.write(DESCRIBE, params).await
}

/// Removes a skill; false when there is none.
pub async fn remove(
    tx: &mut Tx,
    environment: EnvironmentId,
    shelf: Shelf,
    name: &str,
) -> Result<bool> {
    let removed = tx.row(REMOVE, key(environment, shelf, name), |_| Ok(()));
    Ok(removed.await?.is_some())
}

/// Gives an agent a skill; nothing, where it has it.
pub async fn assign(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
    skill: &str,
) -> Result<()> {
    tx.write(ASSIGN, pair(environment, agent, skill)).await
}

/// Takes a skill from an agent; nothing, where it does not have it.
pub async fn unassign(
    tx: &mut Tx,
    environment: EnvironmentId,
    agent: &str,
    skill: &str,
) -> Result<()> {
    tx.write(UNASSIGN, pair(environment, agent, skill)).await
}

/// Takes a skill from every agent.
pub async fn unassign_all(tx: &mut Tx, environment: EnvironmentId, skill: &str) -> Result<()> {
    let params = vec![Val::id(environment), skill.to_owned().into()];
    tx.write(UNASSIGN_ALL, params).await
}

/// Who has what: agents and their skills.
pub async fn assignments(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<(String, String)>> {
    let params = vec![Val::id(environment)];
    tx.rows(ASSIGNMENTS, params, |row| Ok((row.text(0)?, row.text(1)?)))
        .await
}

/// The names of the skills that an agent was given.
pub async fn assigned(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<Vec<String>> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.rows(ASSIGNED, params, |row| row.text(0)).await
}

fn key(environment: EnvironmentId, shelf: Shelf, name: &str) -> Vec<Val> {
    vec![
        Val::id(environment),
        shelf.as_str().into(),
        name.to_owned().into(),
    ]
}

fn pair(environment: EnvironmentId, agent: &str, skill: &str) -> Vec<Val> {
    vec![
        Val::id(environment),
        agent.to_owned().into(),
        skill.to_owned().into(),
    ]
}

/// Removes which skills an agent was given, because it was removed itself.
pub async fn forget(tx: &mut Tx, environment: EnvironmentId, agent: &str) -> Result<()> {
    let params = vec![Val::id(environment), agent.to_owned().into()];
    tx.write(OF_NOBODY, params).await
}
