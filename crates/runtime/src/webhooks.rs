//! Webhooks on their way: follows the log, fills the queue, empties it.
//!
//! Two loops. [`fill`] looks at the log when this process has written into it,
//! and every half second for what others wrote; [`empty`] takes endpoints
//! whose turn has come, has them called and writes down what came of it.
//!
//! **Invariant:** everything that must not be lost is in the database; what is
//! cut off here is taken up again by whoever finds its lease run out.
//!
//! The rules of the queue are in `app::ops::webhooks`, those about addresses in
//! [`outgoing`](crate::outgoing).

mod courier;
mod message;

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::ops::webhooks::{FanOut, Forget, Gather, Gathered, Place, Turn, Visit};
use domain::policy::Actor;
use domain::time::Span;
use domain::{Kind, Result, Time, limits};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::ticks;
use courier::Courier;

/// How often the database is looked at without being told to.
const POLL: Duration = Duration::from_millis(500);
/// How often the log is looked at when much happens.
const PACE: Duration = Duration::from_millis(10);
/// When to look again after news: what it told of may stand behind a
/// transaction that still ran.
const SECOND_LOOKS: [Duration; 2] = [Duration::from_millis(15), Duration::from_millis(60)];
/// How old the stored place in the log may be where nothing was to be told.
const STORE_AFTER: Span = Span::seconds(5);

/// Endpoints that are being called.
type Visits = JoinSet<Option<Visit>>;

/// What one loop tells the other: there is something to send.
pub(crate) type Work = Arc<Notify>;

/// Forgets old deliveries.
pub(crate) async fn forget(app: App) -> Result<()> {
    while app.call(&Actor::System, Forget).await? > 0 {}
    Ok(())
}

/// Follows the log and fills the queue.
pub(crate) async fn fill(app: App, work: Work) {
    let mut news = app.news();
    let mut pace = ticks(PACE);
    let mut filling = Filling {
        place: None,
        stored: app.now(),
    };
    let mut looks = 0;
    loop {
        pace.tick().await;
        news.mark_unchanged();
        match filling.round(&app, &work).await {
            Ok(true) => continue,
            Ok(false) => {}
            // Another node was faster: look again from where it came to.
            Err(error) if error.kind == Kind::Conflict => continue,
            Err(error) => {
                tracing::warn!(%error, "webhooks: the log could not be followed; it is tried again")
            }
        }
        let wait = SECOND_LOOKS.get(looks).copied().unwrap_or(POLL);
        looks = match timeout(wait, news.changed()).await {
            Ok(_) => 0,
            Err(_) => looks.saturating_add(1),
        };
    }
}

/// How far [`fill`] has come.
struct Filling {
    place: Option<Place>,
    stored: Time,
}

impl Filling {
    /// One look; true when there is more.
    async fn round(&mut self, app: &App, work: &Notify) -> Result<bool> {
        let after = self.place.clone();
        let gathered: Gathered = app.call(&Actor::System, Gather { after }).await?;
        let more = gathered.more;
        let place = gathered.place.clone();
        let is_old = app.now() > self.stored.plus(STORE_AFTER) && gathered.has_moved();
        if gathered.is_due() || is_old {
            let gathered = Arc::new(gathered);
            app.call(&Actor::System, FanOut { gathered }).await?;
            self.stored = app.now();
            work.notify_one();
        }
        // Only now: what could not be written is found again.
        self.place = Some(place);
        Ok(more)
    }
}

/// Empties the queue, until it is asked to stop.
pub(crate) async fn empty(app: App, work: Work, mut stopping: watch::Receiver<bool>) {
    let courier = Arc::new(Courier::new(app.clone(), stopping.clone()));
    let mut polls = ticks(POLL);
    let mut visits: Visits = JoinSet::new();
    let mut done = Arc::new(Vec::new());
    loop {
        let is_stopping = *stopping.borrow_and_update();
        if is_stopping && visits.is_empty() && done.is_empty() {
            return;
        }
        let take = if is_stopping { 0 } else { room(&visits) };
        let turn = Turn {
            done: Arc::clone(&done),
            take,
        };
        match app.call(&Actor::System, turn).await {
            Ok(taken) => {
                done = Arc::default();
                let is_full = take > 0 && taken.len() == take as usize;
                for taken in taken {
                    visits.spawn(Arc::clone(&courier).visit(taken));
                }
                if is_full && room(&visits) > 0 {
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "webhooks: the queue could not be worked on; it is tried again");
                polls.tick().await;
            }
        }
        tokio::select! {
            Some(visit) = visits.join_next() => collect(visit, &mut done),
            () = work.notified(), if room(&visits) > 0 => {}
            _ = stopping.changed(), if !is_stopping => {}
            _ = polls.tick() => {}
        }
        while let Some(visit) = visits.try_join_next() {
            collect(visit, &mut done);
        }
    }
}

/// How many more endpoints may be taken now.
fn room(visits: &Visits) -> u32 {
    let room = limits::WEBHOOKS_IN_FLIGHT.saturating_sub(visits.len());
    u32::try_from(room).map_or(0, |room| room.min(limits::WEBHOOKS_AT_ONCE))
}

fn collect(visit: Result<Option<Visit>, tokio::task::JoinError>, done: &mut Arc<Vec<Visit>>) {
    match visit {
        Ok(visit) => Arc::make_mut(done).extend(visit),
        Err(cause) => {
            tracing::error!(%cause, "webhooks: a visit ended in a defect; its lease runs out")
        }
    }
}
