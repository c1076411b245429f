//! A schedule's time has come.

use domain::event::Happening;
use domain::id::{EnvironmentId, MissionId};
use domain::mission::Status;
use domain::{Result, Time};
use serde_json::json;
use store::Lock;
use store::tables::environments::Environment;
use store::tables::missions::Mission;
use store::tables::schedules::{self as table, Schedule};

use super::expression::Expression;
use super::{due, name};
use crate::Cx;
use crate::calendar::iso;
use crate::ops::{environments, missions};

/// Does what is due: the mission is executed, or its schedule ends. Looks
/// again: another node may have done it.
pub(crate) async fn ring(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    mission: MissionId,
) -> Result<()> {
    let Some((environment, mut mission, mut schedule)) = waiting(cx, environment, mission).await?
    else {
        return Ok(());
    };
    if schedule.end_date.is_some_and(|end| end <= cx.now) {
        return expire(cx, &mut mission, schedule).await;
    }
    // A mission that is still executed is not executed twice.
    let is_free = mission.status.executable().is_ok();
    go_on(cx, &mut schedule);
    if is_free {
        schedule.last_run = Some(cx.now);
    }
    table::put(cx.tx, &schedule).await?;
    if !is_free {
        return Ok(());
    }
    let facts = json!({
        "scheduleId": name(mission.id),
        "missionId": mission.id.to_string(),
        "expression": schedule.expression,
    });
    missions::tell(cx, &mission, Happening::ScheduleTriggered, facts).await?;
    if !schedule.recurring {
        let facts = json!({
            "scheduleId": name(mission.id),
            "missionId": mission.id.to_string(),
        });
        missions::tell(cx, &mission, Happening::ScheduleCompleted, facts).await?;
    }
    missions::start(cx, &environment, mission).await?;
    Ok(())
}

/// Passes over a time at which the mission could not be executed, and says
/// why: in a transaction of its own, because the other one kept nothing.
pub(crate) async fn skip(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    mission: MissionId,
    why: &str,
) -> Result<()> {
    let Some((_, mission, mut schedule)) = waiting(cx, environment, mission).await? else {
        return Ok(());
    };
    go_on(cx, &mut schedule);
    table::put(cx.tx, &schedule).await?;
    let message = format!("the mission \"{}\" was not executed: {why}", mission.name);
    let facts = json!({ "level": "error", "message": message });
    missions::tell(cx, &mission, Happening::HostingLog, facts).await
}

/// A schedule whose time has come, behind the lock of its environment.
async fn waiting(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    mission: MissionId,
) -> Result<Option<(Environment, Mission, Schedule)>> {
    cx.tx.lock(Lock::Environment(environment)).await?;
    let environment = environments::found(cx, environment).await?;
    let schedule = table::find(cx.tx, environment.id, mission).await?;
    let is_due =
        |schedule: &Schedule| schedule.enabled && schedule.next_run.is_some_and(|at| at <= cx.now);
    let Some(schedule) = schedule.filter(is_due) else {
        return Ok(None);
    };
    let mission = missions::found(cx, &environment, mission).await?;
    Ok(Some((environment, mission, schedule)))
}

/// Sets when it comes next. What was missed in between counts once, just now.
fn go_on(cx: &Cx<'_>, schedule: &mut Schedule) {
    let next = match schedule.recurring {
        true => next(schedule, cx.now),
        false => None,
    };
    schedule.next_run = due(next, schedule.end_date);
}

fn next(schedule: &Schedule, now: Time) -> Option<Time> {
    let expression = Expression::parse(&schedule.expression, schedule.timezone.as_deref());
    expression.ok()?.next(now)
}

async fn expire(cx: &mut Cx<'_>, mission: &mut Mission, mut schedule: Schedule) -> Result<()> {
    schedule.next_run = None;
    schedule.enabled = false;
    table::put(cx.tx, &schedule).await?;
    if !mission.status.is_underway() {
        mission.status = Status::Completed;
        missions::save(cx, mission).await?;
    }
    let facts = json!({
        "scheduleId": name(mission.id),
        "missionId": mission.id.to_string(),
        "endDate": schedule.end_date.map(iso),
    });
    missions::tell(cx, mission, Happening::ScheduleExpired, facts).await
}
