//! What an agent is told when it begins a job: what it is always told, which
//! mission the job belongs to, and that it works alone (Polpo 4).

use domain::Result;
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::hosted::Agent;

use super::Sheet;
use crate::Cx;
use crate::ops::completions::prompt;

/// What every agent is told about working alone.
const CONTRACT: &str = "You work on this task on your own, without anybody watching. Do not ask questions: nobody \
answers. Where something is unclear, make the most sensible assumption, say which, and go on. Use your tools to do the \
work itself instead of describing it. When you are done, answer with a short report of what you did and what came of it.";

/// The messages with which a run begins.
pub(super) async fn messages(
    cx: &mut Cx<'_>,
    environment: &Environment,
    (agent, document): (&Agent, &Map<String, Value>),
    sheet: &Sheet,
) -> Result<Vec<Value>> {
    let persona = prompt(cx, environment.id, agent, document).await?;
    let mut said = String::new();
    if let Some(group) = &sheet.job.group {
        said += &format!(
            "<mission-context>\nThis task is part of the mission run \"{group}\".\n</mission-context>\n\n"
        );
    }
    said += sheet.text("description");
    said += &expected(sheet);
    Ok(vec![
        json!({ "role": "system", "content": format!("{persona}\n\n{CONTRACT}") }),
        json!({ "role": "user", "content": format!("# {}\n\n{said}", sheet.job.title) }),
    ])
}

/// What the result will be checked for, so that the agent knows.
fn expected(sheet: &Sheet) -> String {
    let outcomes = sheet.list("expectedOutcomes").iter();
    let lines = outcomes.filter_map(|outcome| {
        let label = outcome.get("label")?.as_str()?;
        let kind = outcome.get("type")?.as_str()?;
        let path = outcome.get("path").and_then(Value::as_str);
        let place = path.map_or_else(String::new, |path| format!(" at {path}"));
        Some(format!("- {label} ({kind}){place}"))
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("\n\nExpected outcomes:\n{}", lines.join("\n"))
}
