//! Runs of hosted agents: what they used, and what durable ones said
//! (Polpo 2.15).
//!
//! **Invariant:** a run that is `running` has a node that renews its lease;
//! one whose lease has ended is nobody's and is ended by whoever finds it.
//! Frames are numbered from 1 without gaps, `frames` is the last number.

use domain::id::{EnvironmentId, MessageId, RunId};
use domain::page::Part;
use domain::{Result, Time, limits};
use uuid::Uuid;

use crate::{Row, Tx, Val};

domain::words! {
    /// How a run stands.
    pub enum Status {
        /// It goes on.
        Running = "running",
        /// It came to its end.
        Completed = "completed",
        /// It failed.
        Failed = "failed",
        /// Somebody ended it.
        Cancelled = "cancelled",
        /// Its node went away.
        Interrupted = "interrupted",
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// Who works.
    pub agent: Option<String>,
    /// In which session.
    pub session: Option<String>,
    /// The message there that it fills.
    pub answer: Option<MessageId>,
    /// Which model was asked.
    pub model: String,
    /// How it stands.
    pub status: Status,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether its frames are kept and it goes on without its caller.
    pub is_durable: bool,
    /// The number of its last frame that is kept.
    pub frames: i64,
    /// Whether somebody wants it ended.
    pub is_cancelled: bool,
    /// Tokens that were read.
    pub prompt_tokens: i64,
    /// Tokens that were written.
    pub completion_tokens: i64,
    /// What it cost, in millionths of a credit.
    pub micro_credits: i64,
    /// When it began.
    pub created_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
}

/// Whose a run is, and how long without a further word.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// The node.
    pub node: Uuid,
    /// When somebody else may end it.
    pub ends: Time,
}

/// Something that was said to a run at another node than its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its place among them, from 1; some may be missing.
    pub number: i64,
    /// The caller's id for it.
    pub id: String,
    /// When it is to be heard.
    pub manner: String,
    /// What was said.
    pub text: String,
}

/// Several frames that were stored at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames {
    /// The number of the last one.
    pub last: i64,
    /// One JSON object in each line.
    pub lines: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment, agent, session, answer, model, status, error, is_durable, frames, is_cancelled, \
             prompt_tokens, completion_tokens, micro_credits, created_at, ended_at from runs ",
            $rest
        )
    };
}

statements! {
    PUT = "insert into runs (id, environment, agent, session, answer, model, status, error, is_durable, frames, is_cancelled, \
        node, lease_ends, prompt_tokens, completion_tokens, micro_credits, created_at, ended_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    INSERT = "insert into runs (id, environment, agent, session, answer, model, status, error, is_durable, frames, is_cancelled, \
        node, lease_ends, prompt_tokens, completion_tokens, micro_credits, created_at, ended_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
        on conflict do nothing returning id";
    FIND = select!("where environment = $1 and id = $2");
    OF_SESSION = select!("where environment = $1 and session = $2 order by id limit $3 offset $4");
    END = "update runs set status = $1, error = $2, frames = $3, prompt_tokens = prompt_tokens + $4, \
        completion_tokens = completion_tokens + $5, micro_credits = micro_credits + $6, ended_at = $7 \
        where id = $8 and status = 'running' returning id";
    ADD = "update runs set prompt_tokens = prompt_tokens + $1, completion_tokens = completion_tokens + $2, \
        micro_credits = micro_credits + $3 where id = $4";
    RENEW = "update runs set lease_ends = $1, frames = $2 where id = $3 and status = 'running' returning is_cancelled";
    CANCEL = "update runs set is_cancelled = 1 where environment = $1 and id = $2 and status = 'running'";
    DEAD = select!("where status = 'running' and lease_ends < $1 and node <> $2 order by lease_ends limit $3");
    KEEP = "insert into run_frames (run, last, frames) values ($1, $2, $3)";
    FRAMES = "select last, frames from run_frames where run = $1 and last > $2 order by last limit $3";
    FORGET = "delete from run_frames where run < $1";
    FORGET_LETTERS = "delete from run_letters where run < $1";
    FORGET_ALONE = "delete from runs where id in (select id from runs where session is null and id < $1 order by id limit $2) \
        and status <> 'running'";
    NEXT_LETTER = "update runs set letters = letters + 1 where id = $1 and status = 'running' and lease_ends > $2 and hears = 1 \
        and letters < $3 and letters - letters_heard < $4 returning letters";
    HEARS = "select hears from runs where id = $1 and status = 'running' and lease_ends > $2";
    KNOWN_LETTER = "select number from run_letters where run = $1 and id = $2";
    PUT_LETTER = "insert into run_letters (run, number, id, manner, content) values ($1, $2, $3, $4, $5) \
        on conflict do nothing returning number";
    HAS_LETTERS = "select letters - letters_heard from runs where id = $1";
    HEARD = "select letters_heard from runs where id = $1";
    HEAR = "update runs set letters_heard = letters where id = $1 and letters > letters_heard returning letters";
    LETTERS = "select number, id, manner, content from run_letters where run = $1 and number > $2 order by number limit $3";
    CLOSE = "update runs set hears = 0 where id = $1 and letters = letters_heard returning id";
    SPEND = "update environments set spent_micro = spent_micro + $1, spent = (spent_micro + $1) / 1000000 where id = $2";
}

fn read(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        id: row.id(0)?,
        environment: row.id(1)?,
        agent: row.opt_text(2)?,
        session: row.opt_text(3)?,
        answer: row.opt_id(4)?,
        model: row.text(5)?,
        status: row.word(6, Status::parse)?,
        error: row.opt_text(7)?,
        is_durable: row.int(8)? != 0,
        frames: row.int(9)?,
        is_cancelled: row.int(10)? != 0,
        prompt_tokens: row.int(11)?,
        completion_tokens: row.int(12)?,
        micro_credits: row.int(13)?,
        created_at: row.time(14)?,
        ended_at: row.opt_time(15)?,
    })
}

