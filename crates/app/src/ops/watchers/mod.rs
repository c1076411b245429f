//! Watchers: actions that are taken once, when a job comes into a status
//! (Polpo 2.13).
//!
//! **Invariant:** an action is something that lives here: it is taken in the
//! transaction in which the job moves. One that cannot be taken is told to the
//! log and keeps the job from nothing.
//!
//! To add an action: a branch in `Action::read` and one in `take`.

mod edit;
mod fire;

pub use edit::{Create, List, Remove};
pub(crate) use fire::fire;

use domain::id::MissionId;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value, json};
use store::tables::watchers::Watcher;

use crate::calendar::iso;
use crate::ops::jobs;

/// What a watcher does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A job is written.
    CreateTask(Map<String, Value>),
    /// A mission is executed.
    ExecuteMission(MissionId),
    /// A line is written into the log.
    Log(String),
}

impl Action {
    /// Reads an action.
    pub(crate) fn read(action: &Value) -> Result<Self> {
        let most = limits::WATCHER_BYTES;
        if action.to_string().len() > most {
            let problem = format!("must be at most {most} bytes long");
            return Err(Error::field("action", problem));
        }
        let word = |key: &str| action.get(key).and_then(Value::as_str).unwrap_or_default();
        match word("type") {
            "create_task" => {
                let task = action.get("task").and_then(Value::as_object);
                let task = task.ok_or_else(|| {
                    Error::field("action", "needs task: {title, description, assignTo}")
                })?;
                let texts = [
                    ("title", limits::JOB_TITLE_CHARS),
                    ("description", limits::TEXT_CHARS),
                    ("assignTo", limits::NAME_CHARS),
                ];
                for (key, chars) in texts {
                    let given = task.get(key).and_then(Value::as_str);
                    text::required(key, given.unwrap_or_default(), chars)?;
                }
                jobs::checked(task)?;
                Ok(Self::CreateTask(task.clone()))
            }
            "execute_mission" => MissionId::parse(word("missionId"))
                .map(Self::ExecuteMission)
                .ok_or_else(|| Error::field("action", "needs missionId: the id of a mission")),
            "log" => {
                text::required("message", word("message"), limits::TEXT_CHARS)?;
                Ok(Self::Log(word("message").to_owned()))
            }
            _ => Err(Error::field(
                "action",
                "must have one of these types: create_task, execute_mission, log (what is called elsewhere is a webhook)",
            )),
        }
    }
}

/// A watcher as everybody sees it.
pub(crate) fn shown(watcher: &Watcher) -> Value {
    let Watcher {
        id,
        environment: _,
        job,
        target,
        action,
        fired_at,
        created_at,
    } = watcher;
    let action: Value = serde_json::from_str(action).unwrap_or_default();
    let mut shown = json!({
        "id": id.to_string(),
        "taskId": job.to_string(),
        "targetStatus": target.as_str(),
        "action": action,
        "fired": fired_at.is_some(),
        "createdAt": iso(*created_at),
    });
    if let Some(at) = fired_at {
        shown["firedAt"] = iso(*at).into();
    }
    shown
}
