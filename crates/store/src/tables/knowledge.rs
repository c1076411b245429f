//! What projects remember, as it is now and as it was, and the words by which
//! it is found.
//!
//! **Invariant:** an entry's words are those of its current version. Beside
//! the words of its texts they are its category and importance, so that one
//! look-up serves every filter, and those of its heading (title and tags) once
//! more; each behind a mark that no word of a text can have.

use std::collections::BTreeSet;

use domain::id::{AccountId, KnowledgeId, ProjectId};
use domain::knowledge::{Category, Importance};
use domain::{Result, Time, search};

use crate::dialect::{self, knowledge_matching};
use crate::{Row, Sql, Tx, Val, lists};

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its title.
    pub title: String,
    /// What is to be known.
    pub content: String,
    /// What it is about.
    pub category: Category,
    /// How much it matters.
    pub importance: Importance,
    /// Words to find it by.
    pub tags: Vec<String>,
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: KnowledgeId,
    /// The project that remembers it.
    pub project: ProjectId,
    /// What it says.
    pub text: Text,
    /// How often it was written, from 1.
    pub version: i64,
    /// Who wrote it first.
    pub author: AccountId,
    /// Who wrote it last.
    pub editor: AccountId,
    /// When it was first written.
    pub created_at: Time,
    /// When it was last written.
    pub updated_at: Time,
}

/// What an entry said at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The entry.
    pub entry: KnowledgeId,
    /// Which version it is.
    pub version: i64,
    /// What it said.
    pub text: Text,
    /// Who wrote it so.
    pub editor: AccountId,
    /// When.
    pub written_at: Time,
}

impl From<Entry> for Version {
    fn from(entry: Entry) -> Self {
        Self {
            entry: entry.id,
            version: entry.version,
            text: entry.text,
            editor: entry.editor,
            written_at: entry.updated_at,
        }
    }
}

/// Which entries of a project are meant.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// The project.
    pub project: ProjectId,
    /// Only those about this.
    pub category: Option<Category>,
    /// Only those that matter so much.
    pub importance: Option<Importance>,
}

/// A stretch of a list.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// How many rows at most.
    pub rows: u32,
    /// How many to pass over.
    pub offset: i64,
}

macro_rules! columns {
    () => {
        "select k.id, k.project, k.title, k.content, k.category, k.importance, k.tags, k.version, k.author, k.editor, \
         k.created_at, k.updated_at "
    };
}

macro_rules! listed {
    ($where:literal) => {
        concat!(
            columns!(),
            "from knowledge k where k.project = $1 ",
            $where,
            " order by k.place desc limit "
        )
    };
}

statements! {
    FIND = concat!(columns!(), "from knowledge k where k.id = $1");
    ALL_OF = concat!(listed!(""), "$2 offset $3");
    OF_CATEGORY = concat!(listed!("and k.category = $2"), "$3 offset $4");
    OF_IMPORTANCE = concat!(listed!("and k.importance = $2"), "$3 offset $4");
    OF_BOTH = concat!(listed!("and k.category = $2 and k.importance = $3"), "$4 offset $5");
    INSERT = "insert into knowledge (id, project, title, content, category, importance, tags, version, author, editor, \
        created_at, updated_at, place) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
        (select coalesce(max(place), 0) + 1 from knowledge))";
    KEEP_VERSION = "insert into knowledge_versions (entry, version, title, content, category, importance, tags, editor, \
        written_at) select id, version, title, content, category, importance, tags, editor, updated_at \
        from knowledge where id = $1";
    UPDATE = "update knowledge set title = $1, content = $2, category = $3, importance = $4, tags = $5, version = $6, \
        editor = $7, updated_at = $8, place = (select coalesce(max(place), 0) + 1 from knowledge) where id = $9";
    VERSIONS = "select entry, version, title, content, category, importance, tags, editor, written_at \
        from knowledge_versions where entry = $1 order by version desc limit $2 offset $3";
}

