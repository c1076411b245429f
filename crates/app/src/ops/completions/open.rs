//! The beginning of a chat turn, stored before its first byte: the session,
//! what the user said, the place of the answer, the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::Happening;
use domain::id::{EnvironmentId, MessageId, RunId};
use domain::time::Span;
use domain::{Result, Time, limits, text};
use serde_json::{Value, json};
use store::tables::runs::{self, Run, Status};
use store::tables::sessions::{self, METADATA_MARK, Message, Role, Session, USER_MARK};

use crate::ops::runs::LEASE;
use crate::{Cx, Op};

/// How often others may remove a session and make it again while one is put.
const REMOVALS: usize = 8;

/// A chat turn.
#[derive(Debug)]
pub(crate) struct Chat {
    /// Where.
    pub(crate) environment: EnvironmentId,
    /// Its run.
    pub(crate) run: RunId,
    /// In which session.
    pub(crate) session: String,
    /// With whom.
    pub(crate) agent: Option<String>,
    /// Which model is asked.
    pub(crate) model: String,
    /// The end user.
    pub(crate) user: Option<String>,
    /// What the client notes about the session.
    pub(crate) metadata: BTreeMap<String, String>,
    /// What the user said first.
    pub(crate) first: Option<String>,
    /// What the user said now.
    pub(crate) question: Option<String>,
    /// Whether its frames are kept.
    pub(crate) is_durable: bool,
    /// When it began.
    pub(crate) began: Time,
}

/// Stores the beginning.
#[derive(Clone, Debug)]
pub(crate) struct Open(pub(crate) Arc<Chat>);

impl Op for Open {
    /// The message that is to be filled.
    type Output = MessageId;
    operation!("completions.open", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<MessageId> {
        let chat = &*self.0;
        let answer = begin(cx, chat, String::new(), None).await?;
        let run = Run {
            answer: Some(answer),
            ..chat.run(Status::Running)
        };
        let lease = cx.lease(LEASE);
        runs::put(cx.tx, &run, lease).await?;
        Ok(answer)
    }
}

impl Chat {
    /// Its run, before anything was used.
    pub(crate) fn run(&self, status: Status) -> Run {
        Run {
            id: self.run,
            environment: self.environment,
            agent: self.agent.clone(),
            session: Some(self.session.clone()),
            answer: None,
            model: self.model.clone(),
            status,
            error: None,
            is_durable: self.is_durable,
            frames: 0,
            is_cancelled: false,
            prompt_tokens: 0,
            completion_tokens: 0,
            micro_credits: 0,
            created_at: self.began,
            ended_at: None,
        }
    }

    fn session(&self, messages: i64, now: Time) -> Session {
        let title = self.first.as_ref();
        let title = title.map(|first| text::cut(first.clone(), limits::SESSION_TITLE_GIVEN_CHARS));
        Session {
            environment: self.environment,
            id: self.session.clone(),
            agent: self.agent.clone(),
            user: self.user.clone(),
            title: title.filter(|title| !title.is_empty()),
            metadata: json!(self.metadata).to_string(),
            messages,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Stores the session, what the user said and the answer as far as it is
/// known.
pub(crate) async fn begin(
    cx: &mut Cx<'_>,
    chat: &Chat,
    content: String,
    tool_calls: Option<String>,
) -> Result<MessageId> {
    let now = cx.now;
    let messages = 1 + i64::from(chat.question.is_some());
    let session = chat.session(messages, now);
    found(cx, &session, chat.run, &chat.metadata).await?;
    if let Some(question) = &chat.question {
        let question = Message {
            id: cx.id_at(now),
            role: Role::User,
            content: question.clone(),
            tool_calls: None,
            created_at: now,
        };
        say(cx, &session, chat.run, &question).await?;
    }
    let answer = Message {
        id: cx.id_at(now.plus(Span(1))),
        role: Role::Assistant,
        content,
        tool_calls,
        created_at: now,
    };
    say(cx, &session, chat.run, &answer).await?;
    Ok(answer.id)
}

/// Makes a session, or notes that more was said in it.
async fn found(
    cx: &mut Cx<'_>,
    session: &Session,
    run: RunId,
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    let (environment, id) = (session.environment, &session.id);
    if !put_session(cx, session).await? {
        return Ok(());
    }
    if let Some(user) = session.user.clone() {
        sessions::mark(cx.tx, environment, id, USER_MARK.into(), user).await?;
    }
    for (key, value) in metadata {
        let name = format!("{METADATA_MARK}{key}");
        sessions::mark(cx.tx, environment, id, name, value.clone()).await?;
    }
    let mut facts = json!({ "sessionId": id });
    if let Some(title) = &session.title {
        facts["title"] = title.as_str().into();
    }
    if let Some(agent) = &session.agent {
        facts["agent"] = agent.as_str().into();
    }
    cx.record_hosted(environment, Happening::SessionCreated, run, facts)
        .await
}

/// Makes a session; where there is one, notes that more was said in it. One
/// that is removed between the two begins again, perhaps by another chat.
async fn put_session(cx: &mut Cx<'_>, session: &Session) -> Result<bool> {
    let (environment, id) = (session.environment, &session.id);
    for _ in 0..REMOVALS {
        if sessions::insert(cx.tx, session).await? {
            return Ok(true);
        }
        if sessions::touch(cx.tx, environment, id, session.messages, cx.now).await? {
            return Ok(false);
        }
    }
    Err(sessions::gone())
}

async fn say(cx: &mut Cx<'_>, session: &Session, run: RunId, message: &Message) -> Result<()> {
    let (environment, id) = (session.environment, &session.id);
    sessions::say(cx.tx, environment, id, message).await?;
    let facts: Value = json!({
        "sessionId": id,
        "messageId": message.id.to_string(),
        "role": message.role.as_str(),
    });
    cx.record_hosted(environment, Happening::ChatMessageAdded, run, facts)
        .await
}
