//! Token launches that the operator recorded. They happen elsewhere.

use domain::id::{AccountId, IdeaId, LaunchId, ProjectId};
use domain::page::Page;
use domain::{Result, Time};

use crate::{Tx, Val};

/// A recorded launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Its id.
    pub id: LaunchId,
    /// The project it is for.
    pub project: Option<ProjectId>,
    /// The idea it is for.
    pub idea: Option<IdeaId>,
    /// The coin's name.
    pub coin_name: String,
    /// The coin's ticker.
    pub coin_ticker: String,
    /// Where it was minted.
    pub mint_address: String,
    /// Its page.
    pub pump_url: Option<String>,
    /// Its page in an explorer.
    pub explorer_url: Option<String>,
    /// Who recorded it.
    pub recorded_by: AccountId,
    /// When.
    pub created_at: Time,
}

statements! {
    LIST = "select id, project, idea, coin_name, coin_ticker, mint_address, pump_url, explorer_url, recorded_by, \
        created_at from launches order by id desc limit $1 offset $2";
    COUNT = "select count(*) from launches";
    INSERT = "insert into launches (id, project, idea, coin_name, coin_ticker, mint_address, pump_url, explorer_url, \
        recorded_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
}

/// A page of launches, newest first.
pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Launch>> {
    tx.rows(LIST, vec![page.rows.into(), page.offset().into()], |row| {
        Ok(Launch {
            id: row.id(0)?,
            project: row.opt_id(1)?,
            idea: row.opt_id(2)?,
            coin_name: row.text(3)?,
            coin_ticker: row.text(4)?,
            mint_address: row.text(5)?,
            pump_url: row.opt_text(6)?,
            explorer_url: row.opt_text(7)?,
            recorded_by: row.id(8)?,
            created_at: row.time(9)?,
        })
    })
    .await
}

/// How many launches were recorded.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(tx.row(COUNT, vec![], |row| row.int(0)).await?.unwrap_or(0))
}

/// Adds a launch.
pub async fn insert(tx: &mut Tx, launch: &Launch) -> Result<()> {
    let Launch {
        id,
        project,
        idea,
        coin_name,
        coin_ticker,
        mint_address,
        pump_url,
        explorer_url,
        recorded_by,
        created_at,
    } = launch;
    let params = vec![
        Val::id(*id),
        project.map(Val::id).unwrap_or(Val::Null),
        idea.map(Val::id).unwrap_or(Val::Null),
        coin_name.into(),
        coin_ticker.into(),
        mint_address.into(),
        pump_url.clone().into(),
        explorer_url.clone().into(),
        Val::id(*recorded_by),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}
