//! Missions (Polpo 2.9).

use app::ops::missions::{
    Abort, Begun, Create, ExecuteAloud, Get, List, Reached, Remove, Removed, Resumable, Resume,
    ResumeCheckpoint, Resumed, Said, Sayings, Update, Waiting, assembled,
};
use app::{Answer, Content, Reply};
use bytes::Bytes;
use domain::event::Happening;
use domain::id::MissionId;
use domain::{Error, Result, Time};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::part::part;
use super::{Polpo, answer, both, changed};
use crate::dialect::{ErrandWire, Wire};
use crate::input::Input;
use crate::routes::Routes;

pub(super) fn id(input: &Input<'_>) -> MissionId {
    MissionId(input.id("id"))
}

/// The lists of the document that the bare side shows beside it.
const LISTS: [&str; 5] = ["tasks", "team", "qualityGates", "checkpoints", "delays"];

/// A mission as a side shows it. The bare one has its document opened, too.
pub(super) fn mission<D: Polpo>(mut mission: Value) -> Value {
    if D::IS_ENVELOPED {
        return mission;
    }
    let data = mission["data"].as_str().unwrap_or_default();
    let document: Map<String, Value> = serde_json::from_str(data).unwrap_or_default();
    mission["taskCount"] = document["tasks"].as_array().map_or(0, Vec::len).into();
    for key in LISTS {
        if let Some(list) = document.get(key) {
            mission[key] = list.clone();
        }
    }
    mission
}

fn missions<D: Polpo>(all: Vec<Value>) -> Answer {
    let all = all.into_iter().map(mission::<D>);
    answer::<D>(200, &all.collect())
}

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { part: part(input)? })
    }

    fn encode(all: Vec<Value>, _: Time) -> Answer {
        missions::<D>(all)
    }
}

impl<D: Polpo> Wire<D> for Resumable {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(all: Vec<Value>, _: Time) -> Answer {
        missions::<D>(all)
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { mission: id(input) })
    }

    fn encode(found: Value, _: Time) -> Answer {
        answer::<D>(200, &mission::<D>(found))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateIn {
    name: Option<String>,
    data: Option<Value>,
    status: Option<String>,
    tasks: Option<Value>,
    team: Option<Value>,
    quality_gates: Option<Value>,
    checkpoints: Option<Value>,
    delays: Option<Value>,
}

impl<D: Polpo> Wire<D> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (named, fields) = input.json_and_rest()?;
        let CreateIn {
            name,
            data,
            status,
            tasks,
            team,
            quality_gates,
            checkpoints,
            delays,
        } = named;
        let data = data.filter(|data| !data.is_null());
        let data = match (data, &tasks) {
            (None, Some(Value::Array(_))) => assembled([
                ("tasks", tasks),
                ("team", team),
                ("qualityGates", quality_gates),
                ("checkpoints", checkpoints),
                ("delays", delays),
            ]),
            (data, _) => data.unwrap_or_default(),
        };
        Ok(Self {
            name,
            data,
            status,
            fields,
        })
    }

    fn encode(made: Value, _: Time) -> Answer {
        answer::<D>(201, &mission::<D>(made))
    }
}

impl<D: Polpo> Wire<D> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            mission: id(input),
            fields: input.json()?,
        })
    }

    fn encode(changed: Value, _: Time) -> Answer {
        answer::<D>(200, &mission::<D>(changed))
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { mission: id(input) })
    }

    fn encode(Removed(removed): Removed, _: Time) -> Answer {
        let told = json!({ "deleted": true });
        changed::<D>(200, &told, &mission::<D>(removed))
    }
}

impl<D: Polpo> Wire<D> for Resume {
    fn decode(input: &Input<'_>) -> Result<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct In {
            retry_failed: Option<bool>,
        }
        let In { retry_failed } = input.json_or_default()?;
        Ok(Self {
            mission: id(input),
            retry_failed: retry_failed.unwrap_or(false),
        })
    }

    fn encode(resumed: Resumed, _: Time) -> Answer {
        let Resumed {
            retried,
            pending,
            mission: resumed,
        } = resumed;
        let told = json!({ "retried": retried, "pending": pending });
        changed::<D>(200, &told, &mission::<D>(resumed))
    }
}

impl<D: Polpo> Wire<D> for Abort {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { mission: id(input) })
    }

    fn encode((aborted, called_off): (usize, Value), _: Time) -> Answer {
        let told = json!({ "aborted": aborted });
        changed::<D>(200, &told, &mission::<D>(called_off))
    }
}

impl<D: Polpo> Wire<D> for ResumeCheckpoint {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            mission: id(input),
            name: input.param("name").to_owned(),
        })
    }

    fn encode(resumed: Value, _: Time) -> Answer {
        let told = json!({ "resumed": true });
        changed::<D>(200, &told, &mission::<D>(resumed))
    }
}

