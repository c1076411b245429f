//! The result of a job is checked against what was expected of it (Polpo 3.2).

use app::App;
use app::ops::jobs::{Assessed, Progress, Sheet, Taken, Verdict};
use domain::event::Happening;
use domain::policy::Actor;
use serde_json::{Map, Value, json};

use super::mask::shortened;
use super::measure::{self, Measured};
use super::review::{self, Reviewed};
use crate::workspace::{Limits, Workspace};

/// Characters of a command's output that are told.
const TAIL_CHARS: usize = 2_000;

/// What one check found.
#[derive(Default)]
struct Check {
    passed: bool,
    message: String,
    details: Option<String>,
    reviewed: Option<Reviewed>,
}

/// Things told on the way.
type Steps = Vec<(Happening, Map<String, Value>)>;

/// Checks everything that is expected and measures what is to be measured, one
/// after the other.
pub(super) async fn assess(app: &App, taken: &Taken, sheet: &Sheet) -> Assessed {
    let expectations = sheet.list("expectations");
    let metrics = sheet.list("metrics");
    let mut told = Told {
        app,
        taken,
        total: expectations.len().saturating_add(metrics.len()),
        count: 0,
        steps: Steps::new(),
    };
    let mut checks = Vec::with_capacity(expectations.len());
    for expectation in expectations {
        let about = told.begin(kind(expectation), label(expectation)).await;
        let found = check(app, taken, sheet, expectation).await;
        told.end(about, found.passed, &found.message);
        checks.push(found);
    }
    let mut measures = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let about = told.begin("metric", measure::name(metric).to_owned()).await;
        let found = measure::measure(app, taken, metric).await;
        told.end(about, found.passed, &found.message);
        measures.push(found);
    }
    let corrected = correct(app, taken, sheet, &mut checks).await;
    Assessed {
        holding: taken.holding,
        steps: told.steps,
        verdict: verdict(expectations, checks, &measures, corrected),
    }
}

/// What is told on the way.
struct Told<'a> {
    app: &'a App,
    taken: &'a Taken,
    total: usize,
    count: usize,
    steps: Steps,
}

impl Told<'_> {
    /// Tells that a check begins, with what is known of those before it.
    async fn begin(&mut self, kind: &str, label: String) -> Map<String, Value> {
        let fields = [
            ("index", json!(self.count)),
            ("total", json!(self.total)),
            ("type", json!(kind)),
            ("label", json!(label)),
        ];
        self.count = self.count.saturating_add(1);
        let about = Map::from_iter(fields.map(|(name, value)| (name.to_owned(), value)));
        self.steps
            .push((Happening::AssessmentCheckStarted, about.clone()));
        let progress = Progress {
            holding: self.taken.holding,
            steps: std::mem::take(&mut self.steps),
        };
        if let Err(error) = self.app.call(&Actor::System, progress).await {
            tracing::debug!(%error, "the progress of an assessment could not be told");
        }
        about
    }

    /// Notes how it ended, to be told with the next.
    fn end(&mut self, mut about: Map<String, Value>, passed: bool, message: &str) {
        about.insert("passed".into(), json!(passed));
        about.insert("message".into(), json!(message));
        self.steps.push((Happening::AssessmentCheckComplete, about));
    }
}

fn kind(expectation: &Value) -> &str {
    text(expectation, "type")
}

fn text<'a>(expectation: &'a Value, field: &str) -> &'a str {
    expectation.get(field).and_then(Value::as_str).unwrap_or("")
}

fn paths(expectation: &Value) -> Vec<String> {
    let paths = expectation.get("paths").and_then(Value::as_array);
    let paths = paths.into_iter().flatten().filter_map(Value::as_str);
    paths.map(str::to_owned).collect()
}

fn label(expectation: &Value) -> String {
    match kind(expectation) {
        "file_exists" => paths(expectation).join(", "),
        "llm_review" => "review".to_owned(),
        _ => shortened(text(expectation, "command")),
    }
}

async fn check(app: &App, taken: &Taken, sheet: &Sheet, expectation: &Value) -> Check {
    match kind(expectation) {
        "file_exists" => files_exist(app, taken, paths(expectation)).await,
        "llm_review" => reviewed(review::review(app, taken, sheet, expectation).await),
        _ => command(app, taken, text(expectation, "command")).await,
    }
}

fn failed(message: impl Into<String>) -> Check {
    Check {
        message: message.into(),
        ..Check::default()
    }
}

/// Which of some paths are missing.
async fn missing(app: &App, taken: &Taken, paths: Vec<String>) -> Result<Vec<String>, String> {
    let told = |error: domain::Error| error.message.to_string();
    let workspace = Workspace::of(app, taken.holding.environment).map_err(told)?;
    let look = move |workspace: &Workspace| {
        let missing = paths.into_iter().filter(|path| !workspace.exists(path));
        Ok(missing.collect())
    };
    workspace.on(look).await.map_err(told)
}

