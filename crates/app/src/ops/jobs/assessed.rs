//! What an assessment found, and what comes of it (Polpo 3.1, 3.2).

use domain::event::Happening;
use domain::job::Status;
use domain::{Result, limits};
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::job_runs::Outcome;

use super::Sheet;
use super::after::{complete, fail, mend, try_again};
use super::runs::{Held, Holding, held};
use crate::{Cx, Op};

/// Tells on the way how far an assessment is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Of which run.
    pub holding: Holding,
    /// What happened, with its facts; the job is added to those.
    pub steps: Vec<(Happening, Map<String, Value>)>,
}

impl Op for Progress {
    type Output = ();
    operation!("jobs.progress", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Some(held) = held(cx, self.holding).await? else {
            return Ok(());
        };
        steps(cx, &held, self.steps).await
    }
}

async fn steps(
    cx: &mut Cx<'_>,
    held: &Held,
    steps: Vec<(Happening, Map<String, Value>)>,
) -> Result<()> {
    for (what, mut facts) in steps {
        facts.insert("taskId".into(), held.sheet.id().to_string().into());
        held.sheet
            .tell(cx, &held.environment, what, facts.into())
            .await?;
    }
    Ok(())
}

/// What the checks of a result say together.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether all of them passed.
    pub passed: bool,
    /// Each of them.
    pub checks: Vec<Value>,
    /// What was measured.
    pub metrics: Vec<Value>,
    /// Scores by dimension, where there were reviewers.
    pub scores: Vec<Value>,
    /// The score of all of them together.
    pub global_score: Option<f64>,
    /// What is said to the agent where they did not pass.
    pub found: String,
    /// What the reviewers wrote.
    pub review: Option<String>,
    /// The expectations as they were put right, with what was changed.
    pub corrected: Option<(Vec<Value>, Value)>,
}

/// Writes down what an assessment found.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// Of which run.
    pub holding: Holding,
    /// What was not told yet of the way there.
    pub steps: Vec<(Happening, Map<String, Value>)>,
    /// What it found.
    pub verdict: Verdict,
}

impl Op for Assessed {
    type Output = ();
    operation!("jobs.assessed", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Some(mut held) = held(cx, self.holding).await? else {
            return Ok(());
        };
        steps(cx, &held, self.steps).await?;
        held.end(cx, Outcome::Completed).await?;
        if held.sheet.job.status != Status::Review {
            return Ok(());
        }
        let is_again = held.sheet.text("_trigger") == "reassess";
        note(cx, &mut held, &self.verdict).await?;
        let (environment, sheet) = (&held.environment, &mut held.sheet);
        sheet.document.remove("_trigger");
        if self.verdict.passed {
            return complete(cx, environment, sheet).await;
        }
        // Asked for by somebody who looks at it: nothing more by itself.
        if is_again {
            return fail(cx, environment, sheet).await;
        }
        let found = self.verdict.found.as_str();
        if mend(cx, environment, sheet, found).await? {
            return Ok(());
        }
        try_again(cx, environment, sheet, found).await
    }
}

async fn note(cx: &mut Cx<'_>, held: &mut Held, verdict: &Verdict) -> Result<()> {
    let (environment, sheet) = (&held.environment, &mut held.sheet);
    let mut trigger = sheet.text("_trigger").to_owned();
    if let Some((expectations, corrections)) = &verdict.corrected {
        sheet.set("expectations", expectations.clone());
        let facts = json!({ "taskId": sheet.id().to_string(), "corrections": corrections });
        sheet
            .tell(cx, environment, Happening::AssessmentCorrected, facts)
            .await?;
        trigger = "auto-correct".into();
    }
    keep(sheet, assessment(cx, verdict, &trigger));
    tell(cx, environment, sheet, verdict).await
}

/// An assessment as the result has it (Polpo 3.2).
fn assessment(cx: &Cx<'_>, verdict: &Verdict, trigger: &str) -> Value {
    let mut assessment = json!({
        "passed": verdict.passed,
        "checks": verdict.checks,
        "metrics": verdict.metrics,
        "timestamp": crate::calendar::iso(cx.now),
        "trigger": if trigger.is_empty() { "initial" } else { trigger },
    });
    if let Some(score) = verdict.global_score {
        assessment["globalScore"] = json!(score);
        assessment["scores"] = json!(verdict.scores);
    }
    if let Some(review) = &verdict.review {
        assessment["llmReview"] = json!(review);
    }
    assessment
}

/// Puts the latest assessment into the result, and the one before it behind
/// the others.
fn keep(sheet: &mut Sheet, assessment: Value) {
    let result = sheet
        .document
        .entry("result")
        .or_insert_with(|| json!({ "exitCode": 0, "stdout": "", "stderr": "", "duration": 0 }));
    let earlier = result.get("assessment").cloned();
    let history = result.get("assessmentHistory").and_then(Value::as_array);
    let mut history = history.cloned().unwrap_or_default();
    history.extend(earlier);
    if history.len() > limits::ASSESSMENTS_KEPT {
        history.remove(0);
    }
    result["assessment"] = assessment;
    if !history.is_empty() {
        result["assessmentHistory"] = history.into();
    }
}

async fn tell(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &Sheet,
    verdict: &Verdict,
) -> Result<()> {
    let mut facts = json!({ "taskId": sheet.id().to_string(), "passed": verdict.passed });
    if let Some(score) = verdict.global_score {
        facts["scores"] = json!(verdict.scores);
        facts["globalScore"] = json!(score);
    }
    if !verdict.found.is_empty() {
        facts["message"] = json!(verdict.found);
    }
    sheet
        .tell(cx, environment, Happening::AssessmentComplete, facts)
        .await
}
