//! What runs by itself while a server runs: following the event log for what
//! other processes changed, taking back claims that ran out, forgetting kept
//! answers, calling webhooks.
//!
//! **Invariant:** everything here reaches the database through operations of
//! `app`, may run on any node, and loses nothing when it is stopped.
//!
//! To add something, write a function like `prune` that does one
//! bounded round, and a line in `Runtime::start`.

pub mod agents;
mod forget;
pub mod github;
mod jobs;
pub mod models;
pub mod outgoing;
mod tools;
pub mod vault;
mod webhooks;
pub mod workspace;

use std::time::Duration;

use app::App;
use app::ops::alarms::{self, Alarm};
use app::ops::holds::{Due, Mature};
use app::ops::runs::{Forget, Reap};
use app::ops::server::{Follow, Followed, Prune};
use app::ops::tasks::{Alarmed, Ring};
use domain::policy::Actor;
use domain::{Kind, Result, limits};
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often the event log is looked at; other processes' changes arrive
/// within a second (design 3.5).
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
const EXPIRE_EVERY: Duration = Duration::from_secs(1);
const REAP_EVERY: Duration = Duration::from_secs(5);
/// How often listeners are given a sign of life (Polpo 2.11).
const BEAT_EVERY: Duration = Duration::from_secs(30);
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// How many operations of one round are under way.
const CALLS_AT_ONCE: usize = 32;

/// How long work that is under way may go on when the server stops.
const LAST_CALLS: Duration = Duration::from_millis(1_500);

/// The running background tasks; dropping it stops them.
pub struct Runtime {
    tasks: JoinSet<()>,
    /// Those that are asked to stop and given a moment.
    finishing: JoinSet<()>,
    stopping: watch::Sender<bool>,
}

