//! Looking through a folder: sizes, names by pattern, lines by expression.
//!
//! **Invariant:** symbolic links are never followed here, and a walk ends after
//! a bounded number of entries and levels.

use std::path::{Path, PathBuf};

use domain::{Error, Result, limits};
use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};

use super::folder::{Folder, Sum, told};

/// Bytes of a compiled expression.
const EXPRESSION_BYTES: usize = 1 << 20;
/// Characters of a line that are shown.
const LINE_CHARS: usize = 500;

/// What is looked for in files.
pub(crate) struct Grep {
    expression: Regex,
    names: Option<GlobMatcher>,
}

/// Where is looked, and for how much.
pub(crate) struct Scope<'a> {
    /// Below which path; it may be a file.
    pub(crate) from: &'a Path,
    /// How many at most.
    pub(crate) most: usize,
    /// Which paths may be looked at.
    pub(crate) is_open: &'a dyn Fn(&Path) -> bool,
}

/// What was found, in its order, and whether there is more.
pub(crate) type Found<T> = (Vec<T>, bool);

/// A line that was found, in the order of files and numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// In which file.
    pub(crate) path: PathBuf,
    /// Its number, from 1.
    pub(crate) number: usize,
    /// It, or its beginning.
    pub(crate) text: String,
}

impl Grep {
    /// Looks for an expression, in files whose path matches a pattern.
    pub(crate) fn new(expression: &str, names: Option<&str>, ignore_case: bool) -> Result<Self> {
        let expression = RegexBuilder::new(expression)
            .size_limit(EXPRESSION_BYTES)
            .case_insensitive(ignore_case)
            .build();
        Ok(Self {
            expression: expression.map_err(|cause| Error::field("pattern", cause.to_string()))?,
            names: names.map(pattern).transpose()?,
        })
    }
}

/// Reads a pattern of names: `*` within one folder, `**` through all. One
/// without `/` is for names in every folder.
fn pattern(text: &str) -> Result<GlobMatcher> {
    let everywhere = match text.contains('/') {
        true => text.trim_start_matches("./").to_owned(),
        false => format!("**/{text}"),
    };
    let glob = GlobBuilder::new(&everywhere)
        .literal_separator(true)
        .build();
    let glob = glob.map_err(|cause| Error::field("pattern", cause.to_string()))?;
    Ok(glob.compile_matcher())
}

impl Folder {
    /// Visits what is below a path, folder by folder; stops when it is told
    /// to. The path that is visited is that below this folder.
    pub(super) fn walk(
        &self,
        from: &Path,
        mut visit: impl FnMut(&Path, &cap_std::fs::Metadata) -> Result<bool>,
    ) -> Result<()> {
        let mut folders = vec![(from.to_owned(), 0)];
        let mut left = limits::WORK_ENTRIES;
        while let Some((folder, depth)) = folders.pop() {
            let entries = match self.dir().read_dir(&folder) {
                Ok(entries) => entries,
                Err(cause) if depth == 0 => return Err(told(from)(cause)),
                // Removed meanwhile, or not ours to read.
                Err(_) => continue,
            };
            for entry in entries.flatten() {
                let Some(less) = left.checked_sub(1) else {
                    return Ok(());
                };
                left = less;
                let Ok(metadata) = entry.metadata() else {
                    continue;
                };
                let path = match folder == Path::new(".") {
                    true => PathBuf::from(entry.file_name()),
                    false => folder.join(entry.file_name()),
                };
                if !visit(&path, &metadata)? {
                    return Ok(());
                }
                if metadata.is_dir() && depth < limits::WORK_DEPTH {
                    folders.push((path, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// How much there is.
    pub(crate) fn sum(&self) -> Result<Sum> {
        let mut sum = Sum::default();
        self.walk(Path::new("."), |_, metadata| {
            sum.entries += 1;
            if metadata.is_file() {
                sum.files += 1;
                sum.bytes = sum.bytes.saturating_add(metadata.len());
            }
            Ok(true)
        })?;
        Ok(sum)
    }

    /// Files whose path below the beginning matches a pattern.
    pub(crate) fn glob(&self, scope: &Scope<'_>, names: &str) -> Result<Found<PathBuf>> {
        let names = pattern(names)?;
        self.seek(scope, |path, below, found| {
            if names.is_match(below) {
                found.push(path.to_owned());
            }
        })
    }

    /// Files in whose path a text occurs in any letter case.
    pub(crate) fn named(&self, scope: &Scope<'_>, part: &str) -> Result<Found<PathBuf>> {
        let part = part.to_lowercase();
        self.seek(scope, |path, below, found| {
            if below.to_string_lossy().to_lowercase().contains(&part) {
                found.push(path.to_owned());
            }
        })
    }

    /// Lines of text files that match.
    pub(crate) fn grep(&self, scope: &Scope<'_>, grep: &Grep) -> Result<Found<Line>> {
        self.seek(scope, |path, below, found| {
            let names = grep.names.as_ref();
            if names.is_none_or(|names| names.is_match(below)) {
                self.look(path, grep, scope.most, found);
            }
        })
    }

    /// The one walk of all searches: gathers what `take` finds in each file, by
    /// its path and its path below the beginning.
    fn seek<T: Ord>(
        &self,
        scope: &Scope<'_>,
        take: impl Fn(&Path, &Path, &mut Vec<T>),
    ) -> Result<Found<T>> {
        let Scope {
            from,
            most,
            is_open,
        } = *scope;
        let mut found = Vec::new();
        if self.dir().metadata(from).map_err(told(from))?.is_file() {
            let name = from.file_name().map_or(from, Path::new);
            take(from, name, &mut found);
        } else {
            self.walk(from, |path, metadata| {
                if metadata.is_file() && is_open(path) {
                    take(path, path.strip_prefix(from).unwrap_or(path), &mut found);
                }
                Ok(found.len() <= most)
            })?;
        }
        let is_cut = found.len() > most;
        found.truncate(most);
        found.sort();
        Ok((found, is_cut))
    }

    /// The lines of a file; what cannot be read holds none.
    fn look(&self, path: &Path, grep: &Grep, most: usize, lines: &mut Vec<Line>) {
        let Ok(file) = self.read(path, limits::SEARCHED_FILE_BYTES) else {
            return;
        };
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            return;
        };
        for (number, line) in (1..).zip(text.lines()) {
            if lines.len() > most {
                break;
            }
            if grep.expression.is_match(line) {
                lines.push(Line {
                    path: path.to_owned(),
                    number,
                    text: domain::text::cut(line.to_owned(), LINE_CHARS),
                });
            }
        }
    }
}
