//! Files that come with chats (Polpo 2.14).

use app::ops::attachments::{Attach, Detach, Get, List, Open};
use app::ports::files::Read;
use app::tables::attachments::Attachment;
use app::{Answer, Reply};
use domain::id::AttachmentId;
use domain::{Error, Result, Time};
use serde_json::{Value, json};

use super::files::raw;
use super::form::Form;
use super::{Polpo, answer, both};
use crate::calendar::IsoMillis;
use crate::dialect::{ErrandWire, Wire};
use crate::input::Input;
use crate::routes::Routes;

fn shown(attachment: &Attachment) -> Value {
    let Attachment {
        id,
        environment: _,
        session,
        filename,
        media,
        size,
        path,
        created_at,
    } = attachment;
    let mut shown = json!({
        "id": id.to_string(),
        "filename": filename,
        "mimeType": media,
        "size": size,
        "path": path,
        "createdAt": IsoMillis(*created_at).to_string(),
    });
    if let Some(session) = session {
        shown["sessionId"] = json!(session);
    }
    shown
}

impl<D: Polpo> ErrandWire<D> for Attach {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let form = Form::read(input)?;
        let session = form.field("sessionId").map(str::to_owned);
        let mut files = form.files.into_iter();
        let (Some(file), None) = (files.next(), files.next()) else {
            return Err(Error::field("file", "must be one file"));
        };
        Ok(Self {
            session,
            filename: file.name,
            media: file.media,
            bytes: file.bytes,
        })
    }

    fn encode(attachment: Attachment, _: Time) -> Reply {
        answer::<D>(201, &shown(&attachment)).into()
    }
}

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            session: input.query("sessionId").unwrap_or_default().into_owned(),
        })
    }

    fn encode(attachments: Vec<Attachment>, _: Time) -> Answer {
        answer::<D>(200, &attachments.iter().map(shown).collect())
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            id: AttachmentId(input.id("id")),
        })
    }

    fn encode(attachment: Attachment, _: Time) -> Answer {
        answer::<D>(200, &shown(&attachment))
    }
}

impl<D: Polpo> ErrandWire<D> for Open {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            id: AttachmentId(input.id("id")),
        })
    }

    fn encode((attachment, read): (Attachment, Read), _: Time) -> Reply {
        let Attachment {
            filename, media, ..
        } = &attachment;
        raw(read, (filename, media), true)
    }
}

impl<D: Polpo> ErrandWire<D> for Detach {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            id: AttachmentId(input.id("id")),
        })
    }

    fn encode((): (), _: Time) -> Reply {
        answer::<D>(200, &json!({ "deleted": true })).into()
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        post_errand "/attachments" => Attach;
        get "/attachments" => List;
        get "/attachments/{id}" => Get;
        delete_errand "/attachments/{id}" => Detach;
        get_errand "/attachments/{id}/download" => Open;
    }
}
