//! A run of a mission ends, with a report (Polpo 2.11, 3.3).

use domain::Result;
use domain::event::Happening;
use domain::job;
use domain::plan::average;
use serde_json::{Value, json};
use store::tables::environments::Environment;
use store::tables::hosted;

use super::advance::{Underway, score};
use super::{keep, opened, tell};
use crate::Cx;
use crate::ops::jobs::Sheet;

/// Ends a run of which every job has ended.
pub(super) async fn complete(
    cx: &mut Cx<'_>,
    environment: &Environment,
    underway: &mut Underway,
) -> Result<()> {
    underway.run.is_open = false;
    underway.store(cx).await?;
    let report = report(underway);
    let all_passed = report["allPassed"] == true;
    let threshold = threshold(environment, underway);
    let reached = average_of(underway);
    let missed = match (threshold, reached) {
        (Some(threshold), Some(reached)) if reached < threshold => Some((threshold, reached)),
        _ => None,
    };
    let mission = &mut underway.mission;
    mission.status = underway.state.before.behind(all_passed && missed.is_none());
    keep(cx, mission).await?;
    hosted::remove_group(cx.tx, environment.id, &underway.run.group).await?;
    if let Some((threshold, reached)) = missed {
        let facts = json!({
            "missionId": mission.id.to_string(),
            "group": underway.run.group,
            "avgScore": reached,
            "threshold": threshold,
        });
        tell(cx, mission, Happening::QualityThresholdFailed, facts).await?;
    }
    let facts = json!({
        "missionId": mission.id.to_string(),
        "group": underway.run.group,
        "allPassed": all_passed,
        "status": mission.status.as_str(),
        "report": report,
    });
    tell(cx, mission, Happening::MissionCompleted, facts).await
}

/// The average score that is asked of a mission on the whole.
fn threshold(environment: &Environment, underway: &Underway) -> Option<f64> {
    let own = opened(&underway.mission).remove("qualityThreshold");
    let own = own.as_ref().and_then(Value::as_f64);
    own.or_else(|| {
        let settings: Value = serde_json::from_str(&environment.settings).ok()?;
        settings.get("defaultQualityThreshold")?.as_f64()
    })
}

fn average_of(underway: &Underway) -> Option<f64> {
    let sheets = underway.jobs.iter().cloned().map(Sheet::open);
    average(sheets.map(|sheet| score(&sheet.document)))
}

fn report(underway: &Underway) -> Value {
    let mut tasks = Vec::with_capacity(underway.jobs.len());
    let (mut created, mut edited, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
    let mut total = 0_i64;
    for job in &underway.jobs {
        let sheet = Sheet::open(job.clone());
        let result = sheet.document.get("result");
        let listed = |key: &str| sheet.list(key).to_vec();
        let duration = result.and_then(|result| result.get("duration")?.as_i64());
        total = total.saturating_add(duration.unwrap_or(0));
        let mut task = json!({
            "title": job.title,
            "status": job.status.as_str(),
            "duration": duration.unwrap_or(0),
            "filesCreated": listed("_filesCreated"),
            "filesEdited": listed("_filesEdited"),
        });
        if let Some(score) = score(&sheet.document) {
            task["score"] = score.into();
        }
        if !sheet.list("outcomes").is_empty() {
            task["outcomes"] = sheet.list("outcomes").into();
            outcomes.extend_from_slice(sheet.list("outcomes"));
        }
        created.extend(listed("_filesCreated"));
        edited.extend(listed("_filesEdited"));
        tasks.push(task);
    }
    let is_done = |job: &store::tables::jobs::Job| job.status == job::Status::Done;
    let mut report = json!({
        "missionId": underway.mission.id.to_string(),
        "group": underway.run.group,
        "allPassed": underway.jobs.iter().all(is_done),
        "totalDuration": total,
        "tasks": tasks,
        "filesCreated": created,
        "filesEdited": edited,
    });
    if !outcomes.is_empty() {
        report["outcomes"] = outcomes.into();
    }
    if let Some(average) = average_of(underway) {
        report["avgScore"] = average.into();
    }
    report
}
