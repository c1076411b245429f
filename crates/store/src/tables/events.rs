//! The event log.

use std::sync::LazyLock;

use domain::event::Happening;
use domain::id::{AccountId, EnvironmentId, KeyId, PLATFORM, ProjectId, TaskId};
use domain::page::{Page, Part};
use domain::{Error, Result, Time};
use uuid::Uuid;

use super::tallies;
use crate::{Row, Sql, Tx, Val, dialect};

/// Something that happened, to be written.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub what: Happening,
    /// By whom; nobody for the server's own doing.
    pub actor: Option<AccountId>,
    /// With which key.
    pub key: Option<KeyId>,
    /// To what.
    pub subject: Uuid,
    /// In which project.
    pub project: Option<ProjectId>,
    /// In which environment of hosted agents.
    pub environment: Option<EnvironmentId>,
    /// Whether everybody may see it, where the feed shows such things at all.
    pub public: bool,
    /// The facts, as a JSON object.
    pub body: String,
    /// When.
    pub at: Time,
}

/// Something that happened, as the public feed shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its place in the log.
    pub seq: i64,
    /// What.
    pub what: Happening,
    /// By whom.
    pub actor: Option<AccountId>,
    /// That account's name.
    pub actor_handle: Option<String>,
    /// To what.
    pub subject: Uuid,
    /// In which project.
    pub project: Option<ProjectId>,
    /// The facts, as a JSON object.
    pub body: String,
    /// When.
    pub at: Time,
}

/// How far a follower has come: behind the cursor nothing appears any more. The
/// default is the beginning of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The transaction of the last event seen; 0 on the embedded engine.
    writer: i64,
    /// The place of that event in the log.
    seq: i64,
}

/// Something that happened, as a follower of the log sees it.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Where to go on after it.
    pub cursor: Cursor,
    /// What.
    pub what: Happening,
    /// To what.
    pub subject: Uuid,
    /// The facts, as a JSON object.
    pub body: String,
    /// By whom.
    pub actor: Option<AccountId>,
    /// In which project.
    pub project: Option<ProjectId>,
    /// In which environment of hosted agents.
    pub environment: Option<EnvironmentId>,
    /// When.
    pub at: Time,
}

impl Cursor {
    /// The place in the log of the event it stands on.
    pub fn seq(self) -> i64 {
        self.seq
    }

    /// The cursor as a text that a follower outside keeps: a number, behind
    /// that of the transaction where the engine knows such.
    pub fn written(self) -> String {
        match self.writer {
            0 => self.seq.to_string(),
            writer => format!("{writer}-{}", self.seq),
        }
    }

    /// Reads what [`Cursor::written`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let (writer, seq) = text.split_once('-').unwrap_or(("0", text));
        let (writer, seq) = (writer.parse().ok()?, seq.parse().ok()?);
        (writer >= 0 && seq >= 0).then_some(Self { writer, seq })
    }
}

/// Which events the feed shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only these.
    pub what: Option<Happening>,
    /// Only by this account.
    pub actor: Option<AccountId>,
}

statements! {
    INSERT = "insert into events (kind, public, actor, key_used, subject, project, body, created_at, environment) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    TIMELINE = "select e.seq, e.kind, e.actor, (select display_name from accounts where id = e.actor), e.subject, e.project, \
        e.body, e.created_at from events e where e.subject = $1 and e.kind >= 'task.' and e.kind < 'task/' \
        order by e.seq limit $2";
    COUNT_IN = "select count(*) from events where environment = $1";
    LATEST_IN = concat!(dialect::followed!(), "\
        where environment = $1 order by environment desc, seq desc limit $2 offset $3");
    OLDEST_IN = "select created_at from events where environment = $1 order by environment, seq limit 1";
    PRUNE_IN = "delete from events where environment = $1 and seq in (select seq from (select seq, created_at from events \
        where environment = $1 and seq < coalesce((select seq from events where environment = $1 \
        order by environment desc, seq desc limit 1 offset $2), 0) order by environment, seq limit $3) as oldest \
        where created_at < $4) returning seq";
    LAST = "select coalesce(max(seq), 0) from events";
    PLACE = "select writer, seq from followers where name = $1";
    GO_ON = "update followers set writer = $1, seq = $2 where name = $3 and writer = $4 and seq = $5";
    COUNT_BY_ACTOR = "select count(*) from events where public = 1 and actor = $1";
    COUNT_BY_ACTOR_KIND = "select count(*) from events where public = 1 and actor = $1 and kind = $2";
}

static FEEDS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    let filtered = (1..4_usize).map(|f| super::built_once(feed_text(f)));
    std::iter::once(whole_feed()).chain(filtered).collect()
});

/// What the feed shows of the log's events that everybody may see.
const PUBLIC: &str = "select e.seq as seq, e.kind, e.actor, (select handle from accounts where id = e.actor), e.subject, \
    e.project, e.body, e.created_at from events e where e.public = 1";

