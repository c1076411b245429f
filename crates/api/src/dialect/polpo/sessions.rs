//! Chats with hosted agents (Polpo 2.7).

use std::collections::BTreeMap;

use app::Answer;
use app::ops::sessions::{Activity, Brought, Import, Imported, List, Read, Remove, Rename, Talk};
use app::tables::runs::Run;
use app::tables::sessions::{Message, Session};
use domain::{Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::part::part;
use super::{Polpo, answer, both, changed};
use crate::calendar::IsoMillis;
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

/// How parameters of the query begin that are about metadata.
const METADATA: &str = "metadata.";

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let query = input.parts.uri.query().unwrap_or_default();
        let fields = form_urlencoded::parse(query.as_bytes());
        let metadata = fields.filter_map(|(name, value)| {
            let key = name.strip_prefix(METADATA)?.to_owned();
            Some((key, value.into_owned()))
        });
        Ok(Self {
            user: input.query("user").map(std::borrow::Cow::into_owned),
            metadata: metadata.collect(),
            part: part(input)?,
        })
    }

    fn encode(sessions: Vec<Session>, _: Time) -> Answer {
        let shown: Vec<_> = sessions.iter().map(shown).collect();
        answer::<D>(200, &json!({ "sessions": shown }))
    }
}

impl<D: Polpo> Wire<D> for Read {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let id = input.param("id").to_owned();
        let part = part(input)?;
        Ok(Self { id, part })
    }

    fn encode(talk: Talk, _: Time) -> Answer {
        let mut body = said(&talk);
        if !D::IS_ENVELOPED {
            body["id"] = talk.session.id.into();
        }
        answer::<D>(200, &body)
    }
}

impl<D: Polpo> Wire<D> for Activity {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let id = input.param("id").to_owned();
        let part = part(input)?;
        Ok(Self { id, part })
    }

    fn encode(talk: Talk, _: Time) -> Answer {
        let mut body = said(&talk);
        body["runs"] = talk.runs.iter().map(run).collect();
        if !D::IS_ENVELOPED {
            body["id"] = talk.session.id.into();
        }
        answer::<D>(200, &body)
    }
}

#[derive(Deserialize)]
struct RenameIn {
    title: String,
}

impl<D: Polpo> Wire<D> for Rename {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RenameIn { title } = input.json()?;
        let id = input.param("id").to_owned();
        Ok(Self { id, title })
    }

    fn encode(session: Session, _: Time) -> Answer {
        changed::<D>(200, &json!({ "renamed": true }), &shown(&session))
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let id = input.param("id").to_owned();
        Ok(Self { id })
    }

    fn encode(id: String, _: Time) -> Answer {
        let told = json!({ "deleted": true });
        changed::<D>(200, &told, &json!({ "id": id, "deleted": true }))
    }
}

#[derive(Deserialize)]
struct ImportIn {
    title: Option<String>,
    agent: Option<String>,
    messages: Vec<BroughtIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BroughtIn {
    role: String,
    content: String,
    tool_calls: Option<Vec<Value>>,
}

impl<D: Polpo> Wire<D> for Import {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ImportIn {
            title,
            agent,
            messages,
        } = input.json()?;
        let messages = messages.into_iter().map(|message| {
            let BroughtIn {
                role,
                content,
                tool_calls,
            } = message;
            Brought {
                role,
                content,
                tool_calls: tool_calls.unwrap_or_default(),
            }
        });
        Ok(Self {
            title,
            agent,
            messages: messages.collect(),
        })
    }

    fn encode(Imported { session }: Imported, _: Time) -> Answer {
        let told = json!({ "sessionId": session.id, "imported": session.messages });
        let mut resource = shown(&session);
        resource["sessionId"] = told["sessionId"].clone();
        resource["imported"] = told["imported"].clone();
        changed::<D>(201, &told, &resource)
    }
}

fn shown(session: &Session) -> Value {
    let Session {
        environment: _,
        id,
        agent,
        user,
        title,
        metadata,
        messages,
        created_at,
        updated_at,
    } = session;
    let mut shown = json!({
        "id": id,
        "createdAt": IsoMillis(*created_at).to_string(),
        "updatedAt": IsoMillis(*updated_at).to_string(),
        "messageCount": messages,
    });
    for (name, text) in [("agent", agent), ("user", user), ("title", title)] {
        if let Some(text) = text {
            shown[name] = text.as_str().into();
        }
    }
    let metadata: BTreeMap<String, String> = serde_json::from_str(metadata).unwrap_or_default();
    if !metadata.is_empty() {
        shown["metadata"] = json!(metadata);
    }
    shown
}

fn said(talk: &Talk) -> Value {
    let messages: Vec<_> = talk.messages.iter().map(message).collect();
    json!({ "session": shown(&talk.session), "messages": messages })
}

fn message(message: &Message) -> Value {
    let Message {
        id,
        role,
        content,
        tool_calls,
        created_at,
    } = message;
    let mut shown = json!({
        "id": id.to_string(),
        "role": role.as_str(),
        "content": content,
        "ts": IsoMillis(*created_at).to_string(),
    });
    let calls = tool_calls
        .as_deref()
        .and_then(|it| serde_json::from_str::<Value>(it).ok());
    if let Some(calls) = calls {
        shown["toolCalls"] = calls;
    }
    shown
}

fn run(run: &Run) -> Value {
    let Run {
        id,
        environment: _,
        agent,
        session,
        answer: _,
        model,
        status,
        error,
        is_durable: _,
        frames: _,
        is_cancelled: _,
        prompt_tokens,
        completion_tokens,
        micro_credits: _,
        created_at,
        ended_at,
    } = run;
    let mut shown = json!({
        "id": id.to_string(),
        "model": model,
        "status": status.as_str(),
        "startedAt": IsoMillis(*created_at).to_string(),
        "usage": { "promptTokens": prompt_tokens, "completionTokens": completion_tokens },
    });
    for (name, text) in [("agent", agent), ("sessionId", session), ("error", error)] {
        if let Some(text) = text {
            shown[name] = text.as_str().into();
        }
    }
    if let Some(ended_at) = ended_at {
        shown["endedAt"] = IsoMillis(*ended_at).to_string().into();
    }
    shown
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/chat/sessions" => List;
        post "/chat/sessions/import" => Import;
        get "/chat/sessions/{id}/messages" => Read;
        get "/chat/sessions/{id}/activity" => Activity;
        patch "/chat/sessions/{id}" => Rename;
        delete "/chat/sessions/{id}" => Remove;
    }
}
