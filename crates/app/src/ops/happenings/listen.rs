//! Listening to an environment: first what was missed, then what happens.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use domain::policy::{Actor, Permission};
use domain::{Error, Result};
use futures_core::Stream;
use store::tables::events::Cursor;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{End, Since};
use crate::hub::{Beat, Told};
use crate::{App, Effect, Errand};

/// Listens to the environment of the key that is shown.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The last event that was seen, as it was written; without one what
    /// happens from now on.
    pub after: Option<String>,
    /// Which events are wanted, as the door names them.
    pub filter: Vec<String>,
}

/// A stream of what happens, and what was asked of it.
pub struct Listening {
    /// It.
    pub beats: Beats,
    /// Which events are wanted.
    pub filter: Vec<String>,
}

/// What happens, one after the other. Whoever is slow reads it from the log, at
/// its own pace: nothing waits for it in memory.
pub type Beats = Pin<Box<dyn Stream<Item = Beat> + Send>>;

impl Errand for Listen {
    type Output = Listening;
    const NAME: &'static str = "happenings.listen";
    const NEEDS: Permission = Permission::Host;
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, app: &App, actor: &Actor) -> Result<Listening> {
        let after = match self.after.as_deref() {
            None => None,
            Some(text) => Some(Cursor::read(text).ok_or_else(unreadable)?),
        };
        // Heard first and looked up then: nothing falls between the two.
        let live = app.hub().listen(actor.environment()?).await;
        let (_, end) = app.call(actor, End).await?;
        let listener = Listener {
            app: app.clone(),
            actor: actor.clone(),
            seen: after.unwrap_or(end),
            missed: VecDeque::new(),
            catches_up: true,
            live,
        };
        Ok(Listening {
            beats: Box::pin(futures_util::stream::unfold(listener, Listener::next)),
            filter: self.filter,
        })
    }
}

fn unreadable() -> Error {
    Error::invalid(
        "invalid_event_id",
        "Last-Event-ID is not one that this server gave out: leave it out to hear what happens from now on",
    )
}

struct Listener {
    app: App,
    actor: Actor,
    seen: Cursor,
    missed: VecDeque<Arc<Told>>,
    catches_up: bool,
    live: broadcast::Receiver<Beat>,
}

impl Listener {
    async fn next(mut self) -> Option<(Beat, Self)> {
        let beat = loop {
            if let Some(told) = self.missed().await? {
                break Beat::Event(told);
            }
            match self.heard().await {
                Ok(beat) => break beat,
                // What was passed over is in the log.
                Err(RecvError::Lagged(_)) => self.catches_up = true,
                Err(RecvError::Closed) => return None,
            }
        };
        if let Beat::Event(told) = &beat {
            self.seen = told.cursor;
        }
        Some((beat, self))
    }

    /// The next event that was missed; the stream ends when the database
    /// cannot be asked, and is taken up again by its reader.
    async fn missed(&mut self) -> Option<Option<Arc<Told>>> {
        if self.missed.is_empty() && self.catches_up {
            let since = Since { after: self.seen };
            let found = self.app.call(&self.actor, since).await.ok()?;
            self.catches_up = !found.is_empty();
            let told = found
                .into_iter()
                .map(|followed| Arc::new(Told::of(followed)));
            self.missed.extend(told);
        }
        Some(self.missed.pop_front())
    }

    /// What comes next and was not seen.
    async fn heard(&mut self) -> Result<Beat, RecvError> {
        loop {
            match self.live.recv().await? {
                Beat::Event(told) if told.cursor <= self.seen => {}
                beat => return Ok(beat),
            }
        }
    }
}