const SEARCH: Sql = Sql {
    sqlite: concat!(
        columns!(),
        knowledge_matching!(sqlite),
        knowledge_matching!(sqlite, in_order)
    ),
    postgres: concat!(
        columns!(),
        knowledge_matching!(postgres),
        knowledge_matching!(postgres, in_order)
    ),
};
const COUNT: Sql = Sql {
    sqlite: concat!("select count(*) ", knowledge_matching!(sqlite)),
    postgres: concat!("select count(*) ", knowledge_matching!(postgres)),
};

/// Statements that differ between the engines.
pub(super) fn built() -> Vec<Sql> {
    vec![
        SEARCH,
        COUNT,
        dialect::INDEX_KNOWLEDGE,
        dialect::FORGET_KNOWLEDGE,
        dialect::KNOWLEDGE_WITHOUT_WORDS,
    ]
}

/// Reads the columns from `first` on.
fn read_text(row: &Row<'_>, first: usize) -> Result<Text> {
    Ok(Text {
        title: row.text(first)?,
        content: row.text(first + 1)?,
        category: row.word(first + 2, Category::parse)?,
        importance: row.word(first + 3, Importance::parse)?,
        tags: lists::split(row, first + 4)?,
    })
}

fn read(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        id: row.id(0)?,
        project: row.id(1)?,
        text: read_text(row, 2)?,
        version: row.int(7)?,
        author: row.id(8)?,
        editor: row.id(9)?,
        created_at: row.time(10)?,
        updated_at: row.time(11)?,
    })
}

fn read_version(row: &Row<'_>) -> Result<Version> {
    Ok(Version {
        entry: row.id(0)?,
        version: row.int(1)?,
        text: read_text(row, 2)?,
        editor: row.id(7)?,
        written_at: row.time(8)?,
    })
}

fn text_values(text: &Text) -> [Val; 5] {
    let Text {
        title,
        content,
        category,
        importance,
        tags,
    } = text;
    [
        title.into(),
        content.into(),
        category.as_str().into(),
        importance.as_str().into(),
        lists::joined(tags),
    ]
}

/// The entry with this id.
pub async fn find(tx: &mut Tx, id: KnowledgeId) -> Result<Option<Entry>> {
    tx.row(FIND, vec![Val::id(id)], read).await
}

/// Entries of a project, the last written first.
pub async fn list(tx: &mut Tx, filter: Filter, stretch: Stretch) -> Result<Vec<Entry>> {
    let Filter {
        project,
        category,
        importance,
    } = filter;
    let sql = match (category, importance) {
        (None, None) => ALL_OF,
        (Some(_), None) => OF_CATEGORY,
        (None, Some(_)) => OF_IMPORTANCE,
        (Some(_), Some(_)) => OF_BOTH,
    };
    let mut params = vec![Val::id(project)];
    params.extend(category.map(|category| category.as_str().into()));
    params.extend(importance.map(|importance| importance.as_str().into()));
    params.extend([stretch.rows.into(), stretch.offset.into()]);
    tx.rows(sql, params, read).await
}

/// Entries of a project in which all of some words occur (see
/// [`search::sought`]): first those that have them in their title and tags,
/// then the others; each the last written first. No words find nothing.
pub async fn find_words(
    tx: &mut Tx,
    filter: Filter,
    words: &BTreeSet<String>,
    stretch: Stretch,
) -> Result<Vec<Entry>> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let project = filter.project;
    let in_heading: BTreeSet<_> = words.iter().map(|word| heading(word)).collect();
    let (mut best, mut others) = (in_heading.clone(), words.clone());
    best.extend(marks(filter.category, filter.importance));
    others.extend(marks(filter.category, filter.importance));
    let best = dialect::match_text(tx, project, &best, &BTreeSet::new());
    let mut found = search(tx, best.clone(), project, stretch).await?;
    let rows = stretch.rows.saturating_sub(length(&found));
    if rows == 0 {
        return Ok(found);
    }
    // How many there are of the best, which need not be exact but for none.
    let best = match (found.is_empty(), stretch.offset) {
        (true, 0) => 0,
        (true, _) => count(tx, best, project).await?,
        (false, offset) => offset.saturating_add(i64::from(length(&found))),
    };
    let offset = stretch.offset.saturating_sub(best).max(0);
    // Where there are none, nobody has to be kept out of the others, which
    // costs as much again as finding them.
    let not = match best {
        0 => BTreeSet::new(),
        _ => in_heading,
    };
    let others = dialect::match_text(tx, project, &others, &not);
    found.extend(search(tx, others, project, Stretch { rows, offset }).await?);
    Ok(found)
}

