//! The end of a chat turn: the answer, what it used, how its run stands.

use std::sync::Arc;

use domain::Result;
use domain::event::Happening;
use domain::id::MessageId;
use serde_json::json;
use store::tables::runs::{self, Frames, Run, Status};
use store::tables::sessions;

use super::open::{Chat, begin};
use crate::ops::runs::{LEASE, spend};
use crate::ports::agents::Usage;
use crate::{Cx, Op};

/// Stores the end.
#[derive(Clone, Debug)]
pub(crate) struct Close(pub(crate) Arc<Closing>);

/// What is stored.
#[derive(Debug)]
pub(crate) struct Closing {
    /// The turn.
    pub(crate) chat: Arc<Chat>,
    /// The message to fill, where the beginning was stored.
    pub(crate) answer: Option<MessageId>,
    /// What was said.
    pub(crate) content: String,
    /// Tools that were called.
    pub(crate) tool_calls: Option<String>,
    /// What was used.
    pub(crate) usage: Usage,
    /// How the run stands.
    pub(crate) status: Status,
    /// How it ended, for the log.
    pub(crate) reason: String,
    /// What went wrong.
    pub(crate) error: Option<String>,
    /// The frames that are not stored yet.
    pub(crate) frames: Frames,
}

impl Op for Close {
    type Output = ();
    operation!("completions.close", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let closing = &*self.0;
        let chat = &closing.chat;
        let run = closing.run(cx.now);
        let said = (closing.content.clone(), closing.tool_calls.clone());
        match closing.answer {
            None => {
                begin(cx, chat, said.0, said.1).await?;
                let lease = cx.lease(LEASE);
                runs::put(cx.tx, &run, lease).await?;
            }
            Some(answer) => {
                if runs::end(cx.tx, &run).await? {
                    keep(cx, closing).await?;
                } else {
                    // Somebody took it for dead and has written its end.
                    let usage = closing.usage;
                    let (prompt, completion) = (usage.prompt_tokens, usage.completion_tokens);
                    runs::add(cx.tx, run.id, prompt, completion, usage.micro_credits).await?;
                }
                sessions::fill(cx.tx, chat.environment, &chat.session, answer, said).await?;
            }
        }
        spend(cx, chat.environment, closing.usage.micro_credits).await?;
        let what = Happening::CompletionFinished;
        cx.record_hosted(chat.environment, what, chat.run, closing.facts())
            .await
    }
}

async fn keep(cx: &mut Cx<'_>, closing: &Closing) -> Result<()> {
    if closing.frames.lines.is_empty() {
        return Ok(());
    }
    runs::keep(cx.tx, closing.chat.run, closing.frames.clone()).await
}

impl Closing {
    fn run(&self, now: domain::Time) -> Run {
        let Usage {
            prompt_tokens,
            completion_tokens,
            micro_credits,
        } = self.usage;
        Run {
            // A provider may say what no database can hold.
            error: self.error.as_ref().map(|it| it.replace('\0', "\u{fffd}")),
            frames: self.frames.last,
            prompt_tokens,
            completion_tokens,
            micro_credits,
            ended_at: Some(now),
            ..self.chat.run(self.status)
        }
    }

    fn facts(&self) -> serde_json::Value {
        let Usage {
            prompt_tokens,
            completion_tokens,
            micro_credits: _,
        } = self.usage;
        let mut facts = json!({
            "sessionId": self.chat.session,
            "runId": self.chat.run.to_string(),
            "model": self.chat.model,
            "status": self.status.as_str(),
            "finishReason": self.reason,
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens.saturating_add(completion_tokens),
            },
        });
        if let Some(agent) = &self.chat.agent {
            facts["agent"] = agent.as_str().into();
        }
        facts
    }
}
