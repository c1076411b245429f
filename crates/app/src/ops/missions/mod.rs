//! Missions: named plans of jobs, and how their runs go on (Polpo 2.9, 3.3).
//!
//! **Invariant:** a mission's document is valid whenever it is stored (see
//! `plan.rs`); what happens to a run of it is written in the transaction of
//! the job's end that caused it (`advance.rs`).
//!
//! To add a field of a mission, add it to `fields.rs`; to add something that
//! holds jobs back, a kind in `domain::plan` and a branch in `advance.rs`.

mod abort;
mod advance;
mod checks;
mod create;
mod crew;
mod edit;
mod ending;
mod entries;
mod execute;
mod fields;
mod get;
mod notify;
mod plan;
mod remove;
mod resume;
mod state;
mod stream;
mod update;
mod waits;

pub use abort::Abort;
pub use create::Create;
pub use edit::{Add, Change, Notify, Remove as RemoveEntry, Reorder};
pub use entries::{Checkpoints, Delays, Part, QualityGates, Tasks, Team};
pub use execute::{Execute, Executed};
pub use get::{Get, List, Resumable};
pub use plan::assembled;
pub use remove::{Remove, Removed};
pub use resume::{Resume, ResumeCheckpoint, Resumed};
pub use stream::{Begun, ExecuteAloud, Said, Sayings};
pub use update::Update;
pub use waits::{Reached, Waiting};

pub(crate) use advance::advance;
pub(crate) use create::{NewMission, put};
pub(crate) use crew::{Of, require};
pub(crate) use execute::{consented, start};
pub(crate) use plan::check as check_plan;
pub(crate) use resume::{call_off, ring};

use domain::event::Happening;
use domain::id::MissionId;
use domain::{Error, Result};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::missions::{self, Mission};

use crate::Cx;
use crate::calendar::iso;

/// A mission behind the lock of its environment.
pub(crate) async fn locked(
    cx: &mut Cx<'_>,
    environment: &Environment,
    id: MissionId,
) -> Result<Mission> {
    cx.tx.lock(Lock::Environment(environment.id)).await?;
    found(cx, environment, id).await
}

/// A mission of an environment.
pub(crate) async fn found(
    cx: &mut Cx<'_>,
    environment: &Environment,
    id: MissionId,
) -> Result<Mission> {
    let found = missions::find(cx.tx, environment.id, id).await?;
    found.ok_or_else(|| Error::not_found("mission_not_found", "there is no mission of this id"))
}

/// What a mission is made of beside its plan.
pub(crate) fn opened(mission: &Mission) -> Map<String, Value> {
    serde_json::from_str(&mission.document).unwrap_or_default()
}

/// A mission as everybody sees it (Polpo 2.9).
pub(crate) fn shown(mission: &Mission) -> Value {
    let Mission {
        id,
        environment: _,
        name,
        status,
        plan,
        document: _,
        executions,
        created_at,
        updated_at,
    } = mission;
    let mut shown = opened(mission);
    let fixed = json!({
        "id": id.to_string(),
        "name": name,
        "data": plan,
        "status": status.as_str(),
        "createdAt": iso(*created_at),
        "updatedAt": iso(*updated_at),
    });
    if let Value::Object(fixed) = fixed {
        shown.extend(fixed);
    }
    if *executions > 0 {
        shown.insert("executionCount".into(), (*executions).into());
    }
    Value::Object(shown)
}

/// Stores a mission and tells the log.
pub(crate) async fn save(cx: &mut Cx<'_>, mission: &mut Mission) -> Result<()> {
    keep(cx, mission).await?;
    tell_saved(cx, mission).await
}

/// Stores a mission of which the log is told otherwise.
pub(crate) async fn keep(cx: &mut Cx<'_>, mission: &mut Mission) -> Result<()> {
    mission.updated_at = cx.now;
    missions::update(cx.tx, mission).await
}

pub(crate) async fn tell_saved(cx: &mut Cx<'_>, mission: &Mission) -> Result<()> {
    let facts = json!({
        "missionId": mission.id.to_string(),
        "name": mission.name,
        "status": mission.status.as_str(),
    });
    tell(cx, mission, Happening::MissionSaved, facts).await
}

/// Tells the log something about a mission.
pub(crate) async fn tell(
    cx: &mut Cx<'_>,
    mission: &Mission,
    what: Happening,
    facts: Value,
) -> Result<()> {
    cx.record_hosted(mission.environment, what, mission.id, facts)
        .await
}
