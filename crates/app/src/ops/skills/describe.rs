//! A skill is given tags and a category.

use domain::{Result, limits, text};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::skills;

use super::{Shelf, Skill, found, record};
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Sets tags and category of a skill; what is not said stays.
#[derive(Clone, Debug)]
pub struct Describe {
    /// On which shelf.
    pub shelf: Shelf,
    /// The skill.
    pub name: String,
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// Its category.
    pub category: Option<String>,
}

impl Op for Describe {
    type Output = Skill;
    operation!("skills.describe", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Skill> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let mut skill = found(cx, environment, self.shelf, &self.name).await?;
        let mut document: Map<String, Value> =
            serde_json::from_str(&skill.document).unwrap_or_default();
        if let Some(tags) = self.tags {
            text::words("tags", &tags, limits::SKILL_WORDS, limits::NAME_CHARS)?;
            document.insert("tags".into(), json!(tags));
        }
        if let Some(category) = self.category {
            text::optional("category", &category, limits::NAME_CHARS)?;
            document.insert("category".into(), json!(category));
        }
        skill.document = Value::Object(document).to_string();
        skill.updated_at = cx.now;
        skills::describe(cx.tx, &skill).await?;
        record(cx, environment, (&skill.name, "indexed"), None).await?;
        Ok(Skill::of(skill, Vec::new()))
    }
}