impl Runtime {
    /// Starts them.
    pub fn start(app: &App) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(follow(app.clone()));
        tasks.spawn(forget::forget(app.clone()));
        tasks.spawn(every(
            EXPIRE_EVERY,
            app.clone(),
            "doing what is due for tasks",
            ring,
        ));
        tasks.spawn(every(
            EXPIRE_EVERY,
            app.clone(),
            "releasing rewards",
            mature,
        ));
        tasks.spawn(every(
            EXPIRE_EVERY,
            app.clone(),
            "doing what is due for missions",
            alarms,
        ));
        tasks.spawn(every(
            EXPIRE_EVERY,
            app.clone(),
            "looking at deadlines of jobs",
            jobs::deadlines,
        ));
        tasks.spawn(every(
            REAP_EVERY,
            app.clone(),
            "ending runs that nobody attends",
            reap,
        ));
        tasks.spawn(every(
            PRUNE_EVERY,
            app.clone(),
            "forgetting kept answers",
            prune,
        ));
        tasks.spawn(every(
            PRUNE_EVERY,
            app.clone(),
            "forgetting deliveries",
            webhooks::forget,
        ));
        tasks.spawn(every(BEAT_EVERY, app.clone(), "beating", beat));
        let stopping = watch::Sender::new(false);
        let mut finishing = JoinSet::new();
        let work = webhooks::Work::default();
        tasks.spawn(webhooks::fill(app.clone(), work.clone()));
        finishing.spawn(webhooks::empty(app.clone(), work, stopping.subscribe()));
        finishing.spawn(jobs::engine(app.clone(), stopping.subscribe()));
        Self {
            tasks,
            finishing,
            stopping,
        }
    }

    /// Runs something of the caller's own beside them.
    pub fn also_every(&mut self, period: Duration, round: impl Fn() + Send + 'static) {
        self.tasks.spawn(async move {
            let mut ticks = ticks(period);
            loop {
                ticks.tick().await;
                round();
            }
        });
    }

    /// Stops them between two rounds or in the middle of one; a round that is
    /// cut off is done again at the next start. What was sent is written down
    /// first, so that it is not sent again.
    pub async fn stop(mut self, app: &App) {
        self.stopping.send_replace(true);
        let _ = timeout(LAST_CALLS, app.end_turns()).await;
        let finished = async { while self.finishing.join_next().await.is_some() {} };
        // What takes longer is cut off like everything else.
        let _ = timeout(LAST_CALLS, finished).await;
        self.finishing.shutdown().await;
        self.tasks.shutdown().await;
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn every<F: Future<Output = Result<()>>>(
    period: Duration,
    app: App,
    what: &'static str,
    round: fn(App) -> F,
) {
    let mut ticks = ticks(period);
    loop {
        ticks.tick().await;
        if let Err(error) = round(app.clone()).await {
            tracing::warn!(%error, "{what} failed; it is tried again");
        }
    }
}

/// One task's failure keeps none of the others.
async fn ring(app: App) -> Result<()> {
    loop {
        let due = app.call(&Actor::System, Alarmed).await?;
        let is_all = due.len() < limits::SWEEP_ROWS as usize;
        let calls = due.into_iter().map(|task| {
            let app = app.clone();
            async move { app.call(&Actor::System, Ring { task }).await }
        });
        all(calls).await?;
        if is_all {
            return Ok(());
        }
    }
}

async fn mature(app: App) -> Result<()> {
    loop {
        let due = app.call(&Actor::System, Due).await?;
        let is_all = due.len() < limits::SWEEP_ROWS as usize;
        let calls = due.into_iter().map(|account| {
            let app = app.clone();
            async move { app.call(&Actor::System, Mature { account }).await }
        });
        all(calls).await?;
        if is_all {
            return Ok(());
        }
    }
}

/// What is due for missions, schedules and wishes for consent. What cannot be
/// done is told and passed over; it would fail every second.
async fn alarms(app: App) -> Result<()> {
    let due = app.call(&Actor::System, alarms::Due).await?;
    let calls = due.into_iter().map(|alarm| ring_one(app.clone(), alarm));
    all(calls).await
}

async fn ring_one(app: App, alarm: Alarm) -> Result<()> {
    let ring = alarms::Ring {
        alarm: alarm.clone(),
    };
    let Err(error) = app.call(&Actor::System, ring).await else {
        return Ok(());
    };
    if matches!(error.kind, Kind::Unavailable | Kind::OutcomeUnknown) {
        return Err(error);
    }
    let why = error.message.to_string();
    app.call(&Actor::System, alarms::Skip { alarm, why }).await
}

async fn beat(app: App) -> Result<()> {
    app.beat();
    Ok(())
}

/// Makes all calls, some at a time, and answers the first failure.
async fn all(calls: impl Iterator<Item = impl Future<Output = Result<()>>>) -> Result<()> {
    let mut answers = futures_util::stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
    let mut outcome = Ok(());
    while let Some(answer) = answers.next().await {
        outcome = outcome.and(answer);
    }
    outcome
}

/// A node's own runs are its own matter; those of others are ended when their
/// lease has.
async fn reap(app: App) -> Result<()> {
    let is_alone = app.store().is_embedded();
    while app.call(&Actor::System, Reap { is_alone }).await? {}
    Ok(())
}

async fn prune(app: App) -> Result<()> {
    app.call(&Actor::System, Forget).await?;
    while app.call(&Actor::System, Prune).await? > 0 {}
    Ok(())
}

/// Forgets what other processes changed.
async fn follow(app: App) {
    let mut ticks = ticks(FOLLOW_EVERY);
    let mut news = app.news();
    let mut seen: Option<Followed> = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = heard(&app, &mut news) => {}
        }
        seen = look(&app, seen).await;
    }
}

/// Until something was written that somebody waits for.
async fn heard(app: &App, news: &mut watch::Receiver<()>) {
    app.wanted().await;
    // The application outlives what runs beside it.
    let _ = news.changed().await;
}

async fn look(app: &App, mut seen: Option<Followed>) -> Option<Followed> {
    loop {
        let after = seen.as_ref().map(|s| s.cursor);
        let Ok(mut now) = app.call(&Actor::System, Follow { after }).await else {
            return seen;
        };
        if seen
            .as_ref()
            .is_some_and(|s| s.incarnation != now.incarnation)
        {
            // Another database stands in this one's place: its log begins
            // somewhere else.
            app.forget_everything();
            seen = None;
            continue;
        }
        for account in &now.touched {
            app.forget_account(*account);
        }
        app.tell(std::mem::take(&mut now.hosted));
        if !now.more {
            return Some(now);
        }
        seen = Some(now);
    }
}
