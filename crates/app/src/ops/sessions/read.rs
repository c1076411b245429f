//! Reads a chat: what was said, and the runs it was said in.

use domain::page::Part;
use domain::{Result, limits};
use store::tables::runs::{self, Run};
use store::tables::sessions::{self, Message, Session};

use super::own;
use crate::{Cx, Op};

/// Reads what was said.
#[derive(Clone, Debug)]
pub struct Read {
    /// The session.
    pub id: String,
    /// Which of the messages.
    pub part: Part,
}

/// As [`Read`], with its runs.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The session.
    pub id: String,
    /// Which of the messages and which of the runs.
    pub part: Part,
}

/// A chat.
#[derive(Clone, Debug)]
pub struct Talk {
    /// The session.
    pub session: Session,
    /// What was said, the first first.
    pub messages: Vec<Message>,
    /// Its runs, where they are asked for.
    pub runs: Vec<Run>,
}

impl Op for Read {
    type Output = Talk;
    operation!("sessions.read", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Talk> {
        let session = own(cx, &self.id).await?;
        let rows = limits::SESSION_MESSAGES_SHOWN;
        let messages =
            sessions::messages(cx.tx, session.environment, &session.id, rows, self.part).await?;
        Ok(Talk {
            session,
            messages,
            runs: Vec::new(),
        })
    }
}

impl Op for Activity {
    type Output = Talk;
    operation!("sessions.activity", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Talk> {
        let Self { id, part } = self;
        let mut talk = Read { id, part }.run(cx).await?;
        let (environment, id) = (talk.session.environment, &talk.session.id);
        talk.runs =
            runs::of_session(cx.tx, environment, id, limits::SESSION_RUNS_SHOWN, part).await?;
        Ok(talk)
    }
}
