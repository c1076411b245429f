//! A chat that was held elsewhere is brought along.

use domain::event::Happening;
use domain::id::RunId;
use domain::time::Span;
use domain::{Error, Result, limits, text};
use serde_json::{Value, json};
use store::tables::sessions::{self, Message, Role, Session};

use crate::ops::completions::redacted;
use crate::{Cx, Op};

/// Brings a chat along.
#[derive(Clone, Debug)]
pub struct Import {
    /// What it is about.
    pub title: Option<String>,
    /// With whom it was held.
    pub agent: Option<String>,
    /// What was said.
    pub messages: Vec<Brought>,
}

/// Something that was said elsewhere.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Who said it.
    pub role: String,
    /// What.
    pub content: String,
    /// Tools that were called meanwhile.
    pub tool_calls: Vec<Value>,
}

/// A chat that is here now.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The session.
    pub session: Session,
}

impl Op for Import {
    type Output = Imported;
    operation!("sessions.import", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Imported> {
        let environment = cx.actor.environment()?;
        let roles = self.check()?;
        let first = self.messages.iter().zip(&roles);
        let first = first.filter(|(_, role)| **role == Role::User);
        let first = first.map(|(message, _)| message.content.clone()).next();
        let given = first.map(|it| text::cut(it, limits::SESSION_TITLE_GIVEN_CHARS));
        let run: RunId = cx.id();
        let session = Session {
            environment,
            id: run.0.simple().to_string(),
            agent: self.agent,
            user: None,
            title: self.title.or(given).filter(|title| !title.is_empty()),
            metadata: "{}".into(),
            messages: i64::try_from(roles.len()).unwrap_or(i64::MAX),
            created_at: cx.now,
            updated_at: cx.now,
        };
        sessions::insert(cx.tx, &session).await?;
        for ((place, message), role) in (0..).zip(self.messages).zip(roles) {
            let calls: Vec<_> = message.tool_calls.into_iter().map(redacted).collect();
            let message = Message {
                id: cx.id_at(cx.now.plus(Span(place))),
                role,
                content: message.content,
                tool_calls: (!calls.is_empty()).then(|| Value::Array(calls).to_string()),
                created_at: cx.now,
            };
            sessions::say(cx.tx, environment, &session.id, &message).await?;
        }
        let mut facts = json!({ "sessionId": session.id });
        if let Some(title) = &session.title {
            facts["title"] = title.as_str().into();
        }
        cx.record_hosted(environment, Happening::SessionCreated, run, facts)
            .await?;
        Ok(Imported { session })
    }
}

impl Import {
    fn check(&self) -> Result<Vec<Role>> {
        let title = self.title.as_deref().unwrap_or_default();
        text::optional("title", title, limits::SESSION_TITLE_CHARS)?;
        let agent = self.agent.as_deref().unwrap_or_default();
        text::optional("agent", agent, limits::NAME_CHARS)?;
        if self.messages.is_empty() || self.messages.len() > limits::CHAT_MESSAGES {
            let most = limits::CHAT_MESSAGES;
            let problem = format!("must be a list of 1 to {most} messages");
            return Err(Error::field("messages", problem));
        }
        let read = |message: &Brought| {
            text::optional("content", &message.content, limits::MODEL_ANSWER_BYTES)?;
            Role::parse(&message.role).ok_or_else(|| {
                Error::field("messages", "must each have the role user or assistant")
            })
        };
        self.messages.iter().map(read).collect()
    }
}
