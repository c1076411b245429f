//! Tells listeners in this process what happens in their environments.
//!
//! The one follower of the log (`runtime`) hands over what it reads; each
//! listener of an environment gets it from there, already in the order of the
//! log. What a listener is slower than by [`limits::EVENTS_BEHIND`] events is
//! forgotten here; it reads it from the log itself, at its own pace.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use dashmap::DashMap;
use domain::event::Happening;
use domain::id::EnvironmentId;
use domain::{Time, limits};
use store::tables::events::{Cursor, Followed};
use tokio::sync::{Notify, broadcast, watch};

/// Something that happened in an environment.
#[derive(Debug)]
pub struct Told {
    /// Where to go on after it.
    pub cursor: Cursor,
    /// What.
    pub what: Happening,
    /// The facts, a JSON object.
    pub body: String,
    /// When.
    pub at: Time,
    /// What a door made of it, for all of its listeners.
    rendered: OnceLock<Bytes>,
}

impl Told {
    pub(crate) fn of(followed: Followed) -> Self {
        let Followed {
            cursor,
            what,
            body,
            at,
            ..
        } = followed;
        Self {
            cursor,
            what,
            body,
            at,
            rendered: OnceLock::new(),
        }
    }

    /// What a door makes of it, made once.
    pub fn rendered(&self, render: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.rendered.get_or_init(|| render(self)).clone()
    }
}

/// One thing of a stream.
#[derive(Clone, Debug)]
pub enum Beat {
    /// Something happened.
    Event(Arc<Told>),
    /// Nothing did, perhaps, but the server is there.
    Heartbeat,
}

type Channel = broadcast::Sender<Beat>;

/// The listeners of this process.
pub(crate) struct Hub {
    channels: DashMap<EnvironmentId, Channel>,
    phase: watch::Sender<Phase>,
    /// Somebody listens now.
    arrived: Notify,
}

/// What listeners can expect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The follower has no place in the log yet.
    Before,
    /// What is committed from now on is told.
    Telling,
    /// The server stops: nothing more is told.
    Over,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            channels: DashMap::new(),
            phase: watch::Sender::new(Phase::Before),
            arrived: Notify::new(),
        }
    }

    /// The follower has its place in the log.
    pub(crate) fn begin(&self) {
        self.phase.send_if_modified(|phase| {
            let is_first = *phase == Phase::Before;
            if is_first {
                *phase = Phase::Telling;
            }
            is_first
        });
    }

    /// Ends every stream: their readers come back to another server.
    pub(crate) fn end(&self) {
        self.phase.send_replace(Phase::Over);
        self.channels.clear();
    }

    /// Until there are listeners.
    pub(crate) async fn wanted(&self) {
        while self.channels.is_empty() {
            self.arrived.notified().await;
        }
    }

    /// Tells those who listen.
    pub(crate) fn tell(&self, followed: Vec<Followed>) {
        for followed in followed {
            let Some(environment) = followed.environment else {
                continue;
            };
            if let Some(channel) = self.channels.get(&environment) {
                // Nobody may be listening any more.
                let _ = channel.send(Beat::Event(Arc::new(Told::of(followed))));
            }
        }
        self.channels
            .retain(|_, channel| channel.receiver_count() > 0);
    }

    /// Gives every listener a sign of life: one timer for all of them.
    pub(crate) fn beat(&self) {
        for channel in &self.channels {
            let _ = channel.send(Beat::Heartbeat);
        }
    }

    /// Listens to an environment. What is committed after this is told.
    pub(crate) async fn listen(&self, environment: EnvironmentId) -> broadcast::Receiver<Beat> {
        let fresh = || broadcast::Sender::new(limits::EVENTS_BEHIND);
        let receiver = self
            .channels
            .entry(environment)
            .or_insert_with(fresh)
            .subscribe();
        self.arrived.notify_one();
        let mut phase = self.phase.subscribe();
        // The follower never goes away before the application does.
        let _ = phase.wait_for(|phase| *phase != Phase::Before).await;
        if *phase.borrow() == Phase::Over {
            self.channels.remove(&environment);
        }
        receiver
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{EnvironmentId, PLATFORM};

    use super::{Beat, Hub};

    #[tokio::test]
    async fn listeners_get_signs_of_life_until_the_end() {
        let hub = Hub::new();
        hub.begin();
        let mut listener = hub.listen(EnvironmentId(PLATFORM)).await;
        hub.beat();
        assert!(matches!(listener.recv().await, Ok(Beat::Heartbeat)));
        hub.end();
        assert!(listener.recv().await.is_err(), "the stream is over");
        let mut late = hub.listen(EnvironmentId(PLATFORM)).await;
        assert!(late.recv().await.is_err(), "nobody is told any more");
    }
}
