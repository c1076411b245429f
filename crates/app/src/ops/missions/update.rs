//! A mission is changed.

use domain::id::MissionId;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};
use store::tables::missions;

use super::create::{is_scheduled, name_taken, read_data, resting};
use super::crew::{Of, require};
use super::{call_off, fields, locked, opened, save, shown};
use crate::ops::{environments, schedules};
use crate::{App, Cx, Op};

/// Changes a mission. While it is executed, its execution goes on with the
/// plan with which it began.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub mission: MissionId,
    /// What to change, as it came.
    pub fields: Map<String, Value>,
}

impl Op for Update {
    type Output = Value;
    operation!("missions.update", Host, Writes);
    const PREPARES: bool = true;

    /// As for a new one, where it is put on a schedule.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        if is_scheduled(&self.fields) {
            let data = self.fields.get("data").filter(|data| !data.is_null());
            let of = match data {
                Some(data) => Of::Document(read_data(data)?.document),
                None => Of::Mission(self.mission),
            };
            require(app, actor, of).await?;
        }
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut mission = locked(cx, &environment, self.mission).await?;
        let said = |name: &str| self.fields.get(name).filter(|value| !value.is_null());
        if let Some(name) = said("name") {
            let name = name.as_str().unwrap_or_default();
            text::required("name", name, limits::PLAN_NAME_CHARS)?;
            let holder = missions::by_name(cx.tx, environment.id, name).await?;
            if holder.is_some_and(|holder| holder.id != mission.id) {
                return Err(name_taken(name));
            }
            name.clone_into(&mut mission.name);
        }
        if let Some(data) = said("data") {
            mission.plan = read_data(data)?.written();
        }
        let mut document = opened(&mission);
        fields::merge(&mut document, &self.fields)?;
        mission.document = Value::Object(document).to_string();
        if let Some(status) = said("status") {
            let word = status
                .as_str()
                .ok_or_else(|| Error::field("status", "must be a text"))?;
            if word != mission.status.as_str() {
                let status = resting(word)?;
                if mission.status.is_underway() {
                    call_off(cx, &environment, &mut mission).await?;
                }
                mission.status = status;
            }
        }
        if ["schedule", "endDate"]
            .iter()
            .any(|name| self.fields.contains_key(*name))
        {
            schedules::follow(cx, &mut mission).await?;
        }
        save(cx, &mut mission).await?;
        Ok(shown(&mission))
    }
}
