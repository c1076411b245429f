//! One folder and what is done with the files in it.
//!
//! **Invariant:** only regular files are read and written: opening what only
//! looks like one (a pipe that a command made) waits for nobody.

use std::io::{ErrorKind, Read, Write};
use std::path::{Component, Path};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use cap_std::fs::{Dir, File, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use domain::{Error, Kind, Result, Time, limits};

use super::path::outside;
use super::sandbox::Pinned;

/// An open folder.
pub(crate) struct Folder {
    dir: Dir,
    usage: Usage,
}

/// How much is stored, as far as it is known.
#[derive(Default)]
struct Usage(Mutex<Option<Sum>>);

/// How many files and folders, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Files, folders and what else there is.
    pub(crate) entries: usize,
    /// Files.
    pub(crate) files: usize,
    /// Bytes of the files.
    pub(crate) bytes: u64,
}

/// What something in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, a pipe.
    Other,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) sort: Sort,
    /// Its bytes, of a file.
    pub(crate) size: u64,
    /// When it was changed.
    pub(crate) modified: Option<Time>,
}

/// What is read of a file.
pub(crate) struct Part {
    /// Its beginning.
    pub(crate) bytes: Vec<u8>,
    /// How long it is.
    pub(crate) size: u64,
}

impl Part {
    /// Whether there is more.
    pub(crate) fn is_cut(&self) -> bool {
        self.size > self.bytes.len() as u64
    }
}

impl Folder {
    pub(super) fn new(dir: Dir) -> Self {
        Self {
            dir,
            usage: Usage::default(),
        }
    }

    pub(super) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// What is at a path, links followed.
    pub(crate) fn stat(&self, path: &Path) -> Result<Entry> {
        let metadata = self.dir.metadata(path).map_err(told(path))?;
        Ok(entry(path.to_string_lossy().into_owned(), &metadata))
    }

    /// The path without links, below this folder.
    pub(crate) fn resolved(&self, path: &Path) -> Result<std::path::PathBuf> {
        self.dir.canonicalize(path).map_err(told(path))
    }