/// The feed of every kind: each kind is read in the order of its index, and
/// they are merged. Hosted agents and workplaces may write millions of events
/// that are not public behind the last one that is, so the log itself is not
/// gone through. The engines spell a merge differently, as in a statement of
/// [`movements`](super::movements).
fn whole_feed() -> Sql {
    let kinds = Happening::ALL
        .into_iter()
        .filter(|what| what.feed_name().is_some());
    let parts: Vec<_> = kinds
        .map(|what| format!("{PUBLIC} and e.kind = '{}'", what.as_str()))
        .collect();
    let page = "order by seq desc limit $1 offset $2";
    let in_order = parts
        .iter()
        .map(|part| format!("({part} order by e.seq desc)"));
    let in_order: Vec<_> = in_order.collect();
    super::built_once_for(
        format!("{} {page}", parts.join(" union all ")),
        format!("{} {page}", in_order.join(" union all ")),
    )
}

fn feed_text(filters: usize) -> String {
    let mut text = String::from(PUBLIC);
    let mut parameter = 0;
    for (bit, column) in [(1, "kind"), (2, "actor")] {
        if filters & bit != 0 {
            parameter += 1;
            text.push_str(&format!(" and e.{column} = ${parameter}"));
        }
    }
    text.push_str(&format!(
        " order by e.seq desc limit ${} offset ${}",
        parameter + 1,
        parameter + 2
    ));
    text
}

pub(super) fn built() -> Vec<Sql> {
    FEEDS
        .iter()
        .copied()
        .chain([
            dialect::FOLLOW_EVENTS,
            dialect::FOLLOW_CHANGES,
            dialect::FOLLOW_ENVIRONMENT,
            dialect::END_OF_EVENTS,
        ])
        .collect()
}

/// Appends an event to the log.
pub async fn append(tx: &mut Tx, event: Event) -> Result<()> {
    let Event {
        what,
        actor,
        key,
        subject,
        project,
        environment,
        public,
        body,
        at,
    } = event;
    let feed_name = what.feed_name().filter(|_| public);
    if let Some(name) = feed_name {
        tx.tally(PLATFORM, name, 1);
    }
    let params = vec![
        what.as_str().into(),
        i64::from(feed_name.is_some()).into(),
        actor.map(Val::id).unwrap_or(Val::Null),
        key.map(Val::id).unwrap_or(Val::Null),
        subject.into(),
        project.map(Val::id).unwrap_or(Val::Null),
        body.into(),
        at.into(),
        environment.map(Val::id).into(),
    ];
    tx.write(INSERT, params).await
}

/// A page of the public feed, newest first.
pub async fn feed(tx: &mut Tx, filter: Filter, page: Page) -> Result<Vec<Shown>> {
    let Filter { what, actor } = filter;
    let bits = usize::from(what.is_some()) | usize::from(actor.is_some()) << 1;
    let sql = FEEDS.get(bits).copied().ok_or_else(Error::internal)?;
    let mut params = Vec::with_capacity(4);
    params.extend(what.map(|w| Val::from(w.as_str())));
    params.extend(actor.map(Val::id));
    params.extend([Val::from(page.rows), Val::from(page.offset())]);
    tx.rows(sql, params, read_shown).await
}

fn read_shown(row: &Row<'_>) -> Result<Shown> {
    Ok(Shown {
        seq: row.int(0)?,
        what: row.word(1, Happening::parse)?,
        actor: row.opt_id(2)?,
        actor_handle: row.opt_text(3)?,
        subject: row.uuid(4)?,
        project: row.opt_id(5)?,
        body: row.text(6)?,
        at: row.time(7)?,
    })
}

/// What happened to a task, the first things first, with the names that the
/// actors show.
pub async fn timeline(tx: &mut Tx, task: TaskId, rows: u32) -> Result<Vec<Shown>> {
    tx.rows(TIMELINE, vec![Val::id(task), rows.into()], read_shown)
        .await
}

/// How many events the feed has.
pub async fn count(tx: &mut Tx, filter: Filter) -> Result<i64> {
    let Filter { what, actor } = filter;
    let counted = match (what, actor) {
        (what, None) => {
            return tallies::sum(tx, PLATFORM, "feed.", |name| {
                what.is_none_or(|w| Some(name) == w.feed_name())
            })
            .await;
        }
        (None, Some(actor)) => {
            tx.row(COUNT_BY_ACTOR, vec![Val::id(actor)], |row| row.int(0))
                .await?
        }
        (Some(what), Some(actor)) => {
            let params = vec![Val::id(actor), what.as_str().into()];
            tx.row(COUNT_BY_ACTOR_KIND, params, |row| row.int(0))
                .await?
        }
    };
    Ok(counted.unwrap_or(0))
}

/// The end of the log.
pub async fn last(tx: &mut Tx) -> Result<i64> {
    Ok(tx.row(LAST, vec![], |row| row.int(0)).await?.unwrap_or(0))
}

