//! What may be said about a job when it is written: each field with its type
//! and its bounds (Polpo 2.8). What is not known is dropped.

use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};

use crate::calendar;

/// What was said about a job, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    /// What is kept.
    pub(crate) document: Map<String, Value>,
    /// Why expectations were dropped.
    pub(crate) dropped: Vec<String>,
}

/// Checks the fields of a job beside its title, its agent and what it needs.
///
/// # Errors
/// `Invalid`, naming the field.
pub(crate) fn checked(fields: &Map<String, Value>) -> Result<Checked> {
    let mut checked = Checked::default();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "expectations" => {
                let kept = expectations(value, &mut checked.dropped)?;
                checked.document.insert(name.clone(), kept.into());
            }
            "deadline" => {
                let kept = deadline(value)?;
                checked.document.insert(name.clone(), kept.into());
            }
            _ if check(name, value)? => {
                checked.document.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
    if super::sheet::written(&checked.document).len() > limits::JOB_FIELDS_BYTES {
        return Err(Error::field(
            "expectations",
            "and the other fields together are too large: say less",
        ));
    }
    Ok(checked)
}

/// Checks one field; false where there is no such field.
fn check(name: &str, value: &Value) -> Result<bool> {
    match name {
        "expectedOutcomes" => outcomes(value)?,
        "metrics" => metrics(value)?,
        "maxDuration" => number("maxDuration", value, 1, limits::RUN_MS_MAX)?,
        "maxRetries" => number("maxRetries", value, 0, limits::JOB_RETRIES_MAX)?,
        "priority" => priority(value)?,
        "retryPolicy" => retry_policy(value)?,
        "notifications" => object("notifications", value)?,
        "sideEffects" => switch("sideEffects", value)?,
        "user" => short("user", value)?,
        "bounty" => {}
        _ => return Ok(false),
    }
    Ok(true)
}

/// The expectations that make sense; the others are dropped (Polpo 2.8).
pub(crate) fn expectations(value: &Value, dropped: &mut Vec<String>) -> Result<Vec<Value>> {
    let Value::Array(given) = value else {
        return Err(Error::field("expectations", "must be a list"));
    };
    if given.len() > limits::EXPECTATIONS {
        return Err(Error::field(
            "expectations",
            format!("must be at most {}", limits::EXPECTATIONS),
        ));
    }
    let mut kept = Vec::new();
    for (place, expectation) in given.iter().enumerate() {
        match expectation_problem(expectation) {
            None => kept.push(expectation.clone()),
            Some(problem) => dropped.push(format!("expectation {place} was dropped: {problem}")),
        }
    }
    Ok(kept)
}

fn expectation_problem(expectation: &Value) -> Option<&'static str> {
    let says = |field: &str| {
        expectation
            .get(field)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty())
    };
    let threshold = expectation.get("threshold");
    let confidence = expectation.get("confidence").map(|word| word.as_str());
    if threshold.is_some_and(|n| !n.as_f64().is_some_and(|n| (1.0..=5.0).contains(&n))) {
        return Some("its threshold is no number from 1 to 5");
    }
    if confidence.is_some_and(|word| !matches!(word, Some("firm" | "estimated"))) {
        return Some("its confidence is neither firm nor estimated");
    }
    match expectation.get("type").and_then(Value::as_str) {
        Some("test" | "script") if says("command") => None,
        Some("test" | "script") => Some("it names no command"),
        Some("file_exists") => paths_problem(expectation),
        Some("llm_review") => dimensions_problem(expectation),
        _ => Some("its type is none of test, script, file_exists, llm_review"),
    }
}

fn paths_problem(expectation: &Value) -> Option<&'static str> {
    let paths = expectation.get("paths").and_then(Value::as_array);
    let are_texts = paths.is_some_and(|paths| {
        !paths.is_empty()
            && paths
                .iter()
                .all(|path| path.as_str().is_some_and(|path| !path.trim().is_empty()))
    });
    (!are_texts).then_some("it names no paths")
}

fn dimensions_problem(expectation: &Value) -> Option<&'static str> {
    let dimensions = expectation.get("dimensions")?;
    let fits = |dimension: &Value| {
        let name = dimension.get("name").and_then(Value::as_str);
        let weight = dimension.get("weight").and_then(Value::as_f64);
        name.is_some_and(|name| !name.trim().is_empty())
            && weight.is_some_and(|weight| (0.0..=1.0).contains(&weight))
    };
    let fit = dimensions.as_array().is_some_and(|all| {
        !all.is_empty() && all.len() <= limits::EXPECTATIONS && all.iter().all(fits)
    });
    (!fit).then_some("its dimensions have no names or no weights from 0 to 1")
}

