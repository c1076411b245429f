//! Schedules: missions that are executed by themselves (Polpo 2.13, 3.4).
//!
//! **Invariant:** a mission's `schedule` field and its row here say the same. A
//! time that passed while no server ran counts once.

mod edit;
mod expression;
mod ring;

pub use edit::{Create, List, Remove, Update};
pub(crate) use ring::{ring, skip};

use domain::id::MissionId;
use domain::mission::Status;
use domain::{Result, Time};
use serde_json::{Value, json};
use store::tables::missions::Mission;
use store::tables::schedules::{self as table, Schedule};

use crate::Cx;
use crate::calendar::{self, iso};
use crate::ops::missions;

/// The id under which a schedule is shown.
pub(crate) fn name(mission: MissionId) -> String {
    format!("sched-{mission}")
}

/// A schedule as everybody sees it.
pub(crate) fn shown(schedule: &Schedule) -> Value {
    let Schedule {
        environment: _,
        mission,
        expression,
        timezone,
        recurring,
        enabled,
        last_run,
        next_run,
        end_date,
        created_at,
    } = schedule;
    let mut shown = json!({
        "id": name(*mission),
        "missionId": mission.to_string(),
        "expression": expression,
        "recurring": recurring,
        "enabled": enabled,
        "createdAt": iso(*created_at),
    });
    if let Some(timezone) = timezone {
        shown["timezone"] = timezone.clone().into();
    }
    // At its end date it only ends.
    let next_run = next_run.filter(|next| end_date.is_none_or(|end| *next < end));
    for (key, time) in [
        ("lastRunAt", *last_run),
        ("nextRunAt", next_run),
        ("endDate", *end_date),
    ] {
        if let Some(time) = time {
            shown[key] = iso(time).into();
        }
    }
    shown
}

/// When something happens to a schedule next: it executes its mission, or it
/// ends.
fn due(next: Option<Time>, end: Option<Time>) -> Option<Time> {
    match (next, end) {
        (Some(next), Some(end)) => Some(next.min(end)),
        (next, None) => next,
        (None, Some(_)) => None,
    }
}

/// Brings the schedule of a mission to what the mission's fields say. Answers
/// whether the mission changed.
pub(crate) async fn follow(cx: &mut Cx<'_>, mission: &mut Mission) -> Result<bool> {
    let fields = missions::opened(mission);
    let earlier = table::find(cx.tx, mission.environment, mission.id).await?;
    let Some(text) = fields.get("schedule").and_then(Value::as_str) else {
        if earlier.is_none() {
            return Ok(false);
        }
        table::remove(cx.tx, mission.environment, mission.id).await?;
        let was_waiting = matches!(mission.status, Status::Scheduled | Status::Recurring);
        if was_waiting {
            mission.status = Status::Draft;
        }
        return Ok(was_waiting);
    };
    let timezone = earlier.as_ref().and_then(|known| known.timezone.clone());
    let recurring = (mission.status != Status::Scheduled).then_some(true);
    let wanted = Wanted {
        expression: text.to_owned(),
        timezone,
        recurring,
        enabled: earlier.as_ref().is_none_or(|known| known.enabled),
        end_date: end_date(&fields),
    };
    put(cx, mission, wanted, earlier).await?;
    Ok(true)
}

fn end_date(fields: &serde_json::Map<String, Value>) -> Option<Time> {
    calendar::read(fields.get("endDate")?.as_str()?)
}

/// What a schedule is to be.
struct Wanted {
    expression: String,
    timezone: Option<String>,
    /// Whether it repeats, where something was said about it.
    recurring: Option<bool>,
    enabled: bool,
    end_date: Option<Time>,
}

/// Stores a schedule and lets its mission stand where it says.
async fn put(
    cx: &mut Cx<'_>,
    mission: &mut Mission,
    wanted: Wanted,
    earlier: Option<Schedule>,
) -> Result<Schedule> {
    let (expression, next) =
        expression::coming(&wanted.expression, wanted.timezone.as_deref(), cx.now)?;
    let recurring = expression.repeats() && wanted.recurring.unwrap_or(true);
    let is_new = earlier.is_none();
    let schedule = Schedule {
        environment: mission.environment,
        mission: mission.id,
        expression: wanted.expression,
        timezone: wanted.timezone,
        recurring,
        enabled: wanted.enabled,
        last_run: earlier.as_ref().and_then(|known| known.last_run),
        next_run: due(Some(next), wanted.end_date),
        end_date: wanted.end_date,
        created_at: earlier.map_or(cx.now, |known| known.created_at),
    };
    table::put(cx.tx, &schedule).await?;
    if !mission.status.is_underway() {
        mission.status = match recurring {
            true => Status::Recurring,
            false => Status::Scheduled,
        };
    }
    if is_new {
        let facts = json!({
            "scheduleId": name(mission.id),
            "missionId": mission.id.to_string(),
            "nextRunAt": iso(next),
        });
        missions::tell(
            cx,
            mission,
            domain::event::Happening::ScheduleCreated,
            facts,
        )
        .await?;
    }
    Ok(schedule)
}
