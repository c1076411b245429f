//! Consent: points at which a job or a mission waits for somebody (Polpo 3.5).
//!
//! **Invariant:** a job awaits approval exactly while a wish about it is
//! pending, or because a caller put it there; whoever answers the wish moves
//! the job.

mod decide;
mod gates;
mod guard;
mod list;

pub use decide::{Approve, Reject};
pub use list::{Get, List};

pub(crate) use decide::ring;
pub(crate) use gates::check_gates;
pub(crate) use guard::{Hook, Passage, ask_about_effects, ask_mission, guard};

use domain::approval::{Silence, Status};
use serde_json::{Map, Value, json};
use store::tables::approvals::Approval;

use crate::calendar::iso;

/// What was asked and said.
fn opened(approval: &Approval) -> Map<String, Value> {
    serde_json::from_str(&approval.document).unwrap_or_default()
}

/// Whether a wish was granted, by somebody or by silence.
fn is_granted(approval: &Approval) -> bool {
    match approval.status {
        Status::Approved => true,
        Status::Timeout => silence(&opened(approval)) == Silence::Approve,
        Status::Pending | Status::Rejected => false,
    }
}

/// What silence means for a wish.
fn silence(document: &Map<String, Value>) -> Silence {
    let word = document.get("timeoutAction").and_then(Value::as_str);
    word.and_then(Silence::parse).unwrap_or(Silence::Reject)
}

/// A wish as everybody sees it (Polpo 2.13).
pub(crate) fn shown(approval: &Approval) -> Value {
    let Approval {
        id,
        environment: _,
        gate,
        gate_name,
        hook,
        job,
        mission,
        group,
        status,
        due,
        document: _,
        requested_at,
        resolved_at,
    } = approval;
    let document = opened(approval);
    let mut shown = json!({
        "id": id.to_string(),
        "gateId": gate,
        "gateName": gate_name,
        "hook": hook.as_str(),
        "status": status.as_str(),
        "payload": document.get("payload").cloned().unwrap_or_default(),
        "requestedAt": iso(*requested_at),
    });
    let texts = [
        ("taskId", job.map(|id| id.to_string())),
        ("missionId", mission.map(|id| id.to_string())),
        ("group", group.clone()),
        ("expiresAt", due.map(iso)),
        ("resolvedAt", resolved_at.map(iso)),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            shown[key] = text.into();
        }
    }
    for key in ["resolvedBy", "note", "feedback"] {
        if let Some(said) = document.get(key) {
            shown[key] = said.clone();
        }
    }
    shown
}
