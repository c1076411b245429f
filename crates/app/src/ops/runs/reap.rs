//! Runs whose node went away are ended: what they said until then is kept.

use domain::event::Happening;
use domain::time::Span;
use domain::{Result, Time, limits};
use serde_json::{Value, json};
use store::tables::runs::{self, Frames, Run, Status};
use store::tables::sessions;

use crate::ops::completions::{Failure, Frame, INTERRUPTED};
use crate::{Cx, Op};

const WHY: &str = "the server stopped while this run went on";
/// Rows of frames that a run may have.
const ROWS: u32 = 100_000;

/// Ends some of them.
#[derive(Clone, Copy, Debug)]
pub struct Reap {
    /// Whether this process is the only one: then every run that is not its
    /// own is nobody's.
    pub is_alone: bool,
}

impl Op for Reap {
    /// Whether there may be more.
    type Output = bool;
    operation!("runs.reap", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool> {
        let before = if self.is_alone { Time::NEVER } else { cx.now };
        let node = cx.lease(Span(0)).node;
        let dead = runs::dead(cx.tx, before, node, limits::SWEEP_ROWS).await?;
        let is_more = dead.len() >= limits::SWEEP_ROWS as usize;
        for run in dead {
            bury(cx, run).await?;
        }
        Ok(is_more)
    }
}

/// Forgets what durable runs said that began long ago: their sessions have the
/// answers. Runs that are in no session, which nobody is shown, go later.
#[derive(Clone, Copy, Debug)]
pub struct Forget;

impl Op for Forget {
    type Output = ();
    operation!("runs.forget", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let before = cx.now.minus(Span::hours(limits::RUN_FRAMES_HOURS));
        runs::forget(cx.tx, before).await?;
        let before = cx.now.minus(Span::hours(24 * limits::RUN_DAYS));
        runs::forget_alone(cx.tx, before, limits::FORGET_ROWS).await
    }
}

async fn bury(cx: &mut Cx<'_>, run: Run) -> Result<()> {
    let said = said(cx, &run).await?;
    let last = run.frames.saturating_add(i64::from(run.is_durable));
    let ended = Run {
        status: Status::Interrupted,
        error: Some(WHY.into()),
        frames: last,
        prompt_tokens: 0,
        completion_tokens: 0,
        micro_credits: 0,
        ended_at: Some(cx.now),
        ..run.clone()
    };
    if !runs::end(cx.tx, &ended).await? {
        // Another node was faster.
        return Ok(());
    }
    if run.is_durable {
        let lines = format!("{}\n", failed().written());
        runs::keep(cx.tx, run.id, Frames { last, lines }).await?;
    }
    if let (Some(session), Some(answer)) = (&run.session, run.answer) {
        let said = (said, None);
        sessions::fill(cx.tx, run.environment, session, answer, said).await?;
    }
    let facts = json!({
        "sessionId": run.session,
        "runId": run.id.to_string(),
        "model": run.model,
        "status": Status::Interrupted.as_str(),
        "finishReason": Status::Interrupted.as_str(),
    });
    let what = Happening::CompletionFinished;
    cx.record_hosted(run.environment, what, run.id, facts).await
}

/// What a run said until its node went away, as far as that is known.
async fn said(cx: &mut Cx<'_>, run: &Run) -> Result<String> {
    let rows = match run.is_durable {
        true => runs::frames(cx.tx, run.id, 0, ROWS).await?,
        false => Vec::new(),
    };
    let lines = rows.iter().flat_map(|row| row.lines.lines());
    let frames = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut said = String::new();
    for frame in frames {
        if let Some(Frame::Text(text)) = Frame::read(&frame) {
            said.push_str(&text);
        }
    }
    if said.is_empty() {
        said.push_str(INTERRUPTED);
    }
    Ok(said)
}

fn failed() -> Frame {
    Frame::Failed(Failure {
        kind: domain::Kind::Unavailable,
        code: "run_interrupted".into(),
        message: WHY.into(),
    })
}
