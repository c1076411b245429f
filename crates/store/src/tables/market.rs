//! The open market as a list: funded work, bounties and published tickets,
//! with what their briefs say.

use std::sync::LazyLock;

use domain::account::AccountKind;
use domain::id::{AccountId, TaskId};
use domain::money::Money;
use domain::page::Page;
use domain::task::{Mode, Phase, Scrutiny, Sort, Status};
use domain::{Error, Result, Time};

use super::tasks;
use crate::{Row, Sql, Tx, Val, lists};

domain::words! {
    /// Which part of the market is asked for.
    pub enum Standing {
        /// What can be taken.
        Open = "open",
        /// What somebody works on.
        Claimed = "claimed",
        /// What waits for a verdict.
        Submitted = "submitted",
        /// What is paid.
        Settled = "settled",
        /// What was withdrawn.
        Cancelled = "cancelled",
        /// What ran out.
        Expired = "expired",
        /// What the operator is to decide.
        Disputed = "disputed",
        /// Everything.
        All = "all",
    }
}

impl Standing {
    /// The phase that boards index; `None` for everything.
    pub fn phase(self) -> Option<Phase> {
        match self {
            Self::Open => Some(Phase::Open),
            Self::Claimed => Some(Phase::Working),
            Self::Submitted | Self::Disputed => Some(Phase::Review),
            Self::Settled => Some(Phase::Done),
            Self::Cancelled | Self::Expired => Some(Phase::Closed),
            Self::All => None,
        }
    }

    /// Whether it is all of its phase, whose size is known.
    pub fn is_whole_phase(self) -> bool {
        matches!(self, Self::Open | Self::Claimed | Self::Settled | Self::All)
    }
}

/// What else a list asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these skills.
    pub skills: Vec<String>,
    /// Only what this many may work on.
    pub mode: Option<Mode>,
    /// Title or description has this in it.
    pub text: Option<String>,
    /// At least so many credits.
    pub min_credits: Option<i64>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A task in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: TaskId,
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// Where it stands.
    pub status: Status,
    /// The reward, as displayed.
    pub payout_display: String,
    /// The reward, where the ledger pays it.
    pub reward: Option<Money>,
    /// How many may work on it at once.
    pub mode: Mode,
    /// Who decides whether work passes.
    pub scrutiny: Scrutiny,
    /// What a worker should be able to do.
    pub skills: Vec<String>,
    /// Names of what is protected.
    pub protected: Vec<String>,
    /// When it ends, or should be done.
    pub deadline: Option<Time>,
    /// Who works on it, or did it.
    pub assignee: Option<AccountId>,
    /// When that one took it.
    pub claimed_at: Option<Time>,
    /// When the claim runs out.
    pub lease_ends: Option<Time>,
    /// How often work was handed in.
    pub submissions: i64,
    /// Who published it.
    pub publisher: AccountId,
    /// What that is.
    pub publisher_kind: AccountKind,
    /// What that one is called.
    pub publisher_name: String,
    /// When it was published.
    pub created_at: Time,
}

/// Skills that one list can ask for.
pub const SKILLS_ASKED: usize = 8;
/// Rows that are counted where there are conditions that no count is kept of.
pub const COUNTED: i64 = 10_000;

macro_rules! columns {
    () => {
        "select t.id, t.title, t.description, t.status, t.payout_display, t.reward_asset, t.reward_units, t.mode, \
         t.scrutiny, t.deadline, t.assignee, t.claimed_at, t.lease_ends, t.submissions, t.publisher, t.created_at, \
         b.skills, b.protected, a.kind, a.display_name "
    };
}

macro_rules! joined {
    () => {
        "left join briefs b on b.task = t.id left join accounts a on a.id = t.publisher "
    };
}

