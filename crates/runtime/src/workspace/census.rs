//! What a command changed: the files before and after it, compared.
//!
//! A file counts as changed when its size, its time of change or the file
//! itself is another one. At most [`limits::COUNTED_FILES`] are looked at: in a
//! larger folder only those are compared that were seen both times.
//!
//! Who changed them is not known: what another agent does in the same folder
//! during a command is told as the command's, too.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use app::ops::files::Action;
use cap_std::fs::{Metadata, MetadataExt};
use cap_std::time::SystemTime;
use domain::{Result, limits};

use super::folder::Folder;

/// The files of a folder at one time.
#[derive(Default)]
pub(crate) struct Census {
    files: HashMap<PathBuf, Stamp>,
    is_cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            inode: metadata.ino(),
        }
    }
}

impl Census {
    /// Counts the files below these paths, which may be files themselves. What
    /// is not there holds none.
    pub(crate) fn of(folder: &Folder, below: &[PathBuf]) -> Result<Self> {
        let mut census = Self::default();
        for path in below {
            match folder.dir().symlink_metadata(path) {
                Ok(it) if it.is_dir() => {
                    folder.walk(path, |path, metadata| Ok(census.count(path, metadata)))?;
                }
                Ok(it) => {
                    census.count(path, &it);
                }
                Err(_) => {}
            }
        }
        Ok(census)
    }

    fn count(&mut self, path: &Path, metadata: &Metadata) -> bool {
        if !metadata.is_file() {
            return true;
        }
        self.is_cut = self.files.len() >= limits::COUNTED_FILES;
        if !self.is_cut {
            self.files.insert(path.to_owned(), Stamp::of(metadata));
        }
        !self.is_cut
    }

    /// What changed since an earlier census: what is nearest to the top first.
    pub(crate) fn since(&self, before: &Self) -> Vec<(PathBuf, Action)> {
        let is_whole = !self.is_cut && !before.is_cut;
        let now = self.files.iter().filter_map(|(path, stamp)| {
            let action = match before.files.get(path) {
                None if is_whole => Action::Created,
                Some(old) if old != stamp => Action::Modified,
                _ => return None,
            };
            Some((path.clone(), action))
        });
        let is_gone = |path: &&PathBuf| is_whole && !self.files.contains_key(*path);
        let gone = before.files.keys().filter(is_gone);
        let gone = gone.map(|path| (path.clone(), Action::Deleted));
        let mut changes: Vec<_> = now.chain(gone).collect();
        changes.sort_by_cached_key(|(path, _)| (path.components().count(), path.clone()));
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::{Census, Stamp};
    use app::ops::files::Action;
    use std::path::PathBuf;

    fn census(files: &[(&str, u64)], is_cut: bool) -> Census {
        let stamp = |size| Stamp {
            size,
            modified: None,
            inode: 1,
        };
        let files = files
            .iter()
            .map(|(path, size)| (PathBuf::from(path), stamp(*size)));
        Census {
            files: files.collect(),
            is_cut,
        }
    }

    #[test]
    fn what_was_made_changed_and_removed_is_told() {
        let before = [("a", 1), ("b", 1), ("deep/c", 1)];
        let after = [("a", 2), ("b", 1), ("d", 1)];
        let told = census(&after, false).since(&census(&before, false));
        let expected = [
            ("a", Action::Modified),
            ("d", Action::Created),
            ("deep/c", Action::Deleted),
        ];
        assert_eq!(
            told,
            expected.map(|(path, action)| (PathBuf::from(path), action))
        );
        for (one, other) in [(true, false), (false, true)] {
            let told = census(&after, one).since(&census(&before, other));
            assert_eq!(told, [(PathBuf::from("a"), Action::Modified)], "no guesses");
        }
    }
}
