//! Tasks, which are jobs in here (Polpo 2.8), and what runs at the moment
//! (2.10).

use app::ops::jobs::{
    Activity, Create, Deed, Do, Execute, Executing, Filter, Get, List, Processes, Remove,
    RemoveMany, RunLog, Step, Update,
};
use app::ports::agents::Piece;
use app::{Answer, Content, Reply};
use bytes::Bytes;
use domain::id::JobId;
use domain::job::Status;
use domain::{Error, Result, Time};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::part::part;
use super::{Polpo, answer, both, changed};
use crate::dialect::{ErrandWire, Wire};
use crate::input::Input;
use crate::routes::Routes;

fn job(input: &Input<'_>) -> JobId {
    JobId(input.id("id"))
}

/// `status` (one or several with commas), `group`, `assignTo`.
fn filter(input: &Input<'_>) -> Result<Filter> {
    let words = input.queries("status");
    let mut statuses = Vec::with_capacity(words.len());
    for word in words {
        let status = Status::parse(&word).ok_or_else(|| {
            let known = Status::ALL.map(Status::as_str).join(", ");
            Error::field("status", format!("must be made of: {known}"))
        })?;
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    let text = |name| input.query(name).map(|text| text.into_owned());
    Ok(Filter {
        statuses,
        group: text("group"),
        agent: text("assignTo"),
    })
}

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            filter: filter(input)?,
            part: part(input)?,
        })
    }

    fn encode(tasks: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &tasks.into())
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { job: job(input) })
    }

    fn encode(task: Value, _: Time) -> Answer {
        answer::<D>(200, &task)
    }
}

#[derive(Deserialize)]
struct CreateIn {
    title: String,
    description: String,
    #[serde(rename = "assignTo")]
    agent: String,
    group: Option<String>,
    draft: Option<bool>,
    #[serde(rename = "dependsOn")]
    needs: Option<Vec<String>>,
}

impl<D: Polpo> Wire<D> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (named, fields) = input.json_and_rest()?;
        let CreateIn {
            title,
            description,
            agent,
            group,
            draft,
            needs,
        } = named;
        Ok(Self {
            title,
            description,
            agent,
            group,
            is_draft: draft.unwrap_or(false),
            needs: needs.unwrap_or_default(),
            fields,
        })
    }

    fn encode(task: Value, _: Time) -> Answer {
        answer::<D>(201, &task)
    }
}

impl<D: Polpo> Wire<D> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            job: job(input),
            fields: input.json()?,
        })
    }

    fn encode(task: Value, _: Time) -> Answer {
        answer::<D>(200, &task)
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { job: job(input) })
    }

    fn encode(task: Value, _: Time) -> Answer {
        changed::<D>(200, &json!({ "removed": true }), &task)
    }
}

impl<D: Polpo> Wire<D> for RemoveMany {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let filter = filter(input)?;
        let is_all = input.query("all").is_some_and(|all| all == "true");
        if !is_all && filter == Filter::default() {
            return Err(Error::invalid(
                "no_filter",
                "say which tasks are to be deleted: status, group, assignTo, or all=true",
            ));
        }
        Ok(Self { filter })
    }

    fn encode(count: usize, _: Time) -> Answer {
        answer::<D>(200, &json!({ "deleted": count }))
    }
}

impl<D: Polpo> Wire<D> for Do {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let deed = match input.parts.uri.path().rsplit('/').next() {
            Some("retry") => Deed::Retry,
            Some("reassess") => Deed::Reassess,
            Some("queue") => Deed::Queue,
            Some("force-fail") => Deed::ForceFail,
            _ => Deed::Kill,
        };
        Ok(Self {
            job: job(input),
            deed,
        })
    }

    fn encode((deed, task): (Deed, Value), _: Time) -> Answer {
        let told = match deed {
            Deed::Retry => "retried",
            Deed::Kill => "killed",
            Deed::Reassess => "reassessed",
            Deed::Queue => "queued",
            Deed::ForceFail => "failed",
        };
        changed::<D>(200, &json!({ told: true }), &task)
    }
}

impl<D: Polpo> Wire<D> for Activity {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { job: job(input) })
    }

    fn encode(bundle: Value, _: Time) -> Answer {
        answer::<D>(200, &bundle)
    }
}