statements! {
    FIND = concat!(columns!(), "from tasks t ", joined!(), "where t.id = $1");
    WITH_SKILL = "select count(*) from (select 1 from task_skills where skill in ($1, $2, $3, $4, $5, $6, $7, $8) limit $9) s";
    PUBLISHED = "select count(*), cast(coalesce(sum(case when l.status = 'accepted' then 1 else 0 end), 0) as bigint), \
        cast(coalesce(sum(case when l.status = 'accepted' and l.reward_asset = 'credits' then l.reward_units else 0 end), 0) as bigint) \
        from (select status, reward_asset, reward_units from tasks where publisher = $1 and listed = 1 \
        order by id desc limit $2) l";
}

/// How the rows of a list are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nothing is asked for beside the standing.
    Plain,
    /// The market's order is walked, and what does not fit is passed over.
    Walked,
    /// Few have the skill: they are looked at, and sorted.
    Skilled,
}

const WAYS: [Way; 3] = [Way::Plain, Way::Walked, Way::Skilled];

static LISTS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    each()
        .flat_map(|(way, standing)| Sort::ALL.map(|sort| list_text(way, standing, sort)))
        .collect()
});
static COUNTS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    each()
        .map(|(way, standing)| count_text(way, standing))
        .collect()
});

/// Every way with every standing, in the order of [`shape`].
fn each() -> impl Iterator<Item = (Way, Standing)> {
    WAYS.into_iter()
        .flat_map(|way| Standing::ALL.map(|standing| (way, standing)))
}

fn shape(way: Way, standing: Standing) -> usize {
    way as usize * Standing::ALL.len() + standing as usize
}

pub(super) fn built() -> Vec<Sql> {
    LISTS.iter().chain(COUNTS.iter()).copied().collect()
}

/// The words are written out, so that the indexes that hold one phase alone
/// can be used.
fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "t.listed = 1 and t.phase = 'open'",
        Standing::Claimed => "t.listed = 1 and t.phase = 'working'",
        Standing::Submitted => "t.listed = 1 and t.phase = 'review' and t.status = 'submitted'",
        Standing::Disputed => "t.listed = 1 and t.phase = 'review' and t.status = 'disputed'",
        Standing::Settled => "t.listed = 1 and t.phase = 'done'",
        Standing::Cancelled => "t.listed = 1 and t.phase = 'closed' and t.status = 'cancelled'",
        Standing::Expired => "t.listed = 1 and t.phase = 'closed' and t.status = 'expired'",
        Standing::All => "t.listed = 1",
    }
}

/// What the engines spell differently.
#[derive(Clone, Copy)]
struct Spelling {
    /// A column in small ASCII letters: both engines fold those alone, so that
    /// both find the same.
    fold: fn(&str) -> String,
    /// Whether one text is within another.
    within: &'static str,
}

const SQLITE: Spelling = Spelling {
    fold: |column| format!("lower({column})"),
    within: "instr",
};
const POSTGRES: Spelling = Spelling {
    fold: |column| format!("lower({column} collate \"C\")"),
    within: "strpos",
};

/// Whether a task asks for one of eight skills. What is final is not found by
/// its skills any more, and its brief is looked at.
fn has_skill(which: Standing, within: &str) -> String {
    let listed = "exists (select 1 from task_skills s where s.task = t.id and s.skill in ($1, $2, $3, $4, $5, $6, $7, $8))";
    match which {
        Standing::Open | Standing::Claimed | Standing::Submitted | Standing::Disputed => {
            listed.to_owned()
        }
        Standing::Settled | Standing::Cancelled | Standing::Expired | Standing::All => {
            let end = lists::SEPARATOR;
            let each = (1..=SKILLS_ASKED)
                .map(|n| format!("{within}('{end}' || b.skills, '{end}' || ${n} || '{end}') > 0"));
            each.collect::<Vec<_>>().join(" or ")
        }
    }
}