fn length(found: &[Entry]) -> u32 {
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}

async fn search(
    tx: &mut Tx,
    condition: String,
    project: ProjectId,
    stretch: Stretch,
) -> Result<Vec<Entry>> {
    let params = vec![
        condition.into(),
        Val::id(project),
        stretch.rows.into(),
        stretch.offset.into(),
    ];
    tx.rows(SEARCH, params, read).await
}

async fn count(tx: &mut Tx, condition: String, project: ProjectId) -> Result<i64> {
    let params = vec![condition.into(), Val::id(project)];
    let count = tx.row(COUNT, params, |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// What no word of a text begins with, because words are letters and digits.
const MARK: char = '\u{a7}';

/// The words that stand for a category and an importance.
fn marks(
    category: Option<Category>,
    importance: Option<Importance>,
) -> impl Iterator<Item = String> {
    let category = category.map(|category| format!("{MARK}c{}", category.as_str()));
    let importance = importance.map(|importance| format!("{MARK}i{}", importance.as_str()));
    category.into_iter().chain(importance)
}

/// A word of a title or tag.
fn heading(word: &str) -> String {
    format!("{MARK}h{word}")
}

/// Everything an entry is found by.
fn words_of(text: &Text) -> BTreeSet<String> {
    let in_heading = search::words(&format!("{} {}", text.title, text.tags.join(" ")));
    let mut words = search::words(&text.content);
    words.extend(in_heading.iter().map(|word| heading(word)));
    words.extend(in_heading);
    words.extend(marks(Some(text.category), Some(text.importance)));
    words
}

/// Makes an entry found by its words.
async fn index(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let words = dialect::index_text(tx, entry.project, &words_of(&entry.text));
    let params = vec![words.into(), Val::id(entry.id)];
    tx.write(dialect::INDEX_KNOWLEDGE, params).await
}

/// Adds an entry.
pub async fn insert(tx: &mut Tx, entry: &Entry) -> Result<()> {
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
    let mut params = vec![Val::id(*id), Val::id(*project)];
    params.extend(text_values(text));
    params.extend([
        (*version).into(),
        Val::id(*author),
        Val::id(*editor),
        (*created_at).into(),
        (*updated_at).into(),
    ]);
    tx.write(INSERT, params).await?;
    index(tx, entry).await
}

/// Writes the next version of an entry, whose project is locked, and keeps the
/// one before.
pub async fn update(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let Entry {
        id,
        project: _,
        text,
        version,
        author: _,
        editor,
        created_at: _,
        updated_at,
    } = entry;
    tx.write(KEEP_VERSION, vec![Val::id(*id)]).await?;
    tx.write(dialect::FORGET_KNOWLEDGE, vec![Val::id(*id)])
        .await?;
    let mut params = Vec::from(text_values(text));
    params.extend([
        (*version).into(),
        Val::id(*editor),
        (*updated_at).into(),
        Val::id(*id),
    ]);
    tx.write(UPDATE, params).await?;
    index(tx, entry).await
}

/// Former versions of an entry, the last first.
pub async fn versions(tx: &mut Tx, entry: KnowledgeId, stretch: Stretch) -> Result<Vec<Version>> {
    let params = vec![Val::id(entry), stretch.rows.into(), stretch.offset.into()];
    tx.rows(VERSIONS, params, read_version).await
}
