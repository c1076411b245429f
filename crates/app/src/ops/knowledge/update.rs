//! Somebody corrects what a project remembers.

use domain::id::KnowledgeId;
use domain::knowledge::{Category, Importance};
use domain::{Error, Result};
use store::Lock;
use store::tables::knowledge::{self, Entry};

use super::{record, tidy, unknown, visible};
use crate::{Cx, Op};

/// What is to be different; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Its title.
    pub title: Option<String>,
    /// What is to be known.
    pub content: Option<String>,
    /// What it is about.
    pub category: Option<Category>,
    /// How much it matters.
    pub importance: Option<Importance>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
}

/// Writes the next version of an entry.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub entry: KnowledgeId,
    /// What is to be different.
    pub changes: Changes,
    /// The version that the caller has read; any, when none is given.
    pub version: Option<i64>,
}

impl Op for Update {
    type Output = Entry;
    operation!("knowledge.update", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Entry> {
        if self.changes == Changes::default() {
            return Err(Error::invalid(
                "nothing_to_update",
                "give at least one of: title, content, category, importance, tags",
            ));
        }
        let mut entry = locked(cx, self.entry).await?;
        if self.version.is_some_and(|read| read != entry.version) {
            return Err(superseded(entry.version));
        }
        apply(self.changes, &mut entry);
        entry.text = tidy(entry.text)?;
        entry.version = entry.version.saturating_add(1);
        entry.editor = cx.actor.account()?;
        entry.updated_at = cx.now;
        knowledge::update(cx.tx, &entry).await?;
        record(cx, &entry).await?;
        Ok(entry)
    }
}

/// The entry behind the lock of its project, which never changes.
async fn locked(cx: &mut Cx<'_>, id: KnowledgeId) -> Result<Entry> {
    let entry = visible(cx, id).await?;
    cx.tx.lock(Lock::Project(entry.project)).await?;
    knowledge::find(cx.tx, id).await?.ok_or_else(unknown)
}

fn superseded(current: i64) -> Error {
    Error::conflict(
        "version_superseded",
        format!("the entry is at version {current} now: read it again and repeat the change on it"),
    )
}

fn apply(changes: Changes, entry: &mut Entry) {
    let Changes {
        title,
        content,
        category,
        importance,
        tags,
    } = changes;
    let text = &mut entry.text;
    text.title = title.unwrap_or(std::mem::take(&mut text.title));
    text.content = content.unwrap_or(std::mem::take(&mut text.content));
    text.tags = tags.unwrap_or(std::mem::take(&mut text.tags));
    text.category = category.unwrap_or(text.category);
    text.importance = importance.unwrap_or(text.importance);
}
