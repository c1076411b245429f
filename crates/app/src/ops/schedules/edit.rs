//! Schedules are made, changed, removed and listed.

use domain::id::MissionId;
use domain::mission::Status;
use domain::policy::Actor;
use domain::{Error, Result, Time};
use serde_json::Value;
use store::tables::missions::Mission;
use store::tables::schedules as table;

use super::{Wanted, put, shown};
use crate::calendar::iso;
use crate::ops::environments;
use crate::ops::missions::{self, Of};
use crate::{App, Cx, Op};

/// Puts a mission on a schedule, in place of an earlier one.
#[derive(Clone, Debug)]
pub struct Create {
    /// Which mission.
    pub mission: MissionId,
    /// When.
    pub expression: String,
    /// The time zone of the expression; UTC where none is given.
    pub timezone: Option<String>,
    /// Whether it repeats; a cron expression does unless said otherwise.
    pub recurring: Option<bool>,
    /// When it ends.
    pub end_date: Option<Time>,
}

impl Op for Create {
    type Output = Value;
    operation!("schedules.create", Host, Writes);
    const PREPARES: bool = true;

    /// What could not be executed then is refused now.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        missions::require(app, actor, Of::Mission(self.mission)).await?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut mission = missions::locked(cx, &environment, self.mission).await?;
        let earlier = table::find(cx.tx, environment.id, mission.id).await?;
        let wanted = Wanted {
            expression: self.expression,
            timezone: self.timezone,
            recurring: self.recurring,
            enabled: true,
            end_date: self.end_date,
        };
        let schedule = put(cx, &mut mission, wanted, earlier).await?;
        note(&mut mission, Some(&schedule));
        missions::save(cx, &mut mission).await?;
        Ok(shown(&schedule))
    }
}

/// Writes into a mission what its schedule is.
fn note(mission: &mut Mission, schedule: Option<&table::Schedule>) {
    let mut fields = missions::opened(mission);
    fields.remove("schedule");
    fields.remove("endDate");
    if let Some(schedule) = schedule {
        fields.insert("schedule".into(), schedule.expression.clone().into());
        if let Some(end) = schedule.end_date {
            fields.insert("endDate".into(), iso(end).into());
        }
    }
    mission.document = Value::Object(fields).to_string();
}

/// Changes a schedule.
#[derive(Clone, Debug)]
pub struct Update {
    /// Of which mission.
    pub mission: MissionId,
    /// When.
    pub expression: Option<String>,
    /// The time zone; an inner nothing is UTC.
    pub timezone: Option<Option<String>>,
    /// Whether it repeats.
    pub recurring: Option<bool>,
    /// Whether it works.
    pub enabled: Option<bool>,
    /// When it ends; an inner nothing is never.
    pub end_date: Option<Option<Time>>,
}

impl Op for Update {
    type Output = Value;
    operation!("schedules.update", Host, Writes);
    const PREPARES: bool = true;

    /// As for a new one, unless it is only switched off or ended.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        if self.enabled == Some(true) || self.expression.is_some() {
            missions::require(app, actor, Of::Mission(self.mission)).await?;
        }
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut mission = missions::locked(cx, &environment, self.mission).await?;
        let earlier = table::find(cx.tx, environment.id, mission.id).await?;
        let earlier = earlier.ok_or_else(unknown)?;
        // An old time that is kept is no fault of who changes something else.
        let is_over = earlier.next_run.is_none() && self.expression.is_none();
        let schedule = if is_over {
            let mut schedule = earlier;
            schedule.enabled = self.enabled.unwrap_or(schedule.enabled);
            schedule.end_date = self.end_date.unwrap_or(schedule.end_date);
            table::put(cx.tx, &schedule).await?;
            schedule
        } else {
            let known = earlier.clone();
            let wanted = Wanted {
                expression: self.expression.unwrap_or(known.expression),
                timezone: self.timezone.unwrap_or(known.timezone),
                recurring: self.recurring.or(Some(known.recurring)),
                enabled: self.enabled.unwrap_or(known.enabled),
                end_date: self.end_date.unwrap_or(known.end_date),
            };
            put(cx, &mut mission, wanted, Some(earlier)).await?
        };
        note(&mut mission, Some(&schedule));
        missions::save(cx, &mut mission).await?;
        Ok(shown(&schedule))
    }
}

/// Takes a mission off its schedule.
#[derive(Clone, Debug)]
pub struct Remove {
    /// Which mission.
    pub mission: MissionId,
}

impl Op for Remove {
    /// What was removed.
    type Output = Value;
    operation!("schedules.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut mission = missions::locked(cx, &environment, self.mission).await?;
        let earlier = table::find(cx.tx, environment.id, mission.id).await?;
        let earlier = earlier.ok_or_else(unknown)?;
        table::remove(cx.tx, environment.id, mission.id).await?;
        if !mission.status.is_underway() {
            mission.status = Status::Draft;
        }
        note(&mut mission, None);
        missions::save(cx, &mut mission).await?;
        Ok(shown(&earlier))
    }
}

fn unknown() -> Error {
    Error::not_found("schedule_not_found", "this mission has no schedule")
}

/// Lists schedules.
#[derive(Clone, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Value>;
    operation!("schedules.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let all = table::list(cx.tx, environment).await?;
        Ok(all.iter().map(shown).collect())
    }
}
