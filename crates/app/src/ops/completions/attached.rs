//! Attachments that a message names are put into what the model reads (Polpo
//! 2.6, 2.14): the text of texts, pictures as data URLs; of anything else what
//! it is, and where tools find it.
//!
//! **Invariant:** only attachments of the caller's own environment are read.
//! What one request brings into a prompt is bounded ([`limits::ATTACHED_BYTES`]);
//! what goes beyond it is named, not shown. An attachment that is named several
//! times is shown once.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::error::Detail;
use domain::id::AttachmentId;
use domain::policy::Actor;
use domain::{Error, Result, limits};
use serde_json::{Value, json};
use store::tables::attachments::Attachment;

use super::said::{Named, Said};
use crate::App;
use crate::ops::attachments::Get;

/// Puts them in. `has_tools` says whether an agent answers, whose tools can
/// read what is not shown.
pub(super) async fn put(app: &App, actor: &Actor, said: &mut Said, has_tools: bool) -> Result<()> {
    let named = std::mem::take(&mut said.named);
    let mut shown = BTreeMap::new();
    let mut left = limits::ATTACHED_BYTES;
    for Named { id, place } in named {
        if shown.contains_key(&id) {
            continue;
        }
        if shown.len() >= limits::ATTACHED_FILES {
            let most = limits::ATTACHED_FILES;
            return Err(Error::field(
                "messages",
                format!("must name at most {most} attachments"),
            ));
        }
        let attachment = find(app, actor, &id, &place).await?;
        let part = Reading {
            app,
            actor,
            has_tools,
            left: &mut left,
        };
        let part = part.part(&attachment).await?;
        shown.insert(id, (attachment.filename, part));
    }
    said.show(shown);
    Ok(())
}

async fn find(app: &App, actor: &Actor, id: &str, place: &str) -> Result<Attachment> {
    let unknown = || {
        let mut error = Error::not_found(
            "attachment_not_found",
            format!("{place} names no attachment of this project: POST /v1/attachments makes one"),
        );
        error.details.push(Detail {
            field: place.to_owned().into(),
            rule: "attachment".into(),
            problem: "names no attachment".into(),
        });
        error
    };
    let id = AttachmentId::parse(id).ok_or_else(unknown)?;
    match app.call(actor, Get { id }).await {
        Err(error) if error.code == "attachment_not_found" => Err(unknown()),
        found => found,
    }
}

struct Reading<'a> {
    app: &'a App,
    actor: &'a Actor,
    has_tools: bool,
    /// Bytes that may still come into the prompt.
    left: &'a mut usize,
}

impl Reading<'_> {
    /// What the model reads of an attachment.
    async fn part(self, attachment: &Attachment) -> Result<Value> {
        let environment = self.actor.environment()?;
        let path = attachment.path.clone();
        let most = limits::ATTACHED_IMAGE_BYTES.min(*self.left);
        let read = self.app.files()?.read(environment, path, most).await?;
        let is_whole = read.size <= read.bytes.len() as u64;
        if let Some(media) = picture(&read.bytes) {
            if !is_whole {
                return Ok(self.named(attachment, "It is too large to be shown here"));
            }
            *self.left -= read.bytes.len();
            let url = format!("data:{media};base64,{}", STANDARD.encode(&read.bytes));
            return Ok(json!({ "type": "image_url", "image_url": { "url": url } }));
        }
        let most = limits::ATTACHED_TEXT_BYTES.min(read.bytes.len());
        let is_cut = !is_whole || most < read.bytes.len();
        let Some(text) = beginning(read.bytes.get(..most).unwrap_or_default(), is_cut) else {
            return Ok(self.named(attachment, "It is neither a text nor a picture"));
        };
        if text.is_empty() && is_cut {
            return Ok(self.named(attachment, "There is no room for it here"));
        }
        *self.left -= text.len();
        let end = match is_cut {
            true => format!("\n{}", self.note(attachment, "It goes on")),
            false => String::new(),
        };
        let name = quoted(&attachment.filename);
        let text = format!("<attachment name={name}>\n{text}{end}\n</attachment>");
        Ok(json!({ "type": "text", "text": text }))
    }

    fn named(&self, attachment: &Attachment, why: &str) -> Value {
        json!({ "type": "text", "text": self.note(attachment, why) })
    }

    fn note(&self, attachment: &Attachment, why: &str) -> String {
        let Attachment {
            filename,
            media,
            size,
            path,
            ..
        } = attachment;
        let (name, media) = (quoted(filename), quoted(media));
        let tools = match self.has_tools {
            true => format!("; your tools find it at {}", quoted(path)),
            false => String::new(),
        };
        format!("[attachment {name}, {media}, {size} bytes. {why}{tools}.]")
    }
}

/// A text from elsewhere, so that one sees where it ends.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The media type of a picture that models take, by how it begins.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        it if it.starts_with(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        it if it.starts_with(b"\xff\xd8\xff") => Some("image/jpeg"),
        it if it.starts_with(b"GIF87a") || it.starts_with(b"GIF89a") => Some("image/gif"),
        _ if is_webp => Some("image/webp"),
        _ => None,
    }
}

/// Bytes as a text, if they are one; of a cut one the last character may be
/// missing its end.
fn beginning(bytes: &[u8], is_cut: bool) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{beginning, picture, quoted};

    #[test]
    fn what_a_file_is_is_seen_by_its_bytes() {
        for (bytes, media) in [
            (&b"\x89PNG\r\n\x1a\n.."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF....WEBPVP8", Some("image/webp")),
            (b"RIFF....WAVE", None),
            (b"<svg/>", None),
            (b"", None),
        ] {
            assert_eq!(picture(bytes), media, "{bytes:?}");
        }
        assert_eq!(
            beginning(b"a\xc3", true),
            Some("a"),
            "cut within a character"
        );
        for no_text in [&b"a\xc3"[..], b"a\0b", b"\xff"] {
            assert_eq!(beginning(no_text, false), None, "{no_text:?}");
        }
        assert_eq!(quoted("a\"]\n"), "\"a\\\"]\\n\"");
    }
}
