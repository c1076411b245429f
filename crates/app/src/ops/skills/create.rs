//! A skill is written.

use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::skills;

use super::{Shelf, Skill, record};
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Writes a skill.
#[derive(Clone, Debug)]
pub struct Create {
    /// On which shelf.
    pub shelf: Shelf,
    /// Its name.
    pub name: String,
    /// When it is of use.
    pub description: String,
    /// What it says.
    pub content: String,
    /// The tools that it needs.
    pub allowed_tools: Option<Vec<String>>,
}

/// Words that paths use themselves.
const RESERVED: [&str; 4] = ["add", "create", "index", "orchestrator"];

impl Op for Create {
    type Output = Skill;
    operation!("skills.create", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Skill> {
        let environment = own(cx).await?.id;
        check(&self)?;
        cx.tx.lock(Lock::Environment(environment)).await?;
        if skills::count(cx.tx, environment).await? >= limits::HOSTED_SKILLS {
            return Err(full());
        }
        let document = match self.allowed_tools {
            Some(tools) => json!({ "allowedTools": tools }),
            None => json!({}),
        };
        let skill = skills::Skill {
            environment,
            shelf: self.shelf,
            name: self.name,
            description: self.description,
            document: document.to_string(),
            content: self.content,
            created_at: cx.now,
            updated_at: cx.now,
        };
        if !skills::insert(cx.tx, &skill).await? {
            return Err(taken(&skill.name));
        }
        record(cx, environment, (&skill.name, "created"), None).await?;
        Ok(Skill::of(skill, Vec::new()))
    }
}

fn check(skill: &Create) -> Result<()> {
    let name = skill.name.as_str();
    text::required("name", name, limits::USERNAME_CHARS)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || !name.chars().all(fits) || RESERVED.contains(&name) {
        return Err(Error::field(
            "name",
            "must be made of letters, digits, '-', '_' and '.', such as code-review, \
             and not be one of add, create, index, orchestrator",
        ));
    }
    text::required("description", &skill.description, limits::SUMMARY_CHARS)?;
    text::required("content", &skill.content, limits::SKILL_CONTENT_CHARS)?;
    let tools = skill.allowed_tools.as_deref().unwrap_or_default();
    text::words(
        "allowedTools",
        tools,
        limits::SKILL_WORDS,
        limits::NAME_CHARS,
    )
}

fn taken(name: &str) -> Error {
    Error::conflict(
        "skill_exists",
        format!("there is a skill {name} already: delete it first, or choose another name"),
    )
}

fn full() -> Error {
    Error::conflict(
        "too_many_skills",
        format!(
            "there are {} skills already: delete one first",
            limits::HOSTED_SKILLS
        ),
    )
}