/// Where a follower begins that wants no more than what comes.
pub async fn end(tx: &mut Tx) -> Result<Cursor> {
    let end = tx.row(dialect::END_OF_EVENTS, vec![], read_cursor).await?;
    end.ok_or_else(Error::internal)
}

/// What came after the cursor, in an order without gaps that fill later.
pub async fn follow(tx: &mut Tx, after: Cursor, rows: u32) -> Result<Vec<Followed>> {
    let params = vec![after.writer.into(), after.seq.into(), rows.into()];
    tx.rows(dialect::FOLLOW_EVENTS, params, read_followed).await
}

/// A part of what concerns a follower that passes over the rest.
#[derive(Clone, Debug)]
pub struct Changes {
    /// What happened.
    pub events: Vec<Followed>,
    /// Where to go on: at the end of the log when this was all.
    pub cursor: Cursor,
    /// Whether there is more to look at now.
    pub more: bool,
}

/// What came after the cursor in environments, or is of one of these kinds.
pub async fn follow_changes(
    tx: &mut Tx,
    after: Cursor,
    kinds: [Happening; 3],
    rows: u32,
) -> Result<Changes> {
    // Before anything else: what is behind it is seen by the next look.
    let end = end(tx).await?;
    let mut params = vec![after.writer.into(), after.seq.into()];
    params.extend(kinds.map(|kind| Val::from(kind.as_str())));
    params.push(rows.into());
    let events = tx.rows(dialect::FOLLOW_CHANGES, params, read_followed);
    let events = events.await?;
    let last = events.last().map_or(after, |event| event.cursor);
    let more = events.len() >= rows as usize;
    Ok(Changes {
        events,
        cursor: if more { last } else { last.max(end) },
        more,
    })
}

/// As [`follow`], in one environment.
pub async fn follow_environment(
    tx: &mut Tx,
    environment: EnvironmentId,
    after: Cursor,
    rows: u32,
) -> Result<Vec<Followed>> {
    let params = vec![
        Val::id(environment),
        after.writer.into(),
        after.seq.into(),
        rows.into(),
    ];
    tx.rows(dialect::FOLLOW_ENVIRONMENT, params, read_followed)
        .await
}

/// How many events an environment has.
pub async fn count_in(tx: &mut Tx, environment: EnvironmentId) -> Result<i64> {
    let count = tx.row(COUNT_IN, vec![Val::id(environment)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// The latest events of an environment, or a part of them, the last one first.
pub async fn latest_in(
    tx: &mut Tx,
    environment: EnvironmentId,
    rows: u32,
    part: Part,
) -> Result<Vec<Followed>> {
    let rows = part.rows(i64::from(rows));
    let params = vec![Val::id(environment), rows.into(), part.skip().into()];
    tx.rows(LATEST_IN, params, read_followed).await
}

/// When the oldest event of an environment that is kept happened.
pub async fn oldest_in(tx: &mut Tx, environment: EnvironmentId) -> Result<Option<Time>> {
    tx.row(OLDEST_IN, vec![Val::id(environment)], |row| row.time(0))
        .await
}

/// Forgets some of the events of an environment that happened before a time,
/// the oldest first, and none of its latest `kept`. Answers how many.
pub async fn prune_in(
    tx: &mut Tx,
    environment: EnvironmentId,
    (kept, rows): (u32, u32),
    before: Time,
) -> Result<usize> {
    let params = vec![
        Val::id(environment),
        kept.into(),
        rows.into(),
        before.into(),
    ];
    let gone = tx.rows(PRUNE_IN, params, |_| Ok(())).await?;
    Ok(gone.len())
}

fn read_followed(row: &Row<'_>) -> Result<Followed> {
    Ok(Followed {
        cursor: read_cursor(row)?,
        what: row.word(2, Happening::parse)?,
        subject: row.uuid(3)?,
        body: row.text(4)?,
        actor: row.opt_id(5)?,
        project: row.opt_id(6)?,
        at: row.time(7)?,
        environment: row.opt_id(8)?,
    })
}

/// How far a follower has come that keeps its place in the database.
pub async fn place(tx: &mut Tx, follower: &'static str) -> Result<Cursor> {
    let place = tx.row(PLACE, vec![follower.into()], read_cursor).await?;
    place.ok_or_else(Error::internal)
}

/// Moves a follower from one place to another.
///
/// # Errors
/// `Conflict` when it is not there any more: another node moved it.
pub async fn go_on(tx: &mut Tx, follower: &'static str, from: Cursor, to: Cursor) -> Result<()> {
    let params = vec![
        to.writer.into(),
        to.seq.into(),
        follower.into(),
        from.writer.into(),
        from.seq.into(),
    ];
    tx.write_or(GO_ON, params, || {
        Error::conflict(
            "follower_moved",
            "another node has gone on from here: look again",
        )
    })
    .await
}

fn read_cursor(row: &Row<'_>) -> Result<Cursor> {
    Ok(Cursor {
        writer: row.int(0)?,
        seq: row.int(1)?,
    })
}
