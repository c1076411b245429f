//! The stream of what happens in an environment (Polpo 2.11).
//!
//! To add an event: a line in [`NAMES`]; its payload is the body that the
//! operation writes into the log.

use app::ops::happenings::{Listen, Listening};
use app::{Beat, Content, Reply, Told};
use bytes::Bytes;
use domain::event::Happening;
use domain::{Result, Time};
use futures_util::StreamExt;
use serde_json::Value;

use super::{Bare, Enveloped, Polpo};
use crate::calendar::IsoMillis;
use crate::dialect::{ErrandWire, header};
use crate::input::Input;
use crate::routes::Routes;

/// The names of the contract, and of its documentation where that has others.
#[rustfmt::skip]
const NAMES: &[(Happening, &str, &str)] = &[
    (Happening::JobCreated, "task:created", ""),
    (Happening::JobTransition, "task:transition", ""),
    (Happening::JobUpdated, "task:updated", ""),
    (Happening::JobRemoved, "task:removed", ""),
    (Happening::JobRetry, "task:retry", ""),
    (Happening::JobFix, "task:fix", ""),
    (Happening::JobMaxRetries, "task:maxRetries", ""),
    (Happening::JobRetryBlocked, "task:retry:blocked", ""),
    (Happening::JobQuestion, "task:question", ""),
    (Happening::JobAnswered, "task:answered", ""),
    (Happening::JobTimeout, "task:timeout", ""),
    (Happening::JobRecovered, "task:recovered", ""),
    (Happening::AgentSpawned, "agent:spawned", "agent:started"),
    (Happening::AgentActivity, "agent:activity", ""),
    (Happening::AgentFinished, "agent:finished", "agent:completed"),
    (Happening::AgentStale, "agent:stale", ""),
    (Happening::AssessmentStarted, "assessment:started", ""),
    (Happening::AssessmentProgress, "assessment:progress", ""),
    (Happening::AssessmentCheckStarted, "assessment:check:started", ""),
    (Happening::AssessmentCheckComplete, "assessment:check:complete", ""),
    (Happening::AssessmentComplete, "assessment:complete", "assessment:completed"),
    (Happening::AssessmentCorrected, "assessment:corrected", ""),
    (Happening::DeadlockDetected, "deadlock:detected", "orchestrator:deadlock"),
    (Happening::DeadlockUnresolvable, "deadlock:unresolvable", ""),
    (Happening::MissionSaved, "mission:saved", ""),
    (Happening::MissionExecuted, "mission:executed", ""),
    (Happening::MissionCompleted, "mission:completed", ""),
    (Happening::MissionResumed, "mission:resumed", ""),
    (Happening::MissionPaused, "mission:paused", ""),
    (Happening::MissionAborted, "mission:aborted", ""),
    (Happening::MissionDeleted, "mission:deleted", ""),
    (Happening::SessionCreated, "session:created", "session:started"),
    (Happening::ChatMessageAdded, "message:added", ""),
    (Happening::CompletionFinished, "completion:finished", ""),
    (Happening::ApprovalRequested, "approval:requested", ""),
    (Happening::ApprovalResolved, "approval:resolved", ""),
    (Happening::ApprovalRejected, "approval:rejected", ""),
    (Happening::ApprovalTimeout, "approval:timeout", ""),
    (Happening::EscalationTriggered, "escalation:triggered", ""),
    (Happening::EscalationResolved, "escalation:resolved", ""),
    (Happening::EscalationHuman, "escalation:human", ""),
    (Happening::SlaWarning, "sla:warning", ""),
    (Happening::SlaViolated, "sla:violated", ""),
    (Happening::SlaMet, "sla:met", ""),
    (Happening::CheckpointReached, "checkpoint:reached", ""),
    (Happening::CheckpointResumed, "checkpoint:resumed", ""),
    (Happening::DelayStarted, "delay:started", ""),
    (Happening::DelayExpired, "delay:expired", ""),
    (Happening::QualityGatePassed, "quality:gate:passed", ""),
    (Happening::QualityGateFailed, "quality:gate:failed", ""),
    (Happening::QualityThresholdFailed, "quality:threshold:failed", ""),
    (Happening::ScheduleCreated, "schedule:created", ""),
    (Happening::ScheduleTriggered, "schedule:triggered", ""),
    (Happening::ScheduleCompleted, "schedule:completed", ""),
    (Happening::ScheduleExpired, "schedule:expired", ""),
    (Happening::WatcherCreated, "watcher:created", ""),
    (Happening::WatcherFired, "watcher:fired", ""),
    (Happening::WatcherRemoved, "watcher:removed", ""),
    (Happening::ActionTriggered, "action:triggered", ""),
    (Happening::EnvironmentCreated, "config:created", ""),
    (Happening::ConfigReloaded, "config:reloaded", ""),
    (Happening::HostedAgentAdded, "agent:added", ""),
    (Happening::HostedAgentUpdated, "agent:updated", ""),
    (Happening::HostedAgentRemoved, "agent:removed", ""),
    (Happening::FileChanged, "file:changed", ""),
    (Happening::MemoryWritten, "memory:saved", ""),
    (Happening::VaultWritten, "vault:saved", ""),
    (Happening::VaultRead, "vault:read", ""),
    (Happening::PlaybookSaved, "playbook:saved", ""),
    (Happening::SkillSaved, "skill:saved", ""),
    (Happening::NotificationSent, "notification:sent", ""),
    (Happening::RunSteered, "run:steered", ""),
    (Happening::RunCancelled, "run:cancelled", ""),
    (Happening::HostingLog, "log", ""),
];

