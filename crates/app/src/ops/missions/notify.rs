//! Gates, checkpoints and delays tell the channels that they name (Polpo 3.3).

use domain::plan::{Barrier, Kind};
use domain::{Result, limits};
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;

use super::advance::Underway;
use super::plan::text;
use crate::Cx;
use crate::ops::jobs::Sheet;
use crate::ops::notifications::{Notice, Severity, outcomes, tell};

/// What happened at a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    GatePassed,
    GateFailed,
    CheckpointReached,
    DelayStarted,
    DelayExpired,
}

impl Event {
    /// As the events name it.
    fn name(self) -> &'static str {
        match self {
            Self::GatePassed => "quality:gate:passed",
            Self::GateFailed => "quality:gate:failed",
            Self::CheckpointReached => "checkpoint:reached",
            Self::DelayStarted => "delay:started",
            Self::DelayExpired => "delay:expired",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::GatePassed => "was passed",
            Self::GateFailed => "was not passed",
            Self::CheckpointReached => "was reached: somebody must resume the mission",
            Self::DelayStarted => "began",
            Self::DelayExpired => "is over",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::GateFailed | Self::CheckpointReached => Severity::Warning,
            Self::GatePassed | Self::DelayStarted | Self::DelayExpired => Severity::Info,
        }
    }
}

/// The channels that an entry names.
fn channels(entry: &Map<String, Value>) -> Vec<String> {
    let named = entry.get("notifyChannels").and_then(Value::as_array);
    let named = named.into_iter().flatten().filter_map(Value::as_str);
    named.map(str::to_owned).collect()
}

impl Underway {
    /// Tells the channels of a barrier what happened there; `why` is said
    /// where the barrier has no message of its own.
    pub(super) async fn notify(
        &self,
        cx: &mut Cx<'_>,
        environment: &Environment,
        (barrier, event): (&Barrier, Event),
        why: &str,
    ) -> Result<()> {
        let Some(entry) = self.plan.entry(barrier) else {
            return Ok(());
        };
        let channels = channels(entry);
        if channels.is_empty() {
            return Ok(());
        }
        let what = match barrier.kind {
            Kind::Gate => "quality gate",
            Kind::Checkpoint => "checkpoint",
            Kind::Delay => "delay",
        };
        let mission = &self.mission;
        let message = text(entry, "message");
        let body = if message.is_empty() { why } else { message };
        let notice = Notice {
            rule: (barrier.name.clone(), barrier.name.clone()),
            event: event.name(),
            severity: event.severity(),
            title: format!(
                "{}: the {what} \"{}\" {}",
                mission.name,
                barrier.name,
                event.says()
            ),
            body: body.to_owned(),
            about: json!({ "missionId": mission.id.to_string(), "group": self.run.group }),
            outcomes: self.carried(barrier, entry),
        };
        tell(cx, environment, &channels, notice).await
    }

    /// The outcomes of the jobs before a barrier, where it sends them along.
    fn carried(&self, barrier: &Barrier, entry: &Map<String, Value>) -> Vec<Value> {
        if entry.get("includeOutcomes") != Some(&Value::Bool(true)) {
            return Vec::new();
        }
        let before = self.jobs.iter();
        let before = before.filter(|job| barrier.after.contains(&job.title));
        let all = before.flat_map(|job| outcomes(&Sheet::open(job.clone()).document));
        all.take(limits::NOTIFICATION_OUTCOMES).collect()
    }
}