fn outcomes(value: &Value) -> Result<()> {
    list("expectedOutcomes", value)?;
    let is_text = |outcome: &Value, field: &str| outcome.get(field).is_some_and(Value::is_string);
    let fits = |outcome: &Value| is_text(outcome, "type") && is_text(outcome, "label");
    match value.as_array() {
        Some(all) if all.iter().all(fits) => Ok(()),
        _ => Err(Error::field(
            "expectedOutcomes",
            "must be a list of objects with a type and a label",
        )),
    }
}

/// What is measured of a result: commands that print a number, and what it must
/// at least be (Polpo 3.2).
fn metrics(value: &Value) -> Result<()> {
    let fits = value.as_array().is_some_and(|all| {
        all.len() <= limits::METRICS && all.iter().all(is_metric)
    });
    fits.then_some(()).ok_or_else(|| {
        Error::field(
            "metrics",
            format!(
                "must be a list of at most {} objects with a name, a command that prints a number, and the threshold that it must reach",
                limits::METRICS
            ),
        )
    })
}

fn is_metric(metric: &Value) -> bool {
    let says = |field: &str, chars: usize| {
        let said = metric.get(field).and_then(Value::as_str).unwrap_or("");
        !said.trim().is_empty() && said.chars().count() <= chars
    };
    let threshold = metric.get("threshold").and_then(Value::as_f64);
    says("name", limits::PLAN_NAME_CHARS)
        && says("command", limits::TEXT_CHARS)
        && threshold.is_some_and(f64::is_finite)
}

fn retry_policy(value: &Value) -> Result<()> {
    object("retryPolicy", value)?;
    if let Some(after) = value.get("escalateAfter") {
        number(
            "retryPolicy.escalateAfter",
            after,
            0,
            limits::JOB_RETRIES_MAX,
        )?;
    }
    for field in ["fallbackAgent", "escalateModel"] {
        if value.get(field).is_some_and(|name| !name.is_string()) {
            return Err(Error::field(
                "retryPolicy",
                format!("{field} must be a text"),
            ));
        }
    }
    Ok(())
}

fn deadline(value: &Value) -> Result<String> {
    let time = value.as_str().and_then(calendar::read);
    time.map(calendar::iso)
        .ok_or_else(|| Error::field("deadline", "must be a time such as 2026-03-13T15:30:00Z"))
}

fn priority(value: &Value) -> Result<()> {
    let fits = value
        .as_f64()
        .is_some_and(|number| (-1_000_000.0..=1_000_000.0).contains(&number));
    fits.then_some(())
        .ok_or_else(|| Error::field("priority", "must be a number"))
}

/// Where a job of this priority stands among ready ones: before those of
/// greater numbers.
pub(crate) fn precedence(document: &Map<String, Value>) -> i64 {
    let priority = document.get("priority").and_then(Value::as_f64);
    // Checked to be within bounds.
    priority.map_or(0, |priority| (-priority * 1_000.0) as i64)
}

fn number(field: &'static str, value: &Value, least: i64, most: i64) -> Result<()> {
    let fits = value
        .as_i64()
        .is_some_and(|number| (least..=most).contains(&number));
    fits.then_some(()).ok_or_else(|| {
        Error::field(
            field,
            format!("must be a whole number from {least} to {most}"),
        )
    })
}

fn switch(field: &'static str, value: &Value) -> Result<()> {
    value
        .is_boolean()
        .then_some(())
        .ok_or_else(|| Error::field(field, "must be true or false"))
}

fn object(field: &'static str, value: &Value) -> Result<()> {
    value
        .is_object()
        .then_some(())
        .ok_or_else(|| Error::field(field, "must be an object"))
}

fn list(field: &'static str, value: &Value) -> Result<()> {
    let fits = value
        .as_array()
        .is_some_and(|list| list.len() <= limits::EXPECTATIONS);
    fits.then_some(()).ok_or_else(|| {
        Error::field(
            field,
            format!("must be a list of at most {}", limits::EXPECTATIONS),
        )
    })
}

fn short(field: &'static str, value: &Value) -> Result<()> {
    match value.as_str() {
        Some(said) => text::optional(field, said, limits::NAME_CHARS),
        None => Err(Error::field(field, "must be a text")),
    }
}
