//! A file comes with a chat.

use bytes::Bytes;
use domain::event::Happening;
use domain::id::AttachmentId;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::attachments::{self, Attachment};

use crate::ops::environments::own;
use crate::ops::files::check_name;
use crate::{App, Cx, Errand, Op};

/// Keeps a file.
#[derive(Clone, Debug)]
pub struct Attach {
    /// The chat it comes with.
    pub session: Option<String>,
    /// What it is called.
    pub filename: String,
    /// Its media type, as its sender says.
    pub media: String,
    /// It.
    pub bytes: Bytes,
}

impl Errand for Attach {
    type Output = Attachment;
    operation!("attachments.attach", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Attachment> {
        check_name(&self.filename)?;
        text::required("file", &self.media, limits::NAME_CHARS)?;
        if let Some(session) = &self.session {
            text::required("sessionId", session, limits::NAME_CHARS)?;
        }
        let environment = actor.environment()?;
        let now = app.now();
        let id = AttachmentId(domain::id::made_at(now, app.random()));
        let size = i64::try_from(self.bytes.len()).unwrap_or(i64::MAX);
        let name = self.filename.clone();
        let path = app
            .files()?
            .attach(environment, id, name, self.bytes)
            .await?;
        let note = Note(Attachment {
            id,
            environment,
            session: self.session,
            filename: self.filename,
            media: self.media,
            size,
            path,
            created_at: now,
        });
        let noted = app.call(actor, note).await;
        if noted.is_err() {
            app.files()?.detach(environment, id).await?;
        }
        noted
    }
}

/// Notes what was kept.
#[derive(Clone, Debug)]
struct Note(Attachment);

impl Op for Note {
    type Output = Attachment;
    operation!("attachments.note", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Attachment> {
        let environment = own(cx).await?.id;
        let attachment = self.0;
        if let Some(session) = &attachment.session {
            cx.tx.lock(Lock::Environment(environment)).await?;
            let kept = attachments::count(cx.tx, environment, session).await?;
            if kept >= limits::CHAT_ATTACHMENTS.into() {
                return Err(too_many());
            }
        }
        attachments::insert(cx.tx, &attachment).await?;
        let facts = json!({
            "path": attachment.path,
            "dir": "/attachments",
            "action": "created",
            "source": "api",
        });
        cx.record_hosted(environment, Happening::FileChanged, attachment.id, facts)
            .await?;
        Ok(attachment)
    }
}

fn too_many() -> Error {
    Error::conflict(
        "too_many_attachments",
        format!(
            "this chat has {} attachments already: delete one first",
            limits::CHAT_ATTACHMENTS
        ),
    )
}
