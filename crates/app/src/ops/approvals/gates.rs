//! The gates of an environment, kept in its settings as `approvalGates` (Polpo
//! 3.5).

use std::collections::BTreeSet;

use domain::approval::{Handler, Hook, Silence};
use domain::condition::{self, Condition};
use domain::time::Span;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};
use store::tables::environments::Environment;

use crate::ops::environments::settings;
use crate::ops::notifications::channels;

/// Where the gates stand in the settings.
const KEY: &str = "approvalGates";

/// A gate.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) handler: Handler,
    pub(super) hook: Hook,
    pub(super) condition: Option<Condition>,
    pub(super) timeout: Option<Span>,
    pub(super) silence: Silence,
    pub(super) priority: i64,
    pub(super) max_revisions: i64,
    /// Who is told that somebody is asked.
    pub(super) channels: Vec<String>,
    /// Whether they are told the outcomes of the job, too.
    pub(super) includes_outcomes: bool,
}

impl Gate {
    fn read(gate: &Value) -> Result<Self> {
        let word = |key: &str| gate.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = word("id").to_owned();
        text::required("id", &id, limits::PLAN_NAME_CHARS)?;
        let name = match word("name") {
            "" => id.clone(),
            name => name.to_owned(),
        };
        text::required("name", &name, limits::PLAN_NAME_CHARS)?;
        let condition = gate
            .get("condition")
            .filter(|condition| !condition.is_null());
        let condition = condition.map(|given| {
            let text = given.as_str().or_else(|| given.get("expression")?.as_str());
            let text = text.unwrap_or_default();
            text::required("condition", text, limits::CONDITION_CHARS)?;
            Condition::parse(text)
        });
        let number = |key: &'static str, usual: Option<i64>, most: i64| match gate.get(key) {
            None | Some(Value::Null) => Ok(usual),
            Some(given) => match given.as_i64().filter(|n| (0..=most).contains(n)) {
                Some(number) => Ok(Some(number)),
                None => Err(Error::field(
                    key,
                    format!("must be a whole number from 0 to {most}"),
                )),
            },
        };
        let timeout = number("timeoutMs", None, limits::APPROVAL_TIMEOUT_MS_MAX)?;
        let revisions = Some(limits::APPROVAL_REVISIONS);
        let revisions = number("maxRevisions", revisions, limits::APPROVAL_REVISIONS_MAX)?;
        Ok(Self {
            handler: chosen(
                "handler",
                word("handler"),
                Handler::parse,
                &Handler::ALL.map(Handler::as_str),
            )?,
            hook: chosen(
                "hook",
                word("hook"),
                Hook::parse,
                &Hook::ALL.map(Hook::as_str),
            )?,
            silence: match word("timeoutAction") {
                "" => Silence::Reject,
                given => chosen(
                    "timeoutAction",
                    given,
                    Silence::parse,
                    &Silence::ALL.map(Silence::as_str),
                )?,
            },
            condition: condition.transpose()?,
            timeout: timeout.map(|ms| Span(ms.saturating_mul(1_000))),
            priority: number("priority", Some(100), 1_000_000)?.unwrap_or(100),
            max_revisions: revisions.unwrap_or(limits::APPROVAL_REVISIONS),
            channels: channels(gate.get("notifyChannels"))?,
            includes_outcomes: switch(gate, "includeOutcomes")?,
            id,
            name,
        })
    }

    /// The gate that every job with effects elsewhere has before it is tried
    /// again.
    pub(super) fn of_effects() -> Self {
        Self {
            id: "side-effects".into(),
            name: "Side effects".into(),
            handler: Handler::Human,
            hook: Hook::Retry,
            condition: None,
            timeout: None,
            silence: Silence::Reject,
            priority: 100,
            max_revisions: limits::APPROVAL_REVISIONS,
            channels: Vec::new(),
            includes_outcomes: false,
        }
    }

    /// Whether somebody must be asked.
    pub(super) fn asks(&self, payload: &Value) -> bool {
        let holds = self.condition.as_ref().map(|condition| {
            condition.holds(|path| {
                let mut at = Some(payload);
                for part in path.split('.') {
                    at = at.and_then(|value| value.get(part));
                }
                value(at)
            })
        });
        match self.handler {
            Handler::Human => holds.unwrap_or(true),
            Handler::Auto => !holds.unwrap_or(true),
        }
    }
}

