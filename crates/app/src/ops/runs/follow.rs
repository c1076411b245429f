//! A durable run is followed from anywhere: what it said, and what it says
//! (Polpo 2.15).
//!
//! **Invariant:** whoever follows reads what is stored, so every node shows the
//! same. The node that attends the run wakes those who wait there.

use std::time::Duration;

use domain::id::RunId;
use domain::policy::Actor;
use domain::{Error, Kind, Result, Time};
use store::tables::runs::{self, Frames, Run, Status};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::own;
use crate::ops::completions::{Frame, Numbered};
use crate::{App, Cx, Errand, Op};

/// How often a run of another node is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Looks between two signs of life.
const LOOKS_PER_PING: u32 = 80;
/// Rows of frames that are read at once.
const ROWS: u32 = 64;
/// Frames that wait for whoever follows.
const AHEAD: usize = 256;

/// Follows a run.
#[derive(Clone, Debug)]
pub struct Follow {
    /// The run.
    pub run: RunId,
    /// The number of the last frame that is known.
    pub cursor: Option<String>,
    /// The same, as browsers send it.
    pub last_event_id: Option<String>,
}

/// A run that is followed.
pub struct Followed {
    /// It.
    pub run: RunId,
    /// When it began.
    pub began: Time,
    /// Whether it is over.
    pub is_over: bool,
    /// What it said and says.
    pub heard: mpsc::Receiver<Heard>,
}

/// What is heard of a run.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A frame.
    Frame(Numbered),
    /// Nothing new, and the line stands.
    Silence,
}

impl Errand for Follow {
    type Output = Followed;
    operation!("runs.follow", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Followed> {
        let after = self.after()?;
        let look = Look {
            run: self.run,
            after,
        };
        let seen = app.call(actor, look).await?;
        let run = &seen.run;
        if !run.is_durable {
            return Err(Error::unavailable(
                "run_delivery_unavailable",
                "this run is not kept: ask for {\"polpo\": {\"delivery\": {\"onDisconnect\": \"continue\"}}} next time",
                0,
            ));
        }
        let attended = app.live().find(run.environment, run.id);
        let is_over = run.status != Status::Running;
        let last = attended.as_ref().map_or(run.frames, |it| it.sent());
        if after > last && (is_over || attended.is_some()) {
            return Err(Error::invalid(
                "run_cursor_ahead",
                format!("this run has said {last} things so far: begin with one of them"),
            ));
        }
        if is_over && seen.frames.is_empty() && run.frames > after {
            return Err(Error::new(
                Kind::Gone,
                "run_cursor_expired",
                "what this run said is not kept any more: its session has the answer",
            ));
        }
        let (sender, heard) = mpsc::channel(AHEAD);
        let followed = Followed {
            run: run.id,
            began: run.created_at,
            is_over,
            heard,
        };
        let news = attended.map(|it| it.kept());
        let (app, actor) = (app.clone(), actor.clone());
        tokio::spawn(async move {
            let following = follow(&app, &actor, look, seen, news, &sender);
            tokio::select! {
                () = following => {}
                () = sender.closed() => {}
            }
        });
        Ok(followed)
    }
}

impl Follow {
    /// Behind which frame to begin.
    fn after(&self) -> Result<i64> {
        let read = |text: &String| {
            let number = text.trim().parse::<i64>().ok();
            number.filter(|number| *number >= 0).ok_or_else(|| {
                Error::invalid(
                    "invalid_run_cursor",
                    "the cursor must be the number of an event of this run",
                )
            })
        };
        let cursor = self.cursor.as_ref().map(read).transpose()?;
        let last = self.last_event_id.as_ref().map(read).transpose()?;
        match (cursor, last) {
            (Some(cursor), Some(last)) if cursor != last => Err(Error::invalid(
                "run_cursor_conflict",
                "the cursor and Last-Event-ID name different events: send one of them",
            )),
            (cursor, last) => Ok(cursor.or(last).unwrap_or(0)),
        }
    }
}

/// Tells what a run says until it is over or nobody listens.
async fn follow(
    app: &App,
    actor: &Actor,
    mut look: Look,
    mut seen: Seen,
    mut news: Option<watch::Receiver<i64>>,
    sender: &mpsc::Sender<Heard>,
) {
    let mut silent = 0_u32;
    loop {
        let is_over = seen.run.status != Status::Running;
        let told = numbered(&seen.frames, look.after);
        let is_at_end = is_over && told.is_empty();
        for frame in told {
            let is_last = frame.frame.is_last();
            look.after = frame.number;
            silent = 0;
            if sender.send(Heard::Frame(frame)).await.is_err() || is_last {
                return;
            }
        }
        if is_at_end {
            return;
        }
        if seen.frames.is_empty() {
            wait(&mut news).await;
            silent = silent.saturating_add(1);
        }
        if silent >= LOOKS_PER_PING {
            silent = 0;
            if sender.send(Heard::Silence).await.is_err() {
                return;
            }
        }
        match app.call(actor, look).await {
            Ok(now) => seen = now,
            Err(_) => return,
        }
    }
}

/// Waits for news of this node, and not long for those of others.
async fn wait(news: &mut Option<watch::Receiver<i64>>) {
    let Some(changes) = news else {
        let _ = timeout(LOOK_EVERY, std::future::pending::<()>()).await;
        return;
    };
    if let Ok(Err(_)) = timeout(LOOK_EVERY, changes.changed()).await {
        // It is not attended any more.
        *news = None;
    }
}

/// The frames behind a number.
fn numbered(rows: &[Frames], after: i64) -> Vec<Numbered> {
    let mut found = Vec::new();
    for row in rows {
        let lines: Vec<_> = row.lines.lines().collect();
        let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        let first = row.last.saturating_sub(count).saturating_add(1);
        for (number, line) in (first..).zip(lines) {
            let written = serde_json::from_str(line).unwrap_or_default();
            if number > after
                && let Some(frame) = Frame::read(&written)
            {
                found.push(Numbered { number, frame });
            }
        }
    }
    found
}

/// Reads how a run stands and what it said behind a frame.
#[derive(Clone, Copy, Debug)]
struct Look {
    run: RunId,
    after: i64,
}

struct Seen {
    run: Run,
    frames: Vec<Frames>,
}

impl Op for Look {
    type Output = Seen;
    operation!("runs.look", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Seen> {
        let run = own(cx, self.run).await?;
        let frames = runs::frames(cx.tx, run.id, self.after, ROWS).await?;
        Ok(Seen { run, frames })
    }
}