impl<D: Polpo> Wire<D> for Reached {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(reached: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &waits::<D>(reached, "checkpointName"))
    }
}

impl<D: Polpo> Wire<D> for Waiting {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(waiting: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &waits::<D>(waiting, "delayName"))
    }
}

/// Where missions wait; on the bare side everything has an id.
fn waits<D: Polpo>(mut waits: Vec<Value>, name: &str) -> Value {
    for wait in waits.iter_mut().filter(|_| !D::IS_ENVELOPED) {
        let word = |key: &str| wait[key].as_str().unwrap_or_default().to_owned();
        wait["id"] = format!("{}/{}", word("group"), word(name)).into();
    }
    waits.into()
}

impl<D: Polpo> ErrandWire<D> for ExecuteAloud {
    fn decode(input: &Input<'_>) -> Result<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct In {
            stream: Option<bool>,
        }
        let In { stream } = input.json_or_default()?;
        Ok(Self {
            mission: id(input),
            is_aloud: stream.unwrap_or(false),
        })
    }

    fn encode(begun: Begun, now: Time) -> Reply {
        let Begun { executed, said } = begun;
        if let Some(said) = said {
            return Reply {
                status: 200,
                headers: Vec::new(),
                content: Content::Events(chunks(said, now)),
            };
        }
        let begun = json!({ "tasks": executed.jobs, "group": executed.group });
        let status = if D::IS_ENVELOPED { 200 } else { 202 };
        changed::<D>(status, &begun, &mission::<D>(executed.mission)).into()
    }
}

/// What happens in an execution in the form of a streamed chat (Polpo 2.6).
fn chunks(said: Sayings, now: Time) -> app::Pieces {
    let first = chunk(now, json!({ "role": "assistant" }), None, None);
    let rest = said.map(move |said| match said {
        None => Bytes::from_static(b": ping\n\n"),
        Some(said) => told(&said, now),
    });
    Box::pin(stream::iter([first]).chain(rest))
}

/// One thing that happened: a line for people, the event for programs.
fn told(said: &Said, now: Time) -> Bytes {
    let Said {
        what,
        facts,
        is_last,
    } = said;
    let polpo = json!({ "event": super::events::name(*what), "data": facts });
    let line = line(*what, facts);
    let delta = match &line {
        Some(line) => json!({ "content": line }),
        None => json!({}),
    };
    if !*is_last {
        return chunk(now, delta, None, Some(polpo));
    }
    let mut end = Vec::new();
    if line.is_some() {
        end.extend_from_slice(&chunk(now, delta, None, None));
    }
    end.extend_from_slice(&chunk(now, json!({}), Some("stop"), Some(polpo)));
    end.extend_from_slice(b"data: [DONE]\n\n");
    end.into()
}

fn line(what: Happening, facts: &Value) -> Option<String> {
    let text = |key: &str| facts[key].as_str().unwrap_or_default();
    Some(match what {
        Happening::JobTransition => {
            let title = facts["task"]["title"].as_str().unwrap_or_default();
            format!("{title}: {}\n", text("to"))
        }
        Happening::CheckpointReached => format!("Waiting at {}\n", text("checkpointName")),
        Happening::DelayStarted => format!("Waiting until {}\n", text("expiresAt")),
        Happening::QualityGateFailed => format!("{} not passed\n", text("gateName")),
        Happening::MissionCompleted => format!("Mission {}\n", text("status")),
        Happening::MissionAborted => "Mission cancelled\n".to_owned(),
        Happening::MissionDeleted => "Mission deleted\n".to_owned(),
        _ => return None,
    })
}

fn chunk(now: Time, delta: Value, finish: Option<&str>, polpo: Option<Value>) -> Bytes {
    let mut chunk = json!({
        "id": format!("chatcmpl-{:024x}", now.0),
        "object": "chat.completion.chunk",
        "created": now.unix_seconds(),
        "model": "polpo",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    });
    if let Some(polpo) = polpo {
        chunk["polpo"] = polpo;
    }
    format!("data: {chunk}\n\n").into()
}

/// A text that must be in a body.
pub(super) fn text(field: &'static str, given: Option<String>) -> Result<String> {
    given.ok_or_else(|| Error::field(field, "is required"))
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/missions" => List;
        post "/missions" => Create;
        get "/missions/resumable" => Resumable;
        get "/missions/checkpoints" => Reached;
        get "/missions/delays" => Waiting;
        get "/missions/{id}" => Get;
        patch "/missions/{id}" => Update;
        delete "/missions/{id}" => Remove;
        post_errand "/missions/{id}/execute" => ExecuteAloud;
        post "/missions/{id}/resume" => Resume;
        post "/missions/{id}/abort" => Abort;
        post "/missions/{id}/checkpoints/{name}/resume" => ResumeCheckpoint;
    }
}