fn value(found: Option<&Value>) -> condition::Value {
    match found {
        Some(Value::Bool(is)) => condition::Value::Bool(*is),
        Some(Value::Number(number)) => number
            .as_f64()
            .map_or(condition::Value::Null, condition::Value::Number),
        Some(Value::String(text)) => condition::Value::Text(text.clone()),
        _ => condition::Value::Null,
    }
}

fn switch(gate: &Value, field: &'static str) -> Result<bool> {
    match gate.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(is)) => Ok(*is),
        Some(_) => Err(Error::field(field, "must be true or false")),
    }
}

fn chosen<T>(
    field: &'static str,
    word: &str,
    parse: fn(&str) -> Option<T>,
    words: &[&str],
) -> Result<T> {
    parse(word).ok_or_else(|| Error::field(field, format!("must be one of: {}", words.join(", "))))
}

/// The gates at a hook, those with the smallest priority first. One that
/// cannot be read any more stops nobody: it was checked when it was set.
pub(super) fn at(environment: &Environment, hook: Hook) -> Vec<Gate> {
    // Most environments have none, and this is asked at every step of a job.
    if !environment.settings.contains(KEY) {
        return Vec::new();
    }
    let settings = settings(environment);
    let all = settings.get(KEY).and_then(Value::as_array);
    let gates = all.into_iter().flatten().filter_map(|g| Gate::read(g).ok());
    let mut gates: Vec<_> = gates.filter(|gate| gate.hook == hook).collect();
    gates.sort_by_key(|gate| gate.priority);
    gates
}

/// Checks the gates among settings that are to be stored.
pub(crate) fn check_gates(settings: &Map<String, Value>) -> Result<()> {
    let Some(Value::Array(gates)) = settings.get(KEY) else {
        return Ok(());
    };
    if gates.len() > limits::APPROVAL_GATES {
        return Err(Error::field(
            KEY,
            format!("must be at most {}", limits::APPROVAL_GATES),
        ));
    }
    let mut ids = BTreeSet::new();
    for gate in gates {
        let id = Gate::read(gate)?.id;
        if !ids.insert(id.clone()) {
            return Err(Error::field(KEY, format!("has two gates \"{id}\"")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use serde_json::json;

    #[test]
    fn gates_ask_or_do_not() {
        let payload = json!({ "task": { "assignTo": "ada", "retries": 1 } });
        for (handler, condition, asks) in [
            ("human", json!(null), true),
            (
                "human",
                json!({ "expression": "task.assignTo == 'ada'" }),
                true,
            ),
            (
                "human",
                json!({ "expression": "task.assignTo == 'bob'" }),
                false,
            ),
            ("auto", json!(null), false),
            ("auto", json!("task.retries < 2"), false),
            ("auto", json!("task.retries > 2"), true),
        ] {
            let gate = json!({ "id": "g", "handler": handler, "hook": "task:spawn", "condition": condition });
            assert_eq!(Gate::read(&gate).unwrap().asks(&payload), asks, "{gate}");
        }
        for bad in [
            json!({}),
            json!({ "id": "g", "handler": "robot", "hook": "task:spawn" }),
            json!({ "id": "g", "handler": "auto", "hook": "task:sing" }),
            json!({ "id": "g", "handler": "auto", "hook": "task:spawn", "condition": "x" }),
            json!({ "id": "g", "handler": "auto", "hook": "task:spawn", "timeoutMs": -1 }),
            json!({ "id": "g", "handler": "auto", "hook": "task:spawn", "notifyChannels": "x" }),
            json!({ "id": "g", "handler": "auto", "hook": "task:spawn", "notifyChannels": [1] }),
            json!({ "id": "g", "handler": "auto", "hook": "task:spawn", "includeOutcomes": 1 }),
        ] {
            assert!(Gate::read(&bad).is_err(), "{bad}");
        }
    }
}
