//! Environments: the live and the sandbox side of a project, in which hosted
//! agents live (Polpo 1, 2.3).
//!
//! **Invariant:** an environment's id is that of its account.

use domain::id::{EnvironmentId, Id, ProjectId};
use domain::money::Units;
use domain::{Error, Result, Time};
use uuid::Uuid;

use crate::{Row, Tx, Val};

domain::words! {
    /// Which side of a project it is.
    pub enum Side {
        /// Its work is real: `sk_live_`.
        Live = "live",
        /// For trying things out: `sk_test_`.
        Test = "test",
    }
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Of which project.
    pub project: ProjectId,
    /// The project's name, unique in any letter case.
    pub name: String,
    /// Which side of it.
    pub side: Side,
    /// What was set in it, a JSON object.
    pub settings: String,
    /// Credits that its model calls may cost in all; no bound when not set.
    pub budget: Option<Units>,
    /// Credits that they have cost.
    pub spent: Units,
    /// When it was made.
    pub created_at: Time,
}

macro_rules! select {
    ($($rest:literal)?) => {
        concat!("select id, project, name, kind, settings, budget, spent, created_at from environments" $(, $rest)?)
    };
}

statements! {
    INSERT = "insert into environments (id, project, name, kind, settings, budget, spent, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = select!(" where id = $1");
    BY_NAME = select!(" where name = $1 order by kind");
    LIST = select!(" order by name, kind limit $1");
    BEHIND = "select id from environments where id > $1 order by id limit $2";
    SET = "update environments set settings = $1 where id = $2";
    SET_BUDGET = "update environments set budget = $1 where id = $2";
    SPEND = "update environments set spent = spent + $1 where id = $2";
}

fn read(row: &Row<'_>) -> Result<Environment> {
    Ok(Environment {
        id: row.id(0)?,
        project: row.id(1)?,
        name: row.text(2)?,
        side: row.word(3, Side::parse)?,
        settings: row.text(4)?,
        budget: row.opt_int(5)?,
        spent: row.int(6)?,
        created_at: row.time(7)?,
    })
}

/// Stores an environment.
pub async fn insert(tx: &mut Tx, environment: &Environment) -> Result<()> {
    let Environment {
        id,
        project,
        name,
        side,
        settings,
        budget,
        spent,
        created_at,
    } = environment;
    let params = vec![
        Val::id(*id),
        Val::id(*project),
        name.into(),
        side.as_str().into(),
        settings.into(),
        (*budget).into(),
        (*spent).into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// An environment.
pub async fn find(tx: &mut Tx, id: EnvironmentId) -> Result<Option<Environment>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// The environments of a project, the live one first.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Vec<Environment>> {
    tx.rows(BY_NAME, vec![name.to_owned().into()], read).await
}

/// Environments by name.
pub async fn list(tx: &mut Tx, rows: u32) -> Result<Vec<Environment>> {
    tx.rows(LIST, vec![rows.into()], read).await
}

/// Some environments behind one, in the order of their ids.
pub async fn behind(
    tx: &mut Tx,
    after: Option<EnvironmentId>,
    rows: u32,
) -> Result<Vec<EnvironmentId>> {
    let after = after.map_or(Uuid::nil(), Id::uuid);
    tx.rows(BEHIND, vec![after.into(), rows.into()], |row| row.id(0))
        .await
}

/// Stores what was set in an environment.
pub async fn set(tx: &mut Tx, id: EnvironmentId, settings: String) -> Result<()> {
    tx.write_or(SET, vec![settings.into(), Val::id(id)], gone)
        .await
}

/// Sets what model calls may cost in all.
pub async fn set_budget(tx: &mut Tx, id: EnvironmentId, budget: Option<Units>) -> Result<()> {
    tx.write_or(SET_BUDGET, vec![budget.into(), Val::id(id)], gone)
        .await
}

/// Notes what model calls have cost.
pub async fn spend(tx: &mut Tx, id: EnvironmentId, units: Units) -> Result<()> {
    tx.write(SPEND, vec![units.into(), Val::id(id)]).await
}

fn gone() -> Error {
    Error::not_found("environment_not_found", "there is no such environment")
}
