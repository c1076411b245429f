//! Runs that are followed, steered and ended (Polpo 2.15). They have one shape
//! under both prefixes, that of the envelope.

use app::ops::completions::{Frame, Numbered};
use app::ops::runs::{Abort, Cancel, Cancelled, Follow, Followed, Heard, Steer, Steered};
use app::ports::agents::Manner;
use app::{Answer, Content, Reply};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use domain::id::RunId;
use domain::{Error, Result, Time};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chunks::Chunks;
use super::{Enveloped, answer, error};
use crate::dialect::{ErrandWire, header};
use crate::input::Input;
use crate::routes::Routes;

const SCHEMA_VERSION: u32 = 1;

impl ErrandWire<Enveloped> for Follow {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            run: RunId(input.id("id")),
            cursor: input.query("cursor").map(std::borrow::Cow::into_owned),
            last_event_id: header(input.parts, "last-event-id"),
        })
    }

    fn encode(followed: Followed, _: Time) -> Reply {
        let Followed {
            run,
            began,
            is_over,
            heard,
        } = followed;
        let mut headers = vec![("x-polpo-run-id".into(), run.to_string())];
        if is_over {
            headers.push(("x-polpo-run-terminal".into(), "true".into()));
        }
        let chunks = Chunks::new(run, began, false, false);
        let start = (chunks, heard);
        let events = stream::unfold(start, move |(chunks, mut heard)| async move {
            let next = heard.recv().await?;
            Some((event(&chunks, run, &next), (chunks, heard)))
        });
        Reply {
            status: 200,
            headers,
            content: Content::Events(Box::pin(events)),
        }
    }

    fn refuse(error: Error) -> Response {
        // A run that is not kept can never be followed: no use to try again.
        let is_never = error.code == "run_delivery_unavailable";
        let mut response = error::enveloped(error);
        if is_never {
            *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        }
        response
    }
}

/// One event of a run.
fn event(chunks: &Chunks, run: RunId, heard: &Heard) -> Bytes {
    let Heard::Frame(Numbered { number, frame }) = heard else {
        return Bytes::from_static(b": ping\n\n");
    };
    let (kind, data) = match frame {
        Frame::Started => ("run.started", json!({})),
        Frame::Done => ("response.done", json!({})),
        Frame::Failed(failure) => (
            "run.failed",
            json!({ "message": failure.message, "code": failure.code }),
        ),
        Frame::Cancelled => ("run.cancelled", json!({})),
        frame => (
            "response.chunk",
            json!({ "data": chunks.chunk(frame).unwrap_or_default() }),
        ),
    };
    let body = json!({
        "schemaVersion": SCHEMA_VERSION,
        "runId": run.to_string(),
        "sequence": number,
        "type": kind,
        "data": data,
    });
    Bytes::from(format!("id: {number}\nevent: run.event\ndata: {body}\n\n"))
}

#[derive(Default, Deserialize)]
struct ReasonIn {
    reason: Option<String>,
}

impl ErrandWire<Enveloped> for Cancel {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ReasonIn { reason } = input.json_or_default()?;
        let run = RunId(input.id("id"));
        Ok(Self { run, reason })
    }

    fn encode(cancelled: Cancelled, _: Time) -> Reply {
        let Cancelled { run, is_accepted } = cancelled;
        told(
            202,
            &json!({ "runId": run.to_string(), "accepted": is_accepted }),
        )
    }
}

impl ErrandWire<Enveloped> for Abort {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ReasonIn { reason } = input.json_or_default()?;
        let run = RunId(input.id("id"));
        Ok(Self { run, reason })
    }

    fn encode(cancelled: Cancelled, _: Time) -> Reply {
        told(
            202,
            &json!({ "runId": cancelled.run.to_string(), "aborted": true }),
        )
    }
}

#[derive(Deserialize)]
struct SteerIn {
    id: String,
    mode: String,
    content: ContentIn,
}

#[derive(Deserialize)]
struct ContentIn {
    text: Option<String>,
    attachments: Option<Vec<Value>>,
}

impl ErrandWire<Enveloped> for Steer {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let SteerIn { id, mode, content } = input.json()?;
        let manner = Manner::parse(&mode);
        let manner =
            manner.ok_or_else(|| Error::field("mode", "must be one of: steer, follow_up"))?;
        let name = |it: &Value| {
            let name = ["id", "file_id", "name", "url"]
                .iter()
                .find_map(|name| it[name].as_str());
            it.as_str().or(name).unwrap_or_default().to_owned()
        };
        Ok(Self {
            run: RunId(input.id("id")),
            id,
            manner,
            text: content.text.unwrap_or_default(),
            attachments: content
                .attachments
                .unwrap_or_default()
                .iter()
                .map(name)
                .collect(),
        })
    }

    fn encode(steered: Steered, _: Time) -> Reply {
        let Steered {
            run,
            id,
            is_duplicate,
        } = steered;
        let status = if is_duplicate { 200 } else { 202 };
        let body = json!({
            "runId": run.to_string(),
            "id": id,
            "accepted": true,
            "duplicate": is_duplicate,
        });
        told(status, &body)
    }
}

fn told(status: u16, body: &Value) -> Reply {
    let told: Answer = answer::<Enveloped>(status, body);
    told.into()
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get_errand::<Enveloped, Follow>("/v1/runs/{id}/events")
        .get_errand::<Enveloped, Follow>("/api/v1/runs/{id}/events")
        .post_errand::<Enveloped, Cancel>("/v1/runs/{id}/cancel")
        .post_errand::<Enveloped, Cancel>("/api/v1/runs/{id}/cancel")
        .post_errand::<Enveloped, Abort>("/v1/runs/{id}/abort")
        .post_errand::<Enveloped, Abort>("/api/v1/runs/{id}/abort")
        .post_errand::<Enveloped, Steer>("/v1/runs/{id}/steering")
        .post_errand::<Enveloped, Steer>("/api/v1/runs/{id}/steering")
}
