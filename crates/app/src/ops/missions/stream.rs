//! A mission is executed, and what happens in it is told as it happens.
//!
//! What is told is read from the log, so it is told whichever node does the
//! work.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use domain::event::Happening;
use domain::id::{EnvironmentId, MissionId};
use domain::policy::Actor;
use domain::{Result, limits};
use futures_util::stream;
use serde_json::Value;
use store::tables::events::{self, Cursor};
use tokio::sync::watch;
use tokio::time::timeout;

use super::execute::{Execute, Executed};
use crate::{App, Cx, Errand, Op, Pieces};

/// How often the log is looked at where this process hears no news.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After how many looks without news a sign of life is sent.
const QUIET_LOOKS: u32 = 40;

/// Executes a mission, aloud where that is wanted.
#[derive(Clone, Debug)]
pub struct ExecuteAloud {
    /// Which.
    pub mission: MissionId,
    /// Whether what happens is to be told.
    pub is_aloud: bool,
}

/// An execution that began.
pub struct Begun {
    /// What it began with.
    pub executed: Executed,
    /// What happens in it, where that was wanted.
    pub hearing: Option<Hearing>,
}

impl Errand for ExecuteAloud {
    type Output = Begun;
    operation!("missions.execute_aloud", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Begun> {
        let Self { mission, is_aloud } = self;
        let from = app.call(actor, Here).await?;
        let news = app.news();
        let executed = app.call(actor, Execute { mission }).await?;
        let group = executed.group.clone();
        let hearing = is_aloud.then(|| Hearing {
            app: app.clone(),
            actor: actor.clone(),
            heard: Heard {
                after: from,
                mission,
                group,
            },
            news,
            said: VecDeque::new(),
            is_over: false,
        });
        Ok(Begun { executed, hearing })
    }
}

/// The end of the log.
#[derive(Clone, Debug)]
struct Here;

impl Op for Here {
    type Output = Cursor;
    operation!("missions.here", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Cursor> {
        events::end(cx.tx).await
    }
}

/// Something that happened in an execution.
#[derive(Clone, Debug)]
pub struct Said {
    /// What.
    pub what: Happening,
    /// The facts.
    pub facts: Value,
    /// Whether nothing follows.
    pub is_last: bool,
}

/// Reads what happened in an execution.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Behind what.
    pub after: Cursor,
    /// Of which mission.
    pub mission: MissionId,
    /// Which execution.
    pub group: String,
}

impl Op for Heard {
    /// With the place to go on from.
    type Output = (Vec<Said>, Cursor);
    operation!("missions.heard", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let environment: EnvironmentId = cx.actor.environment()?;
        let rows = limits::EVENTS_AT_ONCE;
        let found = events::follow_environment(cx.tx, environment, self.after, rows).await?;
        let mut cursor = self.after;
        let mut said = Vec::new();
        for event in found {
            cursor = event.cursor;
            let facts: Value = serde_json::from_str(&event.body).unwrap_or_default();
            let is_ours = |place: &Value| place.as_str() == Some(self.group.as_str());
            let is_mission = facts["missionId"].as_str() == Some(&self.mission.to_string());
            let is_last = match event.what {
                Happening::MissionCompleted => is_ours(&facts["group"]),
                Happening::MissionAborted | Happening::MissionDeleted => is_mission,
                _ => false,
            };
            if is_last || is_ours(&facts["group"]) || is_ours(&facts["task"]["group"]) {
                let what = event.what;
                said.push(Said {
                    what,
                    facts,
                    is_last,
                });
            }
        }
        Ok((said, cursor))
    }
}

/// Somebody who hears what happens in an execution.
pub struct Hearing {
    app: App,
    actor: Actor,
    heard: Heard,
    news: watch::Receiver<()>,
    said: VecDeque<Said>,
    is_over: bool,
}

impl Hearing {
    /// What happens, in pieces; `None` in between is a sign of life.
    pub fn pieces(self, encode: impl Fn(Option<&Said>) -> Bytes + Send + 'static) -> Pieces {
        let next = |(mut hearing, encode): (Self, _)| async move {
            if hearing.is_over {
                return None;
            }
            let said = hearing.next().await;
            hearing.is_over = said.as_ref().is_some_and(|said| said.is_last);
            let encode_one: &(dyn Fn(Option<&Said>) -> Bytes + Send) = &encode;
            let piece = encode_one(said.as_ref());
            Some((piece, (hearing, encode)))
        };
        Box::pin(stream::unfold((self, encode), next))
    }

    /// The next thing that happens, or nothing for a while.
    async fn next(&mut self) -> Option<Said> {
        for _ in 0..QUIET_LOOKS {
            if let Some(said) = self.said.pop_front() {
                return Some(said);
            }
            self.news.borrow_and_update();
            // What cannot be read now is read at the next look.
            if let Ok((said, cursor)) = self.app.call(&self.actor, self.heard.clone()).await {
                self.heard.after = cursor;
                self.said.extend(said);
            }
            if self.said.is_empty() {
                // Either way it is time to look again.
                let _ = timeout(LOOK_EVERY, self.news.changed()).await;
            }
        }
        None
    }
}