/// Conditions and where the parameters of the page begin.
fn conditions(way: Way, which: Standing, spelling: Spelling) -> (String, usize) {
    if way == Way::Plain {
        return (format!("where {}", standing(which)), 1);
    }
    let mut text = String::from("where ");
    if way == Way::Skilled {
        text.push_str(
            "t.id in (select s.task from task_skills s where s.skill in ($1, $2, $3, $4, $5, $6, $7, $8)) \
             and cast($9 as bigint) = 1",
        );
    } else {
        let has_skill = has_skill(which, spelling.within);
        text.push_str(&format!("({has_skill} or cast($9 as bigint) = 1)"));
    }
    text.push_str(&format!(
        " and (coalesce(t.mode, 'exclusive') = $10 or cast($11 as bigint) = 1) \
         and ({title} like $12 escape '!' or {description} like $12 escape '!' or cast($13 as bigint) = 1) \
         and ((t.reward_asset = 'credits' and t.reward_units >= $14) or cast($15 as bigint) = 1) and {standing}",
        standing = standing(which),
        title = (spelling.fold)("t.title"),
        description = (spelling.fold)("t.description"),
    ));
    (text, 16)
}

fn on_both(text: impl Fn(&str, Spelling) -> String, walk: &str) -> Sql {
    super::built_once_for(text(walk, SQLITE), text("", POSTGRES))
}

fn walk(way: Way, which: Standing, sort: Sort) -> String {
    match way {
        Way::Skilled => String::new(),
        Way::Plain | Way::Walked => format!("indexed by {} ", tasks::index(which.phase(), sort)),
    }
}

fn list_text(way: Way, which: Standing, sort: Sort) -> Sql {
    let order = tasks::order(sort);
    let text = |walk: &str, spelling| {
        let (filter, next) = conditions(way, which, spelling);
        let head = columns!();
        let joined = joined!();
        format!(
            "{head}from tasks t {walk}{joined}{filter} order by {order} limit ${next} offset ${}",
            next + 1
        )
    };
    on_both(text, &walk(way, which, sort))
}

fn count_text(way: Way, which: Standing) -> Sql {
    let text = |walk: &str, spelling| {
        let (filter, next) = conditions(way, which, spelling);
        let briefs = match way {
            Way::Plain => "",
            Way::Walked | Way::Skilled => "left join briefs b on b.task = t.id ",
        };
        format!(
            "select count(*) from (select 1 from tasks t {walk}{briefs}{filter} limit ${next}) counted"
        )
    };
    on_both(text, &walk(way, which, Sort::New))
}

fn read(row: &Row<'_>) -> Result<Offer> {
    let asset = row.opt_text(5)?;
    let units = row.int(6)?;
    Ok(Offer {
        id: row.id(0)?,
        title: row.text(1)?,
        description: row.text(2)?,
        status: row.word(3, Status::parse)?,
        payout_display: row.text(4)?,
        reward: asset.map(|asset| Money { asset, units }),
        mode: row.opt_word(7, Mode::parse)?.unwrap_or(Mode::Exclusive),
        scrutiny: row
            .opt_word(8, Scrutiny::parse)?
            .unwrap_or(Scrutiny::Manual),
        deadline: row.opt_time(9)?,
        assignee: row.opt_id(10)?,
        claimed_at: row.opt_time(11)?,
        lease_ends: row.opt_time(12)?,
        submissions: row.int(13)?,
        publisher: row.id(14)?,
        created_at: row.time(15)?,
        skills: lists::split_opt(row, 16)?,
        protected: lists::split_opt(row, 17)?,
        publisher_kind: row
            .opt_word(18, AccountKind::parse)?
            .unwrap_or(AccountKind::Agent),
        publisher_name: row.opt_text(19)?.unwrap_or_default(),
    })
}

