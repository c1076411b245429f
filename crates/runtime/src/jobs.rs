//! The engine of jobs: takes what is ready, lets agents work, has the results
//! assessed (Polpo 3.1, 3.2).
//!
//! It wakes at once when this process has made something ready, and looks at
//! the database now and then for what other nodes left. Everything that is
//! decided is decided by operations of `app::ops::jobs`.
//!
//! **Invariant:** all state that must not be lost is in the database. A run is
//! leased; whoever goes silent loses it to another node, and what it then
//! reports is passed over. What is under way when the server stops is given
//! back.

mod assess;
mod board;
mod mask;
mod measure;
mod question;
mod review;
mod turn;
mod work;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::ops::jobs::{Alarmed, Beat, Begin, Ring, Take, Waiting};
use domain::id::EnvironmentId;
use domain::policy::Actor;
use domain::{Result, limits};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::ticks;
use board::{Board, Stop};

/// How often the database is looked at without being told to.
const POLL: Duration = Duration::from_secs(1);
/// How often it is written down what agents do, and that this node lives.
const BEAT: Duration = Duration::from_secs(1);

/// Tells what is due about deadlines.
pub(crate) async fn deadlines(app: App) -> Result<()> {
    loop {
        let due = app.call(&Actor::System, Alarmed).await?;
        let is_all = due.len() < limits::SWEEP_ROWS as usize;
        for (environment, job) in due {
            app.call(&Actor::System, Ring { environment, job }).await?;
        }
        if is_all {
            return Ok(());
        }
    }
}

/// Runs jobs until it is asked to stop.
pub(crate) async fn engine(app: App, mut stopping: watch::Receiver<bool>) {
    let Some(node) = begin(&app, &mut stopping).await else {
        return;
    };
    let board = Arc::new(Board::default());
    let beating = tokio::spawn(beat(app.clone(), Arc::clone(&board)));
    let mut engine = Engine {
        app,
        node,
        board,
        queue: VecDeque::new(),
        running: JoinSet::new(),
    };
    engine.run(&mut stopping).await;
    engine.board.stop_all(Stop::GivenBack);
    while engine.running.join_next().await.is_some() {}
    beating.abort();
}

/// Voids what an earlier process held; tried until the database answers.
async fn begin(app: &App, stopping: &mut watch::Receiver<bool>) -> Option<Uuid> {
    let mut polls = ticks(POLL);
    loop {
        tokio::select! {
            _ = polls.tick() => {}
            _ = stopping.changed() => return None,
        }
        match app.call(&Actor::System, Begin).await {
            Ok(node) => return Some(node),
            Err(error) => tracing::warn!(%error, "jobs cannot be run yet; it is tried again"),
        }
    }
}

struct Engine {
    app: App,
    node: Uuid,
    board: Arc<Board>,
    /// Environments in which something may be ready, the longest waiting first.
    queue: VecDeque<EnvironmentId>,
    running: JoinSet<()>,
}

impl Engine {
    async fn run(&mut self, stopping: &mut watch::Receiver<bool>) {
        let mut polls = ticks(POLL);
        loop {
            if *stopping.borrow() {
                return;
            }
            self.hand_out().await;
            let app = self.app.clone();
            tokio::select! {
                rung = app.rung() => {
                    rung.ready.into_iter().for_each(|environment| self.look_at(environment));
                    rung.ended.into_iter().for_each(|run| self.board.stop(run, Stop::Ended));
                }
                Some(done) = self.running.join_next() => note_defect(done),
                _ = polls.tick() => self.poll().await,
                _ = stopping.changed() => {}
            }
        }
    }

    fn look_at(&mut self, environment: EnvironmentId) {
        if !self.queue.contains(&environment) {
            self.queue.push_back(environment);
        }
    }

    async fn poll(&mut self) {
        match self
            .app
            .call(&Actor::System, Waiting { node: self.node })
            .await
        {
            Ok(waiting) => waiting
                .into_iter()
                .for_each(|environment| self.look_at(environment)),
            Err(error) => tracing::warn!(%error, "ready jobs could not be looked for"),
        }
    }

    /// Begins what is ready: a few of each environment in turn.
    async fn hand_out(&mut self) {
        while let Some(done) = self.running.try_join_next() {
            note_defect(done);
        }
        while let Some(most) = self.room() {
            let Some(environment) = self.queue.pop_front() else {
                return;
            };
            let take = Take {
                node: self.node,
                environment,
                most,
            };
            match self.app.call(&Actor::System, take).await {
                Ok(taken) => {
                    let is_full = taken.len() == most as usize;
                    for taken in taken {
                        let stop = self.board.enter(&taken);
                        let work =
                            work::work(self.app.clone(), Arc::clone(&self.board), taken, stop);
                        self.running.spawn(work);
                    }
                    if is_full {
                        self.look_at(environment);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be begun; it is tried again");
                    return;
                }
            }
        }
    }

    /// How many more runs may begin at once, if any.
    fn room(&self) -> Option<u32> {
        let room = limits::RUNS_PER_NODE.saturating_sub(self.running.len());
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        (room > 0).then(|| room.min(limits::RUNS_AT_ONCE))
    }
}

fn note_defect(done: Result<(), tokio::task::JoinError>) {
    if let Err(cause) = done {
        tracing::error!(%cause, "a run ended in a defect; its lease runs out");
    }
}

/// Says again and again that this node lives, and what its agents do.
async fn beat(app: App, board: Arc<Board>) {
    let mut beats = ticks(BEAT);
    loop {
        beats.tick().await;
        let signs = board.signs(app.now());
        if signs.is_empty() {
            continue;
        }
        let beat = Beat {
            signs: signs.clone(),
        };
        match app.call(&Actor::System, beat).await {
            Ok(lost) => lost
                .into_iter()
                .for_each(|run| board.stop(run, Stop::Ended)),
            Err(error) => {
                tracing::warn!(%error, "leases of runs could not be prolonged; it is tried again");
                board.take_back(signs);
            }
        }
    }
}