async fn files_exist(app: &App, taken: &Taken, paths: Vec<String>) -> Check {
    match missing(app, taken, paths).await {
        Ok(missing) if missing.is_empty() => Check {
            passed: true,
            message: "every file is there".into(),
            ..Check::default()
        },
        Ok(missing) => failed(format!("missing: {}", missing.join(", "))),
        Err(why) => failed(why),
    }
}

async fn command(app: &App, taken: &Taken, command: &str) -> Check {
    let ran = match Workspace::of(app, taken.holding.environment) {
        Ok(workspace) => workspace.run(command, Limits::default()).await,
        Err(error) => Err(error),
    };
    let ran = match ran {
        Ok(ran) => ran,
        Err(error) => return failed(error.message),
    };
    let output = tail(&format!("{}{}", ran.stdout, ran.stderr));
    Check {
        passed: ran.exit_code == 0 && !ran.timed_out,
        message: if ran.timed_out {
            "it ran too long".into()
        } else {
            format!("it ended with exit code {}", ran.exit_code)
        },
        details: (!output.is_empty()).then_some(output),
        reviewed: None,
    }
}

fn tail(text: &str) -> String {
    let text = text.trim().replace('\0', "");
    let skipped = text.chars().count().saturating_sub(TAIL_CHARS);
    text.chars().skip(skipped).collect()
}

fn reviewed(reviewed: Result<Reviewed, String>) -> Check {
    match reviewed {
        Ok(reviewed) => Check {
            passed: reviewed.passed,
            message: format!(
                "scored {} of 5, needed {}",
                reviewed.global_score, reviewed.threshold
            ),
            details: Some(reviewed.reasoning.clone()),
            reviewed: Some(reviewed),
        },
        Err(why) => failed(why),
    }
}

/// Files that are only estimated and are not there, while others were made:
/// those are meant (Polpo 3.1).
async fn correct(
    app: &App,
    taken: &Taken,
    sheet: &Sheet,
    checks: &mut [Check],
) -> Option<(Vec<Value>, Value)> {
    let made = sheet.list("_filesCreated").iter();
    let made = made.chain(sheet.list("_filesEdited"));
    let made: Vec<_> = made.filter_map(Value::as_str).map(str::to_owned).collect();
    let is_wrong = |(expectation, check): (&Value, &Check)| {
        kind(expectation) == "file_exists"
            && text(expectation, "confidence") != "firm"
            && !check.passed
    };
    let expectations = sheet.list("expectations");
    if made.is_empty() || !expectations.iter().zip(&*checks).any(is_wrong) {
        return None;
    }
    let gone = missing(app, taken, made.clone()).await.ok()?;
    let there: Vec<_> = made
        .into_iter()
        .filter(|path| !gone.contains(path))
        .collect();
    if there.is_empty() {
        return None;
    }
    let mut corrected = expectations.to_vec();
    let mut corrections = Vec::new();
    for (index, (expectation, check)) in corrected.iter_mut().zip(checks).enumerate() {
        if !is_wrong((expectation, check)) {
            continue;
        }
        let from = expectation.get("paths").cloned();
        expectation["paths"] = json!(there);
        check.passed = true;
        check.message = format!(
            "corrected to the files that were made: {}",
            there.join(", ")
        );
        corrections
            .push(json!({ "index": index, "type": "file_exists", "from": from, "to": there }));
    }
    Some((corrected, corrections.into()))
}

fn verdict(
    expectations: &[Value],
    checks: Vec<Check>,
    measures: &[Measured],
    corrected: Option<(Vec<Value>, Value)>,
) -> Verdict {
    let are_met = measures.iter().all(|measure| measure.passed);
    let mut verdict = Verdict {
        passed: are_met && checks.iter().all(|check| check.passed),
        checks: Vec::with_capacity(checks.len()),
        metrics: measures.iter().map(Measured::shown).collect(),
        scores: Vec::new(),
        global_score: None,
        found: String::new(),
        review: None,
        corrected,
    };
    for (expectation, check) in expectations.iter().zip(checks) {
        let mut shown = json!({
            "type": kind(expectation),
            "passed": check.passed,
            "message": check.message,
        });
        if !check.passed {
            let details = check.details.as_deref().unwrap_or("");
            verdict.found += &format!(
                "- {} ({}): {}\n{details}\n",
                kind(expectation),
                label(expectation),
                check.message
            );
        }
        if let Some(details) = check.details {
            shown["details"] = json!(details);
        }
        if let Some(reviewed) = check.reviewed {
            shown["scores"] = json!(reviewed.scores);
            shown["globalScore"] = json!(reviewed.global_score);
            shown["reviewers"] = json!(reviewed.reviewers);
            verdict.global_score = Some(reviewed.global_score);
            verdict.scores = reviewed.scores;
            verdict.review = Some(reviewed.reasoning);
        }
        verdict.checks.push(shown);
    }
    for (metric, missed) in verdict.metrics.iter().zip(measures) {
        if !missed.passed {
            let name = measure::name(metric);
            verdict.found += &format!("- metric ({name}): {}\n", missed.message);
        }
    }
    verdict
}