/// Stores a run; false when it is known.
pub async fn insert(tx: &mut Tx, run: &Run, lease: Lease) -> Result<bool> {
    let params = params(run, lease);
    Ok(tx.row(INSERT, params, |_| Ok(())).await?.is_some())
}

/// Stores a run that nobody knows yet.
pub async fn put(tx: &mut Tx, run: &Run, lease: Lease) -> Result<()> {
    tx.write(PUT, params(run, lease)).await
}

fn params(run: &Run, lease: Lease) -> Vec<Val> {
    let Run {
        id,
        environment,
        agent,
        session,
        answer,
        model,
        status,
        error,
        is_durable,
        frames,
        is_cancelled,
        prompt_tokens,
        completion_tokens,
        micro_credits,
        created_at,
        ended_at,
    } = run;
    vec![
        Val::id(*id),
        Val::id(*environment),
        agent.clone().into(),
        session.clone().into(),
        answer.map(Val::id).into(),
        model.into(),
        status.as_str().into(),
        error.clone().into(),
        i64::from(*is_durable).into(),
        (*frames).into(),
        i64::from(*is_cancelled).into(),
        lease.node.into(),
        lease.ends.into(),
        (*prompt_tokens).into(),
        (*completion_tokens).into(),
        (*micro_credits).into(),
        (*created_at).into(),
        (*ended_at).into(),
    ]
}

/// A run.
pub async fn find(tx: &mut Tx, environment: EnvironmentId, id: RunId) -> Result<Option<Run>> {
    let params = vec![Val::id(environment), Val::id(id)];
    tx.row(FIND, params, read).await
}

/// The runs of a session, the first first.
pub async fn of_session(
    tx: &mut Tx,
    environment: EnvironmentId,
    session: &str,
    rows: u32,
    part: Part,
) -> Result<Vec<Run>> {
    let rows = part.rows(i64::from(rows));
    let params = vec![
        Val::id(environment),
        session.to_owned().into(),
        rows.into(),
        part.skip().into(),
    ];
    tx.rows(OF_SESSION, params, read).await
}

/// Ends a run with what `run` says about its end; what it used is added.
/// False when it had ended.
pub async fn end(tx: &mut Tx, run: &Run) -> Result<bool> {
    let params = vec![
        run.status.as_str().into(),
        run.error.clone().into(),
        run.frames.into(),
        run.prompt_tokens.into(),
        run.completion_tokens.into(),
        run.micro_credits.into(),
        run.ended_at.into(),
        Val::id(run.id),
    ];
    Ok(tx.row(END, params, |_| Ok(())).await?.is_some())
}

/// Adds to what a run used.
pub async fn add(tx: &mut Tx, id: RunId, prompt: i64, completion: i64, micro: i64) -> Result<()> {
    let params = vec![prompt.into(), completion.into(), micro.into(), Val::id(id)];
    tx.write(ADD, params).await
}

/// Renews the lease of a run; answers whether somebody wants it ended, and
/// nothing when it has ended.
pub async fn renew(tx: &mut Tx, id: RunId, ends: Time, frames: i64) -> Result<Option<bool>> {
    let params = vec![ends.into(), frames.into(), Val::id(id)];
    tx.row(RENEW, params, |row| Ok(row.int(0)? != 0)).await
}

/// Notes that somebody wants a run ended.
pub async fn cancel(tx: &mut Tx, environment: EnvironmentId, id: RunId) -> Result<()> {
    let params = vec![Val::id(environment), Val::id(id)];
    tx.write(CANCEL, params).await
}

/// Runs whose lease ended before a time and that are not this node's.
pub async fn dead(tx: &mut Tx, before: Time, node: Uuid, rows: u32) -> Result<Vec<Run>> {
    let params = vec![before.into(), node.into(), rows.into()];
    tx.rows(DEAD, params, read).await
}