impl<D: Polpo> Wire<D> for Processes {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(processes: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &processes.into())
    }
}

impl<D: Polpo> Wire<D> for RunLog {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { job: job(input) })
    }

    fn encode(entries: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &entries.into())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ExecuteIn {
    stream: Option<bool>,
}

impl<D: Polpo> ErrandWire<D> for Execute {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ExecuteIn { stream } = input.json_or_default()?;
        Ok(Self {
            job: job(input),
            follows: stream.unwrap_or(false),
        })
    }

    fn encode(executing: Executing, now: Time) -> Reply {
        match executing {
            Executing::Begun(task) => answer::<D>(202, &task).into(),
            Executing::Followed(steps) => Reply {
                status: 200,
                headers: Vec::new(),
                content: Content::Events(Box::pin(chunks(steps, now))),
            },
        }
    }
}

/// What happens in a task in the form of a streamed chat (Polpo 2.6, 2.8).
fn chunks(
    steps: app::ops::jobs::Steps,
    now: Time,
) -> impl stream::Stream<Item = Bytes> + Send + 'static {
    let mut said = false;
    let first = chunk(now, json!({ "role": "assistant" }), Map::new(), None);
    let rest = steps.flat_map(move |step| {
        let frames = match step {
            Step::Piece(piece) => said_by(piece, now, &mut said).into_iter().collect(),
            Step::Over(task) => over(task, now, said),
        };
        stream::iter(frames)
    });
    stream::iter([first]).chain(rest)
}

fn said_by(piece: Piece, now: Time, said: &mut bool) -> Option<Bytes> {
    let (delta, more) = match piece {
        Piece::Text(text) => {
            *said = true;
            (json!({ "content": text }), Map::new())
        }
        Piece::Thinking(text) => (json!({}), with("thinking", json!(text))),
        Piece::Tool(call) => {
            let mut told = json!({
                "id": call.id,
                "name": call.name,
                "state": call.state.as_str(),
            });
            if !call.arguments.is_null() {
                told["arguments"] = call.arguments;
            }
            if let Some(result) = call.result {
                told["result"] = json!(result);
            }
            (json!({}), with("tool_call", told))
        }
        Piece::End(_) => return None,
    };
    Some(chunk(now, delta, more, None))
}

/// The end: what was said where nobody heard it, the task, and the mark.
fn over(task: Value, now: Time, said: bool) -> Vec<Bytes> {
    let stdout = task["result"]["stdout"].as_str().unwrap_or("");
    let mut frames = Vec::with_capacity(3);
    if !said && !stdout.is_empty() {
        frames.push(chunk(now, json!({ "content": stdout }), Map::new(), None));
    }
    let end = with("finish_reason", json!("stop"));
    frames.push(chunk(now, json!({}), end, Some(task)));
    frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
    frames
}

fn with(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn chunk(now: Time, delta: Value, more: Map<String, Value>, task: Option<Value>) -> Bytes {
    let mut choice = json!({ "index": 0, "delta": delta, "finish_reason": null });
    if let Some(choice) = choice.as_object_mut() {
        choice.extend(more);
    }
    let mut chunk = json!({
        "id": format!("chatcmpl-{:024x}", now.0),
        "object": "chat.completion.chunk",
        "created": now.unix_seconds(),
        "model": "polpo",
        "choices": [choice],
    });
    if let Some(task) = task {
        chunk["polpo"] = json!({ "task": task });
    }
    Bytes::from(format!("data: {chunk}\n\n"))
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/tasks" => List;
        post "/tasks" => Create;
        delete "/tasks" => RemoveMany;
        get "/tasks/{id}" => Get;
        patch "/tasks/{id}" => Update;
        delete "/tasks/{id}" => Remove;
        post "/tasks/{id}/retry" => Do;
        post "/tasks/{id}/kill" => Do;
        post "/tasks/{id}/reassess" => Do;
        post "/tasks/{id}/queue" => Do;
        post "/tasks/{id}/force-fail" => Do;
        get "/tasks/{id}/activity" => Activity;
        post_errand "/tasks/{id}/execute" => Execute;
        get "/agents/processes" => Processes;
        get "/agents/processes/{id}/activity" => RunLog;
    }
}
