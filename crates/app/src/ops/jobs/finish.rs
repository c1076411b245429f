//! A run of an agent ends: its result is written down, and what comes next is
//! decided, in one transaction.

use domain::event::Happening;
use domain::job::{Phase, Status};
use domain::{Result, limits};
use serde_json::{Value, json};
use store::tables::job_runs::{self, Outcome, Stage};

use super::Sheet;
use super::after::{complete, original, try_again};
use super::runs::{Cut, Ended, Held, Holding, held};
use crate::{Cx, Op};

/// Writes down how an agent's part of a run ended.
#[derive(Clone, Debug)]
pub struct Finish {
    /// Which run.
    pub holding: Holding,
    /// How.
    pub ended: Ended,
}

impl Op for Finish {
    /// The job where its result is to be assessed now; the run goes on for that.
    type Output = Option<Sheet>;
    operation!("jobs.finish", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Option<Sheet>> {
        let Some(mut held) = held(cx, self.holding).await? else {
            return Ok(None);
        };
        let ended = self.ended;
        note(cx, &mut held, &ended).await?;
        if ended.exit_code != 0 {
            held.end(cx, Outcome::Failed).await?;
            let why = ended.stderr.as_str();
            try_again(cx, &held.environment, &mut held.sheet, why).await?;
            return Ok(None);
        }
        let (environment, sheet) = (&held.environment, &mut held.sheet);
        sheet.go(cx, environment, Status::Review).await?;
        if !sheet.is_checked() {
            complete(cx, environment, sheet).await?;
            held.end(cx, Outcome::Completed).await?;
            return Ok(None);
        }
        assess(cx, held).await.map(Some)
    }
}

/// The run goes on with a check of what came of it.
async fn assess(cx: &mut Cx<'_>, mut held: Held) -> Result<Sheet> {
    let (environment, sheet) = (&held.environment, &mut held.sheet);
    sheet.set("_trigger", trigger(sheet));
    sheet.job.phase = Phase::Review;
    let facts = json!({ "taskId": sheet.id().to_string() });
    sheet
        .tell(cx, environment, Happening::AssessmentStarted, facts)
        .await?;
    sheet.store(cx, environment).await?;
    held.run.stage = Stage::Assessment;
    job_runs::update(cx.tx, &held.run).await?;
    Ok(held.sheet)
}

/// Why a result is assessed (Polpo 3.2).
fn trigger(sheet: &Sheet) -> &'static str {
    match sheet.job.phase {
        Phase::Fix => "fix",
        _ if sheet.job.retries > 0 => "retry",
        _ => "initial",
    }
}

/// Writes down what came of it: the result, the outcomes, the log.
async fn note(cx: &mut Cx<'_>, held: &mut Held, ended: &Ended) -> Result<()> {
    held.log(cx, ended.entries.clone()).await?;
    held.run.activity = Value::Object(ended.activity.clone()).to_string();
    let sheet = &mut held.sheet;
    let mut result = json!({
        "exitCode": ended.exit_code,
        "stdout": cut(&ended.stdout),
        "stderr": cut(&ended.stderr),
        "duration": ended.duration_ms,
    });
    for kept in ["assessment", "assessmentHistory"] {
        if let Some(value) = sheet.document.get("result").and_then(|old| old.get(kept)) {
            result[kept] = value.clone();
        }
    }
    sheet.set("result", result);
    if !ended.outcomes.is_empty() {
        sheet.set("outcomes", ended.outcomes.clone());
    }
    let (created, edited) = &ended.files;
    sheet.set("_filesCreated", json!(created));
    sheet.set("_filesEdited", json!(edited));
    sheet.document.remove("_lost");
    tell_cut(cx, held, ended.cut).await?;
    let facts = json!({
        "taskId": held.sheet.id().to_string(),
        "agentName": held.run.agent,
        "exitCode": ended.exit_code,
        "duration": ended.duration_ms,
    });
    held.sheet
        .tell(cx, &held.environment, Happening::AgentFinished, facts)
        .await
}

async fn tell_cut(cx: &mut Cx<'_>, held: &Held, cut: Option<Cut>) -> Result<()> {
    let id = held.sheet.id().to_string();
    let (what, facts) = match cut {
        None => return Ok(()),
        Some(Cut::TimedOut { elapsed, timeout }) => (
            Happening::JobTimeout,
            json!({ "taskId": id, "elapsed": elapsed, "timeout": timeout }),
        ),
        Some(Cut::Stale { idle }) => (
            Happening::AgentStale,
            json!({ "taskId": id, "agentName": held.run.agent, "idleMs": idle, "action": "killed" }),
        ),
    };
    held.sheet.tell(cx, &held.environment, what, facts).await
}

/// Not more of a text than is kept.
pub(super) fn cut(text: &str) -> String {
    let text = text.replace('\0', "");
    match text.char_indices().nth(limits::RUN_OUTPUT_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// An agent asked instead of working, and was answered: it goes on with the
/// answer, which counts as no attempt (Polpo 3.1).
#[derive(Clone, Debug)]
pub struct Clarify {
    /// Which run.
    pub holding: Holding,
    /// How it ended.
    pub ended: Ended,
    /// What the agent asked.
    pub question: String,
    /// What it is told.
    pub answer: String,
}

impl Op for Clarify {
    type Output = ();
    operation!("jobs.clarify", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Some(mut held) = held(cx, self.holding).await? else {
            return Ok(());
        };
        note(cx, &mut held, &self.ended).await?;
        held.end(cx, Outcome::Completed).await?;
        let (environment, sheet) = (&held.environment, &mut held.sheet);
        let id = sheet.id().to_string();
        let (question, answer) = (cut(&self.question), cut(&self.answer));
        let facts = json!({ "taskId": id, "question": question });
        sheet
            .tell(cx, environment, Happening::JobQuestion, facts)
            .await?;
        let facts = json!({ "taskId": id, "question": question, "answer": answer });
        sheet
            .tell(cx, environment, Happening::JobAnswered, facts)
            .await?;
        original(sheet);
        let rounds = sheet.number("questionRounds").unwrap_or(0);
        sheet.set("questionRounds", rounds.saturating_add(1));
        let description = format!(
            "{}\n\nYou asked: {question}\nThe answer: {answer}",
            sheet.text("description")
        );
        sheet.set("description", description);
        sheet.document.remove("result");
        sheet.job.phase = Phase::Clarification;
        sheet.force(cx, environment, Status::Pending).await?;
        sheet.store(cx, environment).await
    }
}