/// Stores frames.
pub async fn keep(tx: &mut Tx, id: RunId, frames: Frames) -> Result<()> {
    let Frames { last, lines } = frames;
    tx.write(KEEP, vec![Val::id(id), last.into(), lines.into()])
        .await
}

/// Frames in their rows, from the row that has what comes behind a number.
pub async fn frames(tx: &mut Tx, id: RunId, after: i64, rows: u32) -> Result<Vec<Frames>> {
    let params = vec![Val::id(id), after.into(), rows.into()];
    tx.rows(FRAMES, params, |row| {
        Ok(Frames {
            last: row.int(0)?,
            lines: row.text(1)?,
        })
    })
    .await
}

/// Forgets the frames of runs that began before a time, and what was said to
/// them. Ids sort by the time of their making.
pub async fn forget(tx: &mut Tx, before: Time) -> Result<()> {
    let before = domain::id::first_at(before);
    tx.write(FORGET, vec![before.into()]).await?;
    tx.write(FORGET_LETTERS, vec![before.into()]).await
}

/// Forgets some of the runs that began before a time, ended, and are in no
/// session, so that nobody is shown them.
pub async fn forget_alone(tx: &mut Tx, before: Time, rows: u32) -> Result<()> {
    let params = vec![domain::id::first_at(before).into(), rows.into()];
    tx.write(FORGET_ALONE, params).await
}

/// The number of the next letter for a run, whose row is held from then on;
/// nothing where it takes none: its node went away, it is about to end, or too
/// much waits.
pub async fn next_letter(tx: &mut Tx, id: RunId, now: Time) -> Result<Option<i64>> {
    let in_all = i64::try_from(limits::STEERING_IN_ALL).unwrap_or(i64::MAX);
    let waiting = i64::try_from(limits::STEERING_WAITING).unwrap_or(i64::MAX);
    let params = vec![Val::id(id), now.into(), in_all.into(), waiting.into()];
    tx.row(NEXT_LETTER, params, |row| row.int(0)).await
}

/// Whether a run takes letters at all; nothing where nobody attends it.
pub async fn hears(tx: &mut Tx, id: RunId, now: Time) -> Result<Option<bool>> {
    let params = vec![Val::id(id), now.into()];
    tx.row(HEARS, params, |row| Ok(row.int(0)? != 0)).await
}

/// Whether a letter of this id was stored.
pub async fn is_known_letter(tx: &mut Tx, run: RunId, id: String) -> Result<bool> {
    let params = vec![Val::id(run), id.into()];
    Ok(tx.row(KNOWN_LETTER, params, |_| Ok(())).await?.is_some())
}

/// Stores a letter; false where there is one of its id.
pub async fn put_letter(tx: &mut Tx, run: RunId, letter: Letter) -> Result<bool> {
    let Letter {
        number,
        id,
        manner,
        text,
    } = letter;
    let params = vec![
        Val::id(run),
        number.into(),
        id.into(),
        manner.into(),
        text.into(),
    ];
    Ok(tx.row(PUT_LETTER, params, |_| Ok(())).await?.is_some())
}

/// Whether letters wait for a run.
pub async fn has_letters(tx: &mut Tx, run: RunId) -> Result<bool> {
    let waiting = tx.row(HAS_LETTERS, vec![Val::id(run)], |row| row.int(0));
    Ok(waiting.await?.is_some_and(|waiting| waiting > 0))
}

/// Takes the letters that wait for a run. For the node that attends it alone.
pub async fn take_letters(tx: &mut Tx, run: RunId, rows: u32) -> Result<Vec<Letter>> {
    let id = || vec![Val::id(run)];
    let heard = tx.row(HEARD, id(), |row| row.int(0)).await?;
    let Some(heard) = heard else {
        return Ok(Vec::new());
    };
    // Its row is held now: what was written before is there to be read.
    if tx.row(HEAR, id(), |_| Ok(())).await?.is_none() {
        return Ok(Vec::new());
    }
    let params = vec![Val::id(run), heard.into(), rows.into()];
    tx.rows(LETTERS, params, |row| {
        Ok(Letter {
            number: row.int(0)?,
            id: row.text(1)?,
            manner: row.text(2)?,
            text: row.text(3)?,
        })
    })
    .await
}

/// Lets a run take no more letters; false where some wait, or where the run is
/// not known.
pub async fn close(tx: &mut Tx, run: RunId) -> Result<bool> {
    Ok(tx
        .row(CLOSE, vec![Val::id(run)], |_| Ok(()))
        .await?
        .is_some())
}

/// Adds to what an environment's runs have cost, in millionths of a credit.
pub async fn spend(tx: &mut Tx, environment: EnvironmentId, micro_credits: i64) -> Result<()> {
    let params = vec![micro_credits.into(), Val::id(environment)];
    tx.write(SPEND, params).await
}
