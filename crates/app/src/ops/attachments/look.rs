//! Attachments are read.

use domain::id::{AttachmentId, EnvironmentId};
use domain::policy::Actor;
use domain::{Error, Result, limits};
use store::tables::attachments::{self, Attachment};

use super::unknown;
use crate::ports::files::Read;
use crate::{App, Cx, Errand, Op};

/// Shows an attachment.
#[derive(Clone, Copy, Debug)]
pub struct Get {
    /// Which.
    pub id: AttachmentId,
}

impl Op for Get {
    type Output = Attachment;
    operation!("attachments.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Attachment> {
        let environment = cx.actor.environment()?;
        let found = attachments::find(cx.tx, environment, self.id).await?;
        found.ok_or_else(unknown)
    }
}

/// As [`Get`], for the server itself, which puts attachments into prompts.
#[derive(Clone, Copy, Debug)]
pub struct Find {
    /// Where.
    pub environment: EnvironmentId,
    /// Which.
    pub id: AttachmentId,
}

impl Op for Find {
    type Output = Attachment;
    operation!("attachments.find", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Attachment> {
        let found = attachments::find(cx.tx, self.environment, self.id).await?;
        found.ok_or_else(unknown)
    }
}

/// Lists the attachments of a chat, the first one first.
#[derive(Clone, Debug)]
pub struct List {
    /// The chat.
    pub session: String,
}

impl Op for List {
    type Output = Vec<Attachment>;
    operation!("attachments.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Attachment>> {
        let environment = cx.actor.environment()?;
        if self.session.is_empty() {
            return Err(Error::field(
                "sessionId",
                "is required: the chat whose attachments are wanted",
            ));
        }
        let rows = limits::CHAT_ATTACHMENTS;
        attachments::list(cx.tx, environment, &self.session, rows).await
    }
}

/// Reads the bytes of an attachment.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// Which.
    pub id: AttachmentId,
}

impl Errand for Open {
    type Output = (Attachment, Read);
    operation!("attachments.open", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<(Attachment, Read)> {
        let environment = actor.environment()?;
        let attachment = app.call(actor, Get { id: self.id }).await?;
        let path = attachment.path.clone();
        let read = app
            .files()?
            .read(environment, path, limits::WORK_FILE_BYTES);
        Ok((attachment, read.await?))
    }
}
