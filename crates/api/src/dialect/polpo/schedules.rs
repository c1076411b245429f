//! Schedules (Polpo 2.13).

use app::Answer;
use app::ops::schedules::{Create, List, Remove, Update};
use domain::id::MissionId;
use domain::{Error, Result, Time};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::missions::text;
use super::{Polpo, answer, both, changed};
use crate::calendar;
use crate::dialect::Wire;
use crate::input::{Input, named_id};
use crate::routes::Routes;

/// A mission, also by the id of its schedule.
fn mission(name: &str) -> MissionId {
    MissionId(named_id(name.strip_prefix("sched-").unwrap_or(name)))
}

fn time(text: &str) -> Result<Time> {
    calendar::read(text).ok_or_else(|| {
        Error::field(
            "endDate",
            "must be an ISO 8601 time such as 2026-03-13T15:30:00Z",
        )
    })
}

impl<D: Polpo> Wire<D> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(schedules: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &schedules.into())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateIn {
    mission_id: Option<String>,
    expression: Option<String>,
    timezone: Option<String>,
    recurring: Option<bool>,
    end_date: Option<String>,
}

impl<D: Polpo> Wire<D> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CreateIn {
            mission_id,
            expression,
            timezone,
            recurring,
            end_date,
        } = input.json()?;
        Ok(Self {
            mission: mission(&text("missionId", mission_id)?),
            expression: text("expression", expression)?,
            timezone,
            recurring,
            end_date: end_date.as_deref().map(time).transpose()?,
        })
    }

    fn encode(schedule: Value, _: Time) -> Answer {
        answer::<D>(201, &schedule)
    }
}

/// Tells null from nothing.
#[expect(
    clippy::option_option,
    reason = "null takes a value away, nothing leaves it"
)]
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateIn {
    expression: Option<String>,
    #[serde(default, deserialize_with = "given")]
    timezone: Option<Option<String>>,
    recurring: Option<bool>,
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    end_date: Option<Option<String>>,
}

impl<D: Polpo> Wire<D> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let UpdateIn {
            expression,
            timezone,
            recurring,
            enabled,
            end_date,
        } = input.json()?;
        let end_date = match end_date {
            None => None,
            Some(end) => Some(end.as_deref().map(time).transpose()?),
        };
        Ok(Self {
            mission: mission(input.param("id")),
            expression,
            timezone,
            recurring,
            enabled,
            end_date,
        })
    }

    fn encode(schedule: Value, _: Time) -> Answer {
        answer::<D>(200, &schedule)
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            mission: mission(input.param("id")),
        })
    }

    fn encode(schedule: Value, _: Time) -> Answer {
        changed::<D>(200, &json!({ "deleted": true }), &schedule)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/schedules" => List;
        post "/schedules" => Create;
        patch "/schedules/{id}" => Update;
        delete "/schedules/{id}" => Remove;
    }
}
