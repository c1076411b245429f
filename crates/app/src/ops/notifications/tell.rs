//! Channels are told something.

use domain::event::Happening;
use domain::{Result, limits, text};
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::notifications::{self, Notification};

use crate::Cx;

domain::words! {
    /// How much a notification matters.
    pub enum Severity {
        /// For whoever wants to know.
        Info = "info",
        /// Something is not as it should be, or waits for somebody.
        Warning = "warning",
    }
}

/// What channels are told.
pub(crate) struct Notice {
    /// The gate or checkpoint that tells it: its id and its name.
    pub(crate) rule: (String, String),
    /// What happened, as the events name it.
    pub(crate) event: &'static str,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) body: String,
    /// Ids of what it is about, by the names under which they are shown.
    pub(crate) about: Value,
    /// Outcomes of jobs that it carries along.
    pub(crate) outcomes: Vec<Value>,
}

/// Tells channels something, each of them.
pub(crate) async fn tell(
    cx: &mut Cx<'_>,
    environment: &Environment,
    channels: &[String],
    notice: Notice,
) -> Result<()> {
    let document = document(&notice);
    for channel in channels.iter().take(limits::NOTIFIED_CHANNELS) {
        let notification = Notification {
            environment: environment.id,
            id: cx.id(),
            channel: channel.clone(),
            document: document.to_string(),
            created_at: cx.now,
        };
        notifications::insert(cx.tx, &notification).await?;
        let mut facts = json!({
            "notificationId": notification.id.to_string(),
            "ruleId": notice.rule.0,
            "ruleName": notice.rule.1,
            "channel": channel,
            "event": notice.event,
            "severity": notice.severity.as_str(),
            "title": notice.title,
            "body": notice.body,
            "attachmentCount": notice.outcomes.len(),
        });
        add(&mut facts, &notice.about);
        let what = Happening::NotificationSent;
        cx.record_hosted(environment.id, what, notification.id, facts)
            .await?;
    }
    Ok(())
}

fn document(notice: &Notice) -> Value {
    let mut document = json!({
        "ruleId": notice.rule.0,
        "ruleName": notice.rule.1,
        "title": notice.title,
        "body": notice.body,
        "severity": notice.severity.as_str(),
        "sourceEvent": notice.event,
        "attachmentCount": notice.outcomes.len(),
    });
    if !notice.outcomes.is_empty() {
        let kinds = notice.outcomes.iter().map(|outcome| &outcome["type"]);
        document["attachmentTypes"] = kinds.cloned().collect();
        document["attachments"] = notice.outcomes.clone().into();
    }
    add(&mut document, &notice.about);
    document
}

fn add(fields: &mut Value, about: &Value) {
    for (name, value) in about.as_object().into_iter().flatten() {
        if !value.is_null() {
            fields[name] = value.clone();
        }
    }
}

/// The outcomes of a job, as a notification carries them: what they are and
/// where, long texts cut.
pub(crate) fn outcomes(job: &Map<String, Value>) -> Vec<Value> {
    let all = job.get("outcomes").and_then(Value::as_array);
    let all = all.into_iter().flatten().filter_map(Value::as_object);
    let carried = |outcome: &Map<String, Value>| {
        let fields = outcome.iter().filter_map(|(name, value)| match value {
            Value::String(said) => {
                let said = text::cut(said.clone(), limits::NOTIFICATION_CHARS);
                Some((name.clone(), Value::String(said)))
            }
            Value::Number(_) | Value::Bool(_) => Some((name.clone(), value.clone())),
            _ => None,
        });
        Value::Object(fields.collect())
    };
    let all = all.take(limits::NOTIFICATION_OUTCOMES);
    all.map(carried).collect()
}
