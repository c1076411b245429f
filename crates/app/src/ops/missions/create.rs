//! A mission is written.

use domain::mission::Status;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::missions::{self, Mission};

use super::crew::{Of, require};
use super::plan::{self, Plan};
use super::{fields, shown, tell_saved};
use crate::ops::{environments, schedules};
use crate::{App, Cx, Op};

/// Writes a mission.
#[derive(Clone, Debug, Default)]
pub struct Create {
    /// Its name; one is made where it is missing.
    pub name: Option<String>,
    /// Its plan: the document, or a text that holds it.
    pub data: Value,
    /// Where it stands; `draft` unless said otherwise.
    pub status: Option<String>,
    /// Everything else, as it came.
    pub fields: Map<String, Value>,
}

impl Op for Create {
    type Output = Value;
    operation!("missions.create", Host, Writes);
    const PREPARES: bool = true;

    /// What is executed by itself and could not be then is refused now.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        if is_scheduled(&self.fields) {
            let document = read_data(&self.data)?.document;
            require(app, actor, Of::Document(document)).await?;
        }
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let new = NewMission {
            name: self.name,
            plan: read_data(&self.data)?,
            status: self.status.as_deref().map(resting).transpose()?,
            fields: self.fields,
        };
        let mission = put(cx, &environment, new).await?;
        Ok(shown(&mission))
    }
}

/// Whether the fields of a mission put it on a schedule.
pub(super) fn is_scheduled(fields: &Map<String, Value>) -> bool {
    fields.get("schedule").is_some_and(Value::is_string)
}

/// Reads a plan as it is sent: a text or the object itself.
pub(crate) fn read_data(data: &Value) -> Result<Plan> {
    match data {
        Value::String(text) => plan::read(text),
        Value::Object(document) => plan::check(document.clone()),
        _ => Err(Error::field(
            "data",
            "is required: the mission document, as a text that holds JSON (or send tasks)",
        )),
    }
}

/// A status that a mission may be given by hand.
pub(crate) fn resting(word: &str) -> Result<Status> {
    let status = Status::parse(word).ok_or_else(|| {
        let words = Status::ALL.map(Status::as_str).join(", ");
        Error::field("status", format!("must be one of: {words}"))
    })?;
    if status.is_underway() {
        return Err(Error::conflict(
            "invalid_state",
            format!("a mission becomes {word} by being executed: POST /missions/{{id}}/execute"),
        ));
    }
    Ok(status)
}

/// A mission to be written, its plan checked.
pub(crate) struct NewMission {
    pub(crate) name: Option<String>,
    pub(crate) plan: Plan,
    pub(crate) status: Option<Status>,
    pub(crate) fields: Map<String, Value>,
}

/// Writes a mission.
pub(crate) async fn put(
    cx: &mut Cx<'_>,
    environment: &Environment,
    new: NewMission,
) -> Result<Mission> {
    cx.tx.lock(Lock::Environment(environment.id)).await?;
    let count = missions::count(cx.tx, environment.id).await?;
    if count >= i64::from(limits::MISSIONS) {
        return Err(Error::conflict(
            "too_many_missions",
            format!("there are {count} missions already: delete some first"),
        ));
    }
    let name = match new.name {
        Some(name) => {
            text::required("name", &name, limits::PLAN_NAME_CHARS)?;
            name
        }
        None => free_name(cx, environment, count).await?,
    };
    let mut document = Map::new();
    fields::merge(&mut document, &new.fields)?;
    let mut mission = Mission {
        id: cx.id(),
        environment: environment.id,
        name,
        status: new.status.unwrap_or(Status::Draft),
        plan: new.plan.written(),
        document: Value::Object(document).to_string(),
        executions: 0,
        created_at: cx.now,
        updated_at: cx.now,
    };
    if !missions::insert(cx.tx, &mission).await? {
        return Err(name_taken(&mission.name));
    }
    if schedules::follow(cx, &mut mission).await? {
        missions::update(cx.tx, &mission).await?;
    }
    tell_saved(cx, &mission).await?;
    Ok(mission)
}

pub(crate) fn name_taken(name: &str) -> Error {
    Error::conflict(
        "name_taken",
        format!("there is a mission named \"{name}\" already: choose another name"),
    )
}

/// The first free name of the form `mission-N`.
async fn free_name(cx: &mut Cx<'_>, environment: &Environment, count: i64) -> Result<String> {
    let mut number = count;
    loop {
        number = number.saturating_add(1);
        let name = format!("mission-{number}");
        let taken = missions::by_name(cx.tx, environment.id, &name).await?;
        if taken.is_none() {
            return Ok(name);
        }
    }
}