    /// A file or folder that a path without any link leads to, for a command to
    /// be confined to. What is not there yet is made, as a folder, unless its
    /// name has an ending, as those of files have.
    pub(crate) fn pinned(&self, path: &Path) -> Result<Option<Pinned>> {
        let makes = path.extension().is_none();
        let steps = path.components().filter_map(|step| match step {
            Component::Normal(name) => Some(name),
            _ => None,
        });
        let mut dir = self.dir.try_clone().map_err(told(path))?;
        let mut steps = steps.peekable();
        while let Some(name) = steps.next() {
            if makes && dir.symlink_metadata(name).is_err() {
                self.room(0)?;
                // Somebody else may have made it just now.
                let _ = dir.create_dir(name);
            }
            let Ok(there) = dir.symlink_metadata(name) else {
                return Ok(None);
            };
            let id = (there.dev(), there.ino());
            if steps.peek().is_none() {
                let path = path.to_owned();
                return Ok((there.is_dir() || there.is_file()).then_some(Pinned { path, id }));
            }
            if !there.is_dir() {
                return Ok(None);
            }
            dir = dir.open_dir(name).map_err(told(path))?;
            let opened = dir.dir_metadata().map_err(told(path))?;
            if (opened.dev(), opened.ino()) != id {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The beginning of a file, at most `most` bytes.
    pub(crate) fn read(&self, path: &Path, most: usize) -> Result<Part> {
        let (file, size) = self.open(path)?;
        let mut bytes = Vec::new();
        let mut beginning = file.take(most as u64);
        beginning.read_to_end(&mut bytes).map_err(told(path))?;
        Ok(Part { bytes, size })
    }

    fn open(&self, path: &Path) -> Result<(File, u64)> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NONBLOCK);
        let file = self.dir.open_with(path, &options).map_err(told(path))?;
        let metadata = file.metadata().map_err(told(path))?;
        if !metadata.is_file() {
            return Err(no_file(path));
        }
        Ok((file, metadata.len()))
    }

    /// Writes a file, whole or not at all, with the folders that it is in.
    /// Whether it is new.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<bool> {
        if bytes.len() > limits::WORK_FILE_BYTES {
            return Err(too_large());
        }
        self.room(bytes.len() as u64)?;
        path.file_name().ok_or_else(|| no_file(path))?;
        // What is there and is no file stays what it is.
        let there = self.dir.metadata(path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            return Err(no_file(path));
        }
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            self.dir.create_dir_all(parent).map_err(told(parent))?;
        }
        let draft = path.with_file_name(draft_name());
        let written = self.put(&draft, bytes, there.as_ref());
        let moved = written.and_then(|()| self.dir.rename(&draft, &self.dir, path));
        if let Err(cause) = moved {
            // What is left of the draft says nothing to anybody.
            let _ = self.dir.remove_file(&draft);
            return Err(told(path)(cause));
        }
        self.usage.add(there.is_none(), bytes.len() as u64);
        Ok(there.is_none())
    }

    fn put(&self, draft: &Path, bytes: &[u8], there: Option<&Metadata>) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let flags = libc::O_NONBLOCK | libc::O_NOFOLLOW;
        options
            .write(true)
            .create(true)
            .truncate(true)
            .custom_flags(flags);
        let mut file = self.dir.open_with(draft, &options)?;
        file.write_all(bytes)?;
        if let Some(there) = there {
            file.set_permissions(there.permissions())?;
        }
        Ok(())
    }

    /// What is in a folder, folders first, by name; whether there is more.
    pub(crate) fn list(&self, path: &Path, most: usize) -> Result<(Vec<Entry>, bool)> {
        let mut entries = Vec::new();
        for found in self.dir.read_dir(path).map_err(told(path))? {
            let found = found.map_err(told(path))?;
            if entries.len() == limits::WORK_ENTRIES {
                break;
            }
            let name = found.file_name().to_string_lossy().into_owned();
            // What was removed meanwhile is not there.
            if let Ok(metadata) = found.metadata() {
                entries.push(entry(name, &metadata));
            }
        }
        entries.sort_by(|a, b| {
            let rank = |entry: &Entry| entry.sort != Sort::Folder;
            (rank(a), &a.name).cmp(&(rank(b), &b.name))
        });
        let is_cut = entries.len() > most;
        entries.truncate(most);
        Ok((entries, is_cut))
    }

    /// Makes a folder and those that it is in.
    pub(crate) fn mkdir(&self, path: &Path) -> Result<()> {
        self.is_not_all(path)?;
        self.room(0)?;
        self.dir.create_dir_all(path).map_err(told(path))?;
        self.usage.add(true, 0);
        Ok(())
    }

    /// Gives something another name in the same folder, unless that is taken.
    pub(crate) fn rename(&self, path: &Path, name: &str) -> Result<()> {
        let is_name = !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
        if !is_name || name.chars().count() > limits::NAME_CHARS {
            return Err(Error::field(
                "newName",
                format!(
                    "must be a name of at most {} characters without '/'",
                    limits::NAME_CHARS
                ),
            ));
        }
        self.is_not_all(path)?;
        let to = path.with_file_name(name);
        if self.dir.symlink_metadata(&to).is_ok() {
            return Err(Error::conflict(
                "file_exists",
                format!(
                    "there is something called {name} already: choose another name, or delete that first"
                ),
            ));
        }
        self.dir.rename(path, &self.dir, &to).map_err(told(path))
    }

    /// Removes a file, or a folder with everything in it.
    pub(crate) fn remove(&self, path: &Path) -> Result<()> {
        self.is_not_all(path)?;
        let metadata = self.dir.symlink_metadata(path).map_err(told(path))?;
        let removed = match metadata.is_dir() {
            true => self.dir.remove_dir_all(path),
            false => self.dir.remove_file(path),
        };
        self.usage.forget();
        removed.map_err(told(path))
    }

    fn is_not_all(&self, path: &Path) -> Result<()> {
        if path == Path::new(".") {
            return Err(Error::field(
                "path",
                "must name something in the work folder, not the folder itself",
            ));
        }
        Ok(())
    }

    /// Refuses when there is no room for so many more bytes.
    pub(crate) fn room(&self, bytes: u64) -> Result<()> {
        let used = match self.usage.known() {
            Some(used) => used,
            None => self.usage.put(self.sum()?),
        };
        if used.bytes.saturating_add(bytes) > limits::WORK_BYTES
            || used.entries >= limits::WORK_ENTRIES
        {
            return Err(full());
        }
        Ok(())
    }

    /// Has the sizes looked at again: something else has written.
    pub(super) fn forget_usage(&self) {
        self.usage.forget();
    }
}