/// The contract's name of an event.
pub(super) fn name(what: Happening) -> Option<&'static str> {
    let (_, name, _) = NAMES.iter().find(|(known, ..)| *known == what)?;
    Some(name)
}

/// The contract's name and the documentation's, if that has another.
fn names(told: &Told) -> Option<(&'static str, &'static str)> {
    let (_, name, alias) = NAMES.iter().find(|(what, ..)| *what == told.what)?;
    Some((name, alias_of(told).unwrap_or(alias)))
}

/// The documentation has names for where a transition leads.
fn alias_of(told: &Told) -> Option<&'static str> {
    if told.what != Happening::JobTransition {
        return None;
    }
    let body: Value = serde_json::from_str(&told.body).ok()?;
    match body["to"].as_str()? {
        "in_progress" => Some("task:started"),
        "done" => Some("task:completed"),
        "failed" => Some("task:failed"),
        _ => None,
    }
}

/// Whether a filter lets a name through: it is named, its space is (`task:*`),
/// or everything is.
fn passes(filter: &[String], name: &str) -> bool {
    filter.is_empty()
        || filter.iter().any(|term| match term.strip_suffix('*') {
            Some(space) => name.starts_with(space),
            None => term == name,
        })
}

/// One event: under the contract's name with its id, before that under the
/// documentation's.
fn frames(told: &Told) -> Vec<(&'static str, Bytes)> {
    let Some((name, alias)) = names(told) else {
        return Vec::new();
    };
    let mut frames = Vec::with_capacity(2);
    if !alias.is_empty() {
        let frame = format!("event: {alias}\ndata: {}\n\n", dated(told));
        frames.push((alias, frame.into()));
    }
    let id = told.cursor.written();
    let frame = format!("event: {name}\ndata: {}\nid: {id}\n\n", told.body);
    frames.push((name, frame.into()));
    frames
}

/// The documentation's payload has the time in it.
fn dated(told: &Told) -> String {
    let mut body: Value = serde_json::from_str(&told.body).unwrap_or_default();
    if let Value::Object(fields) = &mut body {
        fields.insert("timestamp".into(), IsoMillis(told.at).to_string().into());
    }
    body.to_string()
}

fn render(told: &Told, filter: &[String]) -> Option<Bytes> {
    if filter.is_empty() {
        let whole = |told: &Told| {
            frames(told)
                .into_iter()
                .flat_map(|(_, frame)| frame)
                .collect()
        };
        return Some(told.rendered(whole)).filter(|frame| !frame.is_empty());
    }
    let wanted = frames(told)
        .into_iter()
        .filter(|(name, _)| passes(filter, name));
    let wanted: Bytes = wanted.flat_map(|(_, frame)| frame).collect();
    (!wanted.is_empty()).then_some(wanted)
}

const HEARTBEAT: Bytes = Bytes::from_static(b"event: heartbeat\ndata: \n\n");
/// Tells the client that it is connected, and how soon to come back.
const HELLO: Bytes = Bytes::from_static(b"retry: 1000\n\n");

impl<D: Polpo> ErrandWire<D> for Listen {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let after = header(input.parts, "last-event-id");
        let asked = || input.query("lastEventId").map(|id| id.into_owned());
        Ok(Self {
            after: after.or_else(asked),
            filter: input.queries("filter"),
        })
    }

    fn encode(listening: Listening, _: Time) -> Reply {
        let Listening { beats, filter } = listening;
        let frames = beats.filter_map(move |beat| {
            std::future::ready(match beat {
                Beat::Event(told) => render(&told, &filter),
                Beat::Heartbeat => Some(HEARTBEAT),
            })
        });
        let hello = futures_util::stream::once(std::future::ready(HELLO));
        Reply {
            status: 200,
            headers: Vec::new(),
            content: Content::Events(Box::pin(hello.chain(frames))),
        }
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get_errand::<Enveloped, Listen>("/api/v1/events")
        .get_errand::<Bare, Listen>("/v1/events")
}

#[cfg(test)]
mod tests {
    use super::{NAMES, passes};

    #[test]
    fn filters_match_names_spaces_and_everything() {
        let filter = |terms: &[&str]| terms.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(passes(&[], "task:created"));
        assert!(passes(&filter(&["task:*"]), "task:created"));
        assert!(passes(&filter(&["log", "*"]), "task:created"));
        assert!(!passes(
            &filter(&["task:create", "mission:*"]),
            "task:created"
        ));
    }

    #[test]
    fn every_name_is_that_of_one_event() {
        let mut names: Vec<_> = NAMES.iter().map(|(_, name, _)| name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
