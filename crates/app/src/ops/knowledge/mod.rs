//! What a project remembers: entries that its people write, correct and find
//! (OpenPod 2.14).
//!
//! **Invariant:** a correction is the next version, and the one before is kept.

mod get;
mod list;
mod update;
mod versions;
mod write;

pub use get::Get;
pub use list::List;
pub use update::{Changes, Update};
pub use versions::Versions;
pub use write::Write;

use domain::event::Happening;
use domain::id::KnowledgeId;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::knowledge::{self, Entry, Text};

use crate::Cx;
use crate::ops::teams::standing;

/// An entry that the acting account may see.
async fn visible(cx: &mut Cx<'_>, id: KnowledgeId) -> Result<Entry> {
    let entry = knowledge::find(cx.tx, id).await?.ok_or_else(unknown)?;
    let (_, role) = standing(cx, entry.project).await?;
    role.require_inside()?;
    Ok(entry)
}

fn unknown() -> Error {
    Error::not_found(
        "knowledge_not_found",
        "there is no knowledge entry with this id",
    )
}

/// A text as it is kept: trimmed, cut where it is too long, and refused where
/// it says too little.
fn tidy(given: Text) -> Result<Text> {
    let Text {
        title,
        content,
        category,
        importance,
        tags,
    } = given;
    let title = text::cut(title.trim().to_owned(), limits::TICKET_TITLE_CHARS);
    let content = text::cut(content.trim().to_owned(), limits::KNOWLEDGE_CHARS);
    at_least("title", &title, limits::KNOWLEDGE_TITLE_CHARS_MIN)?;
    at_least("content", &content, limits::KNOWLEDGE_CHARS_MIN)?;
    text::optional("title", &title, limits::TICKET_TITLE_CHARS)?;
    text::optional("content", &content, limits::KNOWLEDGE_CHARS)?;
    text::words("tags", &tags, limits::TAGS, limits::SKILL_CHARS)?;
    Ok(Text {
        title,
        content,
        category,
        importance,
        tags,
    })
}

fn at_least(field: &'static str, text: &str, chars: usize) -> Result<()> {
    if text.chars().count() >= chars {
        return Ok(());
    }
    Err(Error::field(
        field,
        format!("must be at least {chars} characters long, not counting spaces around it"),
    ))
}

async fn record(cx: &mut Cx<'_>, entry: &Entry) -> Result<()> {
    let facts = json!({
        "title": entry.text.title,
        "version": entry.version,
        "category": entry.text.category.as_str(),
    });
    cx.record_inside(entry.project, Happening::KnowledgeWritten, entry.id, facts)
        .await
}
