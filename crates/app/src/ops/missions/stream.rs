//! A mission is executed, and what happens in it is told as it happens.
//!
//! What is told is heard from the environment's log, so it is told whichever
//! node does the work.

use std::pin::Pin;

use domain::Result;
use domain::event::Happening;
use domain::id::MissionId;
use domain::policy::Actor;
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::execute::{Execute, Executed};
use crate::Beat;
use crate::hub::Told;
use crate::ops::happenings::{Beats, Listen};
use crate::{App, Errand};

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
    pub said: Option<Sayings>,
}

/// What happens in an execution, to its end; nothing in between is a sign of
/// life.
pub type Sayings = Pin<Box<dyn Stream<Item = Option<Said>> + Send>>;

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

impl Errand for ExecuteAloud {
    type Output = Begun;
    operation!("missions.execute_aloud", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Begun> {
        let Self { mission, is_aloud } = self;
        let listen = Listen {
            after: None,
            filter: Vec::new(),
        };
        // Heard before it can begin: nothing is missed.
        let heard = match is_aloud {
            true => Some(listen.run(app, actor).await?.beats),
            false => None,
        };
        let executed = app.call(actor, Execute { mission }).await?;
        let said = heard.map(|beats| sayings(beats, mission, executed.group.clone()));
        Ok(Begun { executed, said })
    }
}

/// What of the things that happen in an environment belongs to an execution.
fn sayings(beats: Beats, mission: MissionId, group: String) -> Sayings {
    let mission = mission.to_string();
    let ours = beats.filter_map(move |beat| {
        std::future::ready(match beat {
            Beat::Heartbeat => Some(None),
            Beat::Event(told) => saying(&told, &mission, &group).map(Some),
        })
    });
    let to_its_end = stream::unfold((ours, false), |(mut ours, is_over)| async move {
        if is_over {
            return None;
        }
        let said: Option<Said> = ours.next().await?;
        let is_over = said.as_ref().is_some_and(|said| said.is_last);
        Some((said, (ours, is_over)))
    });
    Box::pin(to_its_end)
}

fn saying(told: &Told, mission: &str, group: &str) -> Option<Said> {
    let facts: Value = serde_json::from_str(&told.body).ok()?;
    let is_ours = |place: &Value| place.as_str() == Some(group);
    let is_last = match told.what {
        Happening::MissionCompleted => is_ours(&facts["group"]),
        Happening::MissionAborted | Happening::MissionDeleted => {
            facts["missionId"].as_str() == Some(mission)
        }
        _ => false,
    };
    (is_last || is_ours(&facts["group"]) || is_ours(&facts["task"]["group"])).then_some(Said {
        what: told.what,
        facts,
        is_last,
    })
}