impl Usage {
    fn known(&self) -> Option<Sum> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, sum: Sum) -> Sum {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sum);
        sum
    }

    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was replaced is counted until somebody looks again: too much, not
    /// too little.
    fn add(&self, is_new: bool, bytes: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.map(|sum| Sum {
            entries: sum.entries.saturating_add(usize::from(is_new)),
            bytes: sum.bytes.saturating_add(bytes),
            files: sum.files,
        });
    }
}

/// A name that no other write uses, also not that of another node.
fn draft_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(".guildhall-{}-{number}.draft", std::process::id())
}

fn entry(name: String, metadata: &Metadata) -> Entry {
    let sort = match metadata {
        it if it.is_file() => Sort::File,
        it if it.is_dir() => Sort::Folder,
        _ => Sort::Other,
    };
    let since = |modified: cap_std::time::SystemTime| {
        let modified = modified.into_std().duration_since(std::time::UNIX_EPOCH);
        let microseconds = i64::try_from(modified.ok()?.as_micros());
        Some(Time(microseconds.ok()?))
    };
    Entry {
        name,
        sort,
        size: if sort == Sort::File {
            metadata.len()
        } else {
            0
        },
        modified: metadata.modified().ok().and_then(since),
    }
}

/// The refusal that a failure of the system is.
pub(super) fn told(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |cause| {
        let shown = path.display();
        match cause.kind() {
            ErrorKind::NotFound => Error::not_found(
                "file_not_found",
                format!("there is no file or folder {shown}"),
            ),
            // What cap-std says when a path would lead out.
            ErrorKind::PermissionDenied if cause.raw_os_error().is_none() => {
                outside(&shown.to_string())
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => full(),
            ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::DirectoryNotEmpty => {
                Error::invalid("invalid_path", format!("{shown}: {cause}"))
            }
            _ => unusual(path, &cause),
        }
    }
}

/// A loop of links, a name that is too long: the caller's own doing, of which
/// the system has no name that can be matched.
fn unusual(path: &Path, cause: &std::io::Error) -> Error {
    match cause.raw_os_error() {
        Some(libc::ELOOP | libc::ENAMETOOLONG | libc::ENXIO) => {
            Error::invalid("invalid_path", format!("{}: {cause}", path.display()))
        }
        _ => {
            tracing::error!(%cause, path = %path.display(), "a file of a work folder cannot be reached");
            Error::internal()
        }
    }
}

fn no_file(path: &Path) -> Error {
    Error::invalid("not_a_file", format!("{} is not a file", path.display()))
}

fn too_large() -> Error {
    Error::new(
        Kind::TooLarge,
        "file_too_large",
        format!(
            "a file may have {} bytes: split it",
            limits::WORK_FILE_BYTES
        ),
    )
}

fn full() -> Error {
    Error::conflict(
        "work_folder_full",
        format!(
            "the work folder is full ({} bytes, {} files and folders at most): delete something first",
            limits::WORK_BYTES,
            limits::WORK_ENTRIES
        ),
    )
}
