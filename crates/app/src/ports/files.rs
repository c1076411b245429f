//! The work folders of hosted agents (Polpo 2.14).
//!
//! Paths are those of the contract: `notes/a.md` or `/work/notes/a.md` for what
//! agents work on, `/attachments/...` for what came with chats.

use std::any::Any;

use bytes::Bytes;
use domain::id::{AttachmentId, EnvironmentId};
use domain::{Error, Result, Time};

use super::Reply;
use crate::App;

/// One of the two folders of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its path.
    pub path: &'static str,
    /// How many files there are in it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Its bytes, of a file.
    pub size: Option<u64>,
    /// When it was changed.
    pub modified_at: Option<Time>,
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The folder, as it is shown.
    pub path: String,
    /// What is in it: folders first, by name.
    pub entries: Vec<Entry>,
}

/// A file, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// It, as it is shown.
    pub path: String,
    /// Its bytes, or the first of them.
    pub bytes: Bytes,
    /// How many there are.
    pub size: u64,
    /// When it was changed.
    pub modified_at: Option<Time>,
}

/// Files that are looked for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// A part of the path.
    pub part: String,
    /// Below which folder.
    pub root: String,
    /// How many at most.
    pub limit: usize,
}

/// A change of the work folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file is written.
    Write {
        /// Where.
        path: String,
        /// What.
        bytes: Bytes,
    },
    /// A folder is made.
    Mkdir {
        /// Where.
        path: String,
    },
    /// Something is given another name.
    Rename {
        /// What.
        path: String,
        /// Its new name, in the same folder.
        name: String,
    },
    /// Something is removed.
    Delete {
        /// What.
        path: String,
    },
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What was changed, as it is shown.
    pub path: String,
    /// Whether it was not there before.
    pub is_new: bool,
    /// Its new name, if it was given one.
    pub renamed_to: Option<String>,
}

/// Work folders. Refusals are `Invalid` for paths that lead outside or to what
/// cannot be done, `NotFound` where there is nothing.
pub trait Files: Any + Send + Sync {
    /// Both folders.
    fn roots(&self, environment: EnvironmentId) -> Reply<'_, Vec<Root>>;

    /// What a folder holds, at most `limits::LISTED_ENTRIES`.
    fn list(&self, environment: EnvironmentId, path: String) -> Reply<'_, Listing>;

    /// The first `most` bytes of a file.
    fn read(&self, environment: EnvironmentId, path: String, most: usize) -> Reply<'_, Read>;

    /// Files by name, and how many there are, as far as they were counted.
    fn search(&self, environment: EnvironmentId, search: Search)
    -> Reply<'_, (Vec<String>, usize)>;

    /// Changes something of the work folder.
    fn change(&self, environment: EnvironmentId, change: Change) -> Reply<'_, Changed>;

    /// Keeps an attachment; its path.
    fn attach(
        &self,
        environment: EnvironmentId,
        id: AttachmentId,
        name: String,
        bytes: Bytes,
    ) -> Reply<'_, String>;

    /// Removes an attachment, if it is there.
    fn detach(&self, environment: EnvironmentId, id: AttachmentId) -> Reply<'_, ()>;
}

impl App {
    /// Work folders.
    ///
    /// # Errors
    /// `Unavailable` where this process has none.
    pub fn files(&self) -> Result<&dyn Files> {
        let files = self.ports().files.as_deref();
        files.ok_or_else(|| {
            Error::unavailable(
                "not_available",
                "this server keeps no files of agents",
                NEVER_S,
            )
        })
    }
}

/// Seconds until it is another server.
const NEVER_S: u64 = 3_600;
