//! An account's statement: every entry of the ledger that moved its credits, and
//! what is due to be released as if it were (AGI ATM 2.5, 3.3).
//!
//! **Invariant:** a hold has the id and the time of the entry that will
//! release it, so a statement reads the same before and after the timer came.

use domain::id::{AccountId, TaskId};
use domain::money::{Bucket, Units};
use domain::page::Page;
use domain::time::Span;
use domain::{Result, Time};
use uuid::Uuid;

use super::ledger::{Place, Reason};
use crate::{Row, Sql, Tx, Val};

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The entry's id.
    pub id: Uuid,
    /// How much was moved.
    pub units: Units,
    /// From where.
    pub debit: Place,
    /// To where.
    pub credit: Place,
    /// Why.
    pub reason: Reason,
    /// For which task.
    pub task: Option<TaskId>,
    /// How long that task's reward is held.
    pub hold: Option<Span>,
    /// When.
    pub at: Time,
}

/// An entry between two buckets of one account is among what was credited and
/// not again among what was debited.
///
/// The indexes have entries in credits alone: nothing lists those in another
/// asset, and a second tree for them would cost every payout a page.
///
/// Each part is read in the order of its index and the parts are merged.
/// PostgreSQL does that when each part asks for the order itself; SQLite does
/// it by itself and does not take such parts.
macro_rules! lines {
    ($entry:literal, $hold:literal, $open:literal, $close:literal) => {
        concat!(
            $open, "select ", $entry, " from ledger_entries e where e.credit_owner = $1 and e.asset = 'credits' \
             and e.credit_bucket in ('available', 'held', 'escrow')", $close,
            " union all ", $open, "select ", $entry, " from ledger_entries e where e.debit_owner = $1 and e.asset = 'credits' \
             and e.debit_bucket in ('available', 'held', 'escrow') \
             and not (e.credit_owner = e.debit_owner and e.credit_bucket in ('available', 'held', 'escrow'))", $close,
            " union all ", $open, "select ", $hold, " from holds e where e.account = $1 and e.asset = 'credits' and e.ended = 0 \
             and e.available_at <= $2", $close
        )
    };
}

macro_rules! in_full {
    ($open:literal, $close:literal) => {
        concat!(
            lines!(
                "e.id as id, e.units, e.debit_owner, e.debit_bucket, e.credit_owner, e.credit_bucket, e.reason, e.task, \
                 (select t.hold from tasks t where t.id = e.task), e.created_at",
                "e.id as id, e.units, e.account, 'held', e.account, 'available', 'mature', e.task, \
                 (select t.hold from tasks t where t.id = e.task), e.available_at",
                $open,
                $close
            ),
            " order by id desc limit $3 offset $4"
        )
    };
}

macro_rules! newer {
    ($open:literal, $close:literal) => {
        concat!(
            "select cast(coalesce(sum(n.change), 0) as bigint) from (",
            lines!(
                "e.id as id, case when e.credit_owner = $1 and e.credit_bucket = 'available' then e.units else 0 end \
                 - case when e.debit_owner = $1 and e.debit_bucket = 'available' then e.units else 0 end as change",
                "e.id as id, e.units as change",
                $open,
                $close
            ),
            " order by id desc limit $3) n"
        )
    };
}

const LIST: Sql = Sql {
    sqlite: in_full!("", ""),
    postgres: in_full!("(", " order by e.id desc)"),
};

const NEWER: Sql = Sql {
    sqlite: newer!("", ""),
    postgres: newer!("(", " order by e.id desc)"),
};

statements! {
    COUNT = concat!("select count(*) from (", lines!("e.id", "e.id", "", ""), ") n");
}

/// Statements that the engines spell differently.
pub(super) fn built() -> Vec<Sql> {
    vec![LIST, NEWER]
}

fn read(row: &Row<'_>) -> Result<Line> {
    Ok(Line {
        id: row.uuid(0)?,
        units: row.int(1)?,
        debit: Place {
            owner: row.uuid(2)?,
            bucket: row.word(3, Bucket::parse)?,
        },
        credit: Place {
            owner: row.uuid(4)?,
            bucket: row.word(5, Bucket::parse)?,
        },
        reason: row.word(6, Reason::parse)?,
        task: row.opt_id(7)?,
        hold: row.opt_int(8)?.map(Span),
        at: row.time(9)?,
    })
}

/// Whose statement, and when it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    /// Whose.
    pub account: AccountId,
    /// Now.
    pub now: Time,
}

impl Of {
    fn params(self) -> Vec<Val> {
        vec![Val::id(self.account), self.now.into()]
    }
}

/// One page, the latest first.
pub async fn list(tx: &mut Tx, of: Of, page: Page) -> Result<Vec<Line>> {
    let mut params = of.params();
    params.extend([Val::from(page.rows), Val::from(page.offset())]);
    tx.rows(LIST, params, read).await
}

/// What the latest `lines` lines added to what can be spent.
pub async fn change_of_latest(tx: &mut Tx, of: Of, lines: i64) -> Result<Units> {
    let mut params = of.params();
    params.push(lines.into());
    let change = tx.row(NEWER, params, |row| row.int(0)).await?;
    Ok(change.unwrap_or(0))
}

/// How many lines there are.
pub async fn count(tx: &mut Tx, of: Of) -> Result<i64> {
    let count = tx.row(COUNT, of.params(), |row| row.int(0)).await?;
    Ok(count.unwrap_or(0))
}
