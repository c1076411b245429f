//! One run from its beginning to its end: the agent works, its result is
//! written down and assessed.

use std::sync::Arc;
use std::time::Duration;

use app::ops::jobs::{Clarify, Finish, GiveBack, Holding, Sheet, Stage, Taken};
use app::{App, Op};
use domain::job::{QUESTION_ROUNDS, looks_like_question};
use domain::policy::Actor;
use domain::{Kind, Result};

use crate::ticks;

use super::board::{Board, Stop, Stopped};
use super::turn::{Outcome, Worked, turn};
use super::{assess, question};

/// How often it is tried to write down what came of a run, and how long is
/// waited in between: what cannot be written is done again by somebody else.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Does a run.
pub(super) async fn work(app: App, board: Arc<Board>, taken: Taken, mut stop: Stopped) {
    let holding = taken.holding;
    let done = match taken.stage {
        Stage::Execution => execute(&app, &board, &taken, &mut stop).await,
        Stage::Assessment => {
            let sheet = taken.sheet.clone();
            until_stopped(check(&app, &taken, sheet), &mut stop).await
        }
    };
    match done {
        Ok(()) => {}
        Err(Broken::Stopped(Stop::GivenBack)) => give_back(&app, holding).await,
        Err(Broken::Stopped(Stop::Ended)) => {}
        Err(Broken::Failed(error)) => {
            tracing::warn!(%error, run = %holding.run, "what came of a run could not be written down");
        }
    }
    board.leave(holding.run);
}

/// Why a run did not come to its end here.
enum Broken {
    Stopped(Stop),
    Failed(domain::Error),
}

impl From<domain::Error> for Broken {
    fn from(error: domain::Error) -> Self {
        Self::Failed(error)
    }
}

async fn execute(
    app: &App,
    board: &Board,
    taken: &Taken,
    stop: &mut Stopped,
) -> Result<(), Broken> {
    let worked = match turn(app, board, taken, stop).await {
        Outcome::Ended(worked) => *worked,
        Outcome::Stopped(why) => return Err(Broken::Stopped(why)),
    };
    until_stopped(conclude(app, taken, worked), stop).await
}

/// Writes down what came of the agent's work, and has it assessed.
async fn conclude(app: &App, taken: &Taken, worked: Worked) -> Result<()> {
    if let Some((question, answer)) = clarified(app, taken, &worked).await {
        let clarify = Clarify {
            holding: taken.holding,
            ended: worked.ended,
            question,
            answer,
        };
        return insist(app, clarify).await;
    }
    let finish = Finish {
        holding: taken.holding,
        ended: worked.ended,
    };
    match insist(app, finish).await? {
        Some(sheet) => check(app, taken, sheet).await,
        None => Ok(()),
    }
}

/// What the agent asked and is told, where it asked instead of working.
async fn clarified(app: &App, taken: &Taken, worked: &Worked) -> Option<(String, String)> {
    let rounds = taken.sheet.number("questionRounds").unwrap_or(0);
    if rounds >= QUESTION_ROUNDS || worked.ended.exit_code != 0 {
        return None;
    }
    let (created, edited) = &worked.ended.files;
    let has_files = !created.is_empty() || !edited.is_empty();
    let said = match &worked.asked {
        Some(asked) => asked.clone(),
        None if looks_like_question(&worked.ended.stdout, worked.tool_calls, has_files) => {
            worked.ended.stdout.clone()
        }
        None => return None,
    };
    let answer = question::answer(app, taken, &said).await?;
    Some((said, answer))
}

async fn check(app: &App, taken: &Taken, sheet: Sheet) -> Result<()> {
    let assessed = assess::assess(app, taken, &sheet).await;
    insist(app, assessed).await
}

async fn give_back(app: &App, holding: Holding) {
    if let Err(error) = insist(app, GiveBack { holding }).await {
        tracing::warn!(%error, run = %holding.run, "a run could not be given back; its lease runs out");
    }
}

/// Runs an operation as often as it takes while the database is away.
async fn insist<O: Op>(app: &App, op: O) -> Result<O::Output> {
    let mut tries = 0;
    let mut pauses = ticks(PAUSE);
    loop {
        tries += 1;
        pauses.tick().await;
        match app.call(&Actor::System, op.clone()).await {
            Err(error) if error.kind == Kind::Unavailable && tries < TRIES => {
                tracing::debug!(%error, "the database is away; it is tried again");
            }
            outcome => return outcome,
        }
    }
}

async fn until_stopped(
    work: impl Future<Output = Result<()>>,
    stop: &mut Stopped,
) -> Result<(), Broken> {
    tokio::select! {
        done = work => Ok(done?),
        _ = stop.changed() => {
            let why = stop.borrow_and_update().unwrap_or(Stop::Ended);
            Err(Broken::Stopped(why))
        }
    }
}
