//! What may be said about a mission beside its name, plan and status (Polpo
//! 2.9). What is not known is dropped; null takes a field away.

use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};

use crate::calendar;

/// Puts what was said into a mission's document.
pub(crate) fn merge(document: &mut Map<String, Value>, said: &Map<String, Value>) -> Result<()> {
    for (name, value) in said {
        if value.is_null() {
            document.remove(name.as_str());
        } else if let Some(kept) = checked(name, value)? {
            document.insert(name.clone(), kept);
        }
    }
    Ok(())
}

/// A field as it is kept, where there is one of this name.
fn checked(name: &str, value: &Value) -> Result<Option<Value>> {
    let kept = match name {
        "prompt" => short("prompt", value, limits::TEXT_CHARS)?,
        "user" => short("user", value, limits::NAME_CHARS)?,
        "schedule" => short("schedule", value, limits::CRON_CHARS)?,
        "deadline" => time("deadline", value)?,
        "endDate" => time("endDate", value)?,
        "qualityThreshold" => match value.as_f64() {
            Some(number) if (1.0..=5.0).contains(&number) => value.clone(),
            _ => {
                return Err(Error::field(
                    "qualityThreshold",
                    "must be a number from 1 to 5",
                ));
            }
        },
        "notifications" => rules(value)?,
        _ => return Ok(None),
    };
    Ok(Some(kept))
}

fn rules(value: &Value) -> Result<Value> {
    let most = limits::NOTIFICATION_RULES_BYTES;
    if !value.is_object() || value.to_string().len() > most {
        let problem = format!("must be an object of at most {most} bytes");
        return Err(Error::field("notifications", problem));
    }
    Ok(value.clone())
}

fn short(name: &'static str, value: &Value, chars: usize) -> Result<Value> {
    let Some(given) = value.as_str() else {
        return Err(Error::field(name, "must be a text"));
    };
    text::optional(name, given, chars)?;
    Ok(value.clone())
}

/// A time, in the one form in which times are kept.
pub(crate) fn time(name: &'static str, value: &Value) -> Result<Value> {
    let time = value.as_str().and_then(calendar::read);
    let time = time.ok_or_else(|| {
        Error::field(
            name,
            "must be an ISO 8601 time such as 2026-03-13T15:30:00Z",
        )
    })?;
    Ok(calendar::iso(time).into())
}
