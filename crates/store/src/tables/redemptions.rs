//! What was bought with credits, and the codes that are sold (AGI ATM 3.3).
//!
//! **Invariant:** a code belongs to at most one redemption.

use domain::id::{AccountId, RedemptionId};
use domain::money::Units;
use domain::page::Page;
use domain::{Result, Time};

use crate::{Row, Sql, Tx, Val, dialect};

/// Something that was bought. It does not print: its code is worth money.
#[derive(Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Its id.
    pub id: RedemptionId,
    /// Who bought it.
    pub account: AccountId,
    /// What of the catalogue.
    pub item: String,
    /// What it cost, in credits.
    pub units: Units,
    /// What was sold.
    pub code: String,
    /// When.
    pub created_at: Time,
}

/// How many codes of an item there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Codes that can be sold.
    pub left: i64,
    /// Codes that were.
    pub sold: i64,
}

/// Sells the first code that is left, without passing all that were sold.
const TAKE: Sql = indexed!(
    "update redemption_codes set redemption = $1 where item = $2 and redemption is null and code = \
     (select code from redemption_codes ",
    "redemption_codes_left",
    "where item = $2 and redemption is null order by code limit 1) returning code"
);

statements! {
    INSERT = "insert into redemptions (id, account, item, units, code, created_at) values ($1, $2, $3, $4, $5, $6)";
    LIST = "select id, account, item, units, code, created_at from redemptions where account = $1 \
        order by id desc limit $2 offset $3";
    COUNT = "select count(*) from redemptions where account = $1";
    LEFT = "select count(*) from redemption_codes where item = $1 and redemption is null";
    SOLD = "select count(*) from redemption_codes where item = $1 and redemption is not null";
    LOAD = "insert into redemption_codes (item, code, redemption, loaded_at) values ($1, $2, null, $3) \
        on conflict do nothing returning code";
}

/// Statements in which the engines differ.
pub(super) fn built() -> Vec<Sql> {
    vec![dialect::LOCK_CODES, TAKE]
}

fn read(row: &Row<'_>) -> Result<Redemption> {
    Ok(Redemption {
        id: row.id(0)?,
        account: row.id(1)?,
        item: row.text(2)?,
        units: row.int(3)?,
        code: row.text(4)?,
        created_at: row.time(5)?,
    })
}

/// Notes what was bought.
pub async fn insert(tx: &mut Tx, redemption: &Redemption) -> Result<()> {
    let Redemption {
        id,
        account,
        item,
        units,
        code,
        created_at,
    } = redemption;
    let params = vec![
        Val::id(*id),
        Val::id(*account),
        item.into(),
        (*units).into(),
        code.into(),
        (*created_at).into(),
    ];
    tx.write(INSERT, params).await
}

/// What an account bought, the latest first.
pub async fn list(tx: &mut Tx, account: AccountId, page: Page) -> Result<Vec<Redemption>> {
    let params = vec![Val::id(account), page.rows.into(), page.offset().into()];
    tx.rows(LIST, params, read).await
}

/// How often an account bought something.
pub async fn count(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let count = tx.row(COUNT, vec![Val::id(account)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// How many codes of an item there are.
pub async fn stock(tx: &mut Tx, item: &str) -> Result<Stock> {
    let item = Val::from(item.to_owned());
    let left = tx.row(LEFT, vec![item.clone()], |row| row.int(0)).await?;
    let sold = tx.row(SOLD, vec![item], |row| row.int(0)).await?;
    Ok(Stock {
        left: left.unwrap_or(0),
        sold: sold.unwrap_or(0),
    })
}

/// Lets one buyer of an item come after the other.
pub async fn lock(tx: &mut Tx, item: &str) -> Result<()> {
    let params = vec![item.to_owned().into()];
    tx.row(dialect::LOCK_CODES, params, |_| Ok(())).await?;
    Ok(())
}

/// Takes a code of an item for a redemption, if one is left.
pub async fn take(tx: &mut Tx, item: &str, redemption: RedemptionId) -> Result<Option<String>> {
    let params = vec![Val::id(redemption), item.to_owned().into()];
    tx.row(TAKE, params, |row| row.text(0)).await
}

/// Stores a code to be sold; false when it is known already.
pub async fn load(tx: &mut Tx, item: &str, code: &str, now: Time) -> Result<bool> {
    let params = vec![item.to_owned().into(), code.to_owned().into(), now.into()];
    Ok(tx.row(LOAD, params, |row| row.text(0)).await?.is_some())
}
