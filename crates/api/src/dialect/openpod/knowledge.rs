//! Knowledge at this door (OpenPod 2.14).

use app::Answer;
use app::ops::knowledge::{Changes, Get, List, Update, Versions, Write};
use app::tables::knowledge::{Entry, Filter, Stretch, Text as Says, Version};
use domain::knowledge::{Category, Importance};
use domain::{Error, Result, Time, limits};
use serde::{Deserialize, Serialize};

use super::envelope::{At, data};
use super::{Openpod, project};
use crate::dialect::{Text, Wire};
use crate::input::{Input, read_id};

#[derive(Serialize)]
struct SaysOut<'a> {
    title: &'a str,
    content: &'a str,
    category: &'static str,
    tags: &'a [String],
    importance: &'static str,
}

impl<'a> SaysOut<'a> {
    fn of(text: &'a Says) -> Self {
        let Says {
            title,
            content,
            category,
            importance,
            tags,
        } = text;
        Self {
            title,
            content,
            category: category.as_str(),
            tags,
            importance: importance.as_str(),
        }
    }
}

#[derive(Serialize)]
struct EntryOut<'a> {
    id: Text,
    project_id: Text,
    #[serde(flatten)]
    says: SaysOut<'a>,
    version: i64,
    created_by_agent_key_id: Text,
    created_by_user_id: Option<()>,
    updated_by_agent_key_id: Text,
    created_at: At,
    updated_at: At,
}

impl<'a> EntryOut<'a> {
    fn of(entry: &'a Entry) -> Self {
        let Entry {
            id,
            project,
            text,
            version,
            author,
            editor,
            created_at,
            updated_at,
        } = entry;
        Self {
            id: Text::of(*id),
            project_id: Text::of(*project),
            says: SaysOut::of(text),
            version: *version,
            created_by_agent_key_id: Text::of(*author),
            created_by_user_id: None,
            updated_by_agent_key_id: Text::of(*editor),
            created_at: At(*created_at),
            updated_at: At(*updated_at),
        }
    }
}

fn category(word: Option<&str>) -> Result<Option<Category>> {
    let words = Category::ALL.map(Category::as_str);
    one_of("category", word, Category::parse, &words)
}

fn importance(word: Option<&str>) -> Result<Option<Importance>> {
    let words = Importance::ALL.map(Importance::as_str);
    one_of("importance", word, Importance::parse, &words)
}

fn one_of<T>(
    field: &'static str,
    word: Option<&str>,
    parse: fn(&str) -> Option<T>,
    words: &[&str],
) -> Result<Option<T>> {
    let unknown = || Error::field(field, format!("must be one of: {}", words.join(", ")));
    word.map(|word| parse(word).ok_or_else(unknown)).transpose()
}

fn stretch(input: &Input<'_>) -> Stretch {
    let (rows, offset) = input.stretch(limits::KNOWLEDGE_ROWS, limits::KNOWLEDGE_ROWS);
    Stretch { rows, offset }
}

impl Wire<Openpod> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let search = input.query("q").or_else(|| input.query("search"));
        let search = search.filter(|text| !text.trim().is_empty());
        Ok(Self {
            filter: Filter {
                project: project(input)?,
                category: category(input.query("category").as_deref())?,
                importance: importance(input.query("importance").as_deref())?,
            },
            search: search.map(std::borrow::Cow::into_owned),
            stretch: stretch(input),
        })
    }

    fn encode(entries: Vec<Entry>, _: Time) -> Answer {
        let entries: Vec<_> = entries.iter().map(EntryOut::of).collect();
        data(200, &entries)
    }
}

#[derive(Deserialize)]
struct WriteIn {
    project_id: String,
    title: String,
    content: String,
    category: Option<String>,
    importance: Option<String>,
    tags: Option<Vec<String>>,
}

impl Wire<Openpod> for Write {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let WriteIn {
            project_id,
            title,
            content,
            category: about,
            importance: matters,
            tags,
        } = input.json()?;
        Ok(Self {
            project: read_id("project_id", &project_id)?,
            text: Says {
                title,
                content,
                category: category(about.as_deref())?.unwrap_or(Category::General),
                importance: importance(matters.as_deref())?.unwrap_or(Importance::Normal),
                tags: tags.unwrap_or_default(),
            },
        })
    }

    fn encode(entry: Entry, _: Time) -> Answer {
        data(201, &EntryOut::of(&entry))
    }
}

impl Wire<Openpod> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            entry: input.path_id("id")?,
        })
    }

    fn encode(entry: Entry, _: Time) -> Answer {
        data(200, &EntryOut::of(&entry))
    }
}

#[derive(Default, Deserialize)]
struct UpdateIn {
    title: Option<String>,
    content: Option<String>,
    category: Option<String>,
    importance: Option<String>,
    tags: Option<Vec<String>>,
    version: Option<i64>,
}

impl Wire<Openpod> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let UpdateIn {
            title,
            content,
            category: about,
            importance: matters,
            tags,
            version,
        } = input.json_or_default()?;
        Ok(Self {
            entry: input.path_id("id")?,
            changes: Changes {
                title,
                content,
                category: category(about.as_deref())?,
                importance: importance(matters.as_deref())?,
                tags,
            },
            version,
        })
    }

    fn encode(entry: Entry, _: Time) -> Answer {
        data(200, &EntryOut::of(&entry))
    }
}

#[derive(Serialize)]
struct VersionOut<'a> {
    id: Text,
    version: i64,
    #[serde(flatten)]
    says: SaysOut<'a>,
    created_by_agent_key_id: Text,
    created_by_user_id: Option<()>,
    created_at: At,
}

impl<'a> VersionOut<'a> {
    fn of(version: &'a Version) -> Self {
        let Version {
            entry,
            version,
            text,
            editor,
            written_at,
        } = version;
        Self {
            id: Text::of(*entry),
            version: *version,
            says: SaysOut::of(text),
            created_by_agent_key_id: Text::of(*editor),
            created_by_user_id: None,
            created_at: At(*written_at),
        }
    }
}

impl Wire<Openpod> for Versions {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            entry: input.path_id("id")?,
            stretch: stretch(input),
        })
    }

    fn encode(versions: Vec<Version>, _: Time) -> Answer {
        let versions: Vec<_> = versions.iter().map(VersionOut::of).collect();
        data(200, &versions)
    }
}