fn params(way: Way, filter: &Filter) -> Vec<Val> {
    if way == Way::Plain {
        return Vec::new();
    }
    let Filter {
        skills,
        mode,
        text,
        min_credits,
    } = filter;
    let any = |is_any: bool| Val::from(i64::from(is_any));
    let mut params: Vec<Val> = asked(skills);
    params.extend([
        // Where few have the skill, that they have it is how they are found.
        any(skills.is_empty() || way == Way::Skilled),
        mode.unwrap_or(Mode::Exclusive).as_str().into(),
        any(mode.is_none()),
        pattern(text.as_deref().unwrap_or("")).into(),
        any(text.is_none()),
        min_credits.unwrap_or(0).into(),
        any(min_credits.is_none()),
    ]);
    params
}

/// The skills, filled up with the first.
fn asked(skills: &[String]) -> Vec<Val> {
    let first = skills.first().cloned().unwrap_or_default();
    (0..SKILLS_ASKED)
        .map(|at| skills.get(at).unwrap_or(&first).into())
        .collect()
}

fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_ascii_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// How the rows that fit a filter are found with the least to look at.
pub async fn way(tx: &mut Tx, which: Standing, filter: &Filter) -> Result<Way> {
    if filter.is_empty() {
        return Ok(Way::Plain);
    }
    // Only open work keeps its skills in the table.
    if filter.skills.is_empty() || which != Standing::Open {
        return Ok(Way::Walked);
    }
    let mut few = asked(&filter.skills);
    few.push(FEW.into());
    let found = tx.row(WITH_SKILL, few, |row| row.int(0)).await?;
    Ok(if found.unwrap_or(0) < FEW {
        Way::Skilled
    } else {
        Way::Walked
    })
}

/// Tasks with a skill that are rather sorted than looked for.
const FEW: i64 = 2_000;

/// A stretch of a list, found in this [`way`].
pub async fn list(
    tx: &mut Tx,
    way: Way,
    (which, filter): (Standing, &Filter),
    sort: Sort,
    (rows, offset): (u32, i64),
) -> Result<Vec<Offer>> {
    let at = shape(way, which) * Sort::ALL.len() + sort as usize;
    let sql = LISTS.get(at).copied().ok_or_else(Error::internal)?;
    let mut params = params(way, filter);
    params.extend([rows.into(), offset.into()]);
    tx.rows(sql, params, read).await
}

/// How many tasks fit a filter, [`COUNTED`] at most. Where nothing is asked
/// for, `tasks::count` knows it exactly.
pub async fn count(tx: &mut Tx, way: Way, (which, filter): (Standing, &Filter)) -> Result<i64> {
    let sql = COUNTS.get(shape(way, which)).copied();
    let mut params = params(way, filter);
    params.push(COUNTED.into());
    let found = tx.row(sql.ok_or_else(Error::internal)?, params, |row| row.int(0));
    Ok(found.await?.unwrap_or(0))
}

/// One task as the list shows it, wherever it stands.
pub async fn find(tx: &mut Tx, id: TaskId) -> Result<Option<Offer>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// What a publisher has offered, of its newest [`COUNTED`] tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Tasks.
    pub tasks: i64,
    /// Of them, paid ones.
    pub settled: i64,
    /// Credits that were paid for those.
    pub credits: i64,
}

/// What a publisher has offered.
pub async fn published(tx: &mut Tx, publisher: AccountId) -> Result<Published> {
    let params = vec![Val::id(publisher), COUNTED.into()];
    let found = tx.row(PUBLISHED, params, |row| {
        Ok(Published {
            tasks: row.int(0)?,
            settled: row.int(1)?,
            credits: row.int(2)?,
        })
    });
    Ok(found.await?.unwrap_or_default())
}

/// The rows of a page, where one row stands pinned before them all.
pub fn behind_pinned(page: Page, is_pinned: bool) -> (u32, i64) {
    match (is_pinned, page.offset()) {
        (false, offset) => (page.rows, offset),
        (true, 0) => (page.rows.saturating_sub(1), 0),
        (true, offset) => (page.rows, offset - 1),
    }
}
