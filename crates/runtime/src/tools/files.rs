//! Tools for files: they work in the folder of the agent's environment.

use std::path::{Path, PathBuf};

use app::ops::files::{Action, Note};
use app::ports::files::Change;
use domain::policy::Actor;
use domain::{Error, Result, limits};
use serde_json::{Map, Value};

use super::Kit;
use super::args::Args;
use crate::workspace::{
    Folder, Found, Grep, Line, Reach, Root, Scope, Sort, Workspace, parse_path, shown_path,
};

/// Lines that are read at once, unless fewer are asked for.
const LINES: usize = 2_000;

/// The parts of the work folder to which an agent is confined
/// (`allowedPaths`); all of it, where none are named.
#[derive(Clone, Default)]
pub(super) struct Confines(Option<Vec<PathBuf>>);

impl Confines {
    pub(super) fn of(document: &Map<String, Value>) -> Self {
        let Some(paths) = document.get("allowedPaths").and_then(Value::as_array) else {
            return Self(None);
        };
        let paths = paths.iter().filter_map(Value::as_str);
        let inside = |path: &str| {
            parse_path(path)
                .ok()
                .filter(|(root, _)| *root == Root::Files)
        };
        // One that leads nowhere allows nothing.
        let mut paths: Vec<_> = paths.filter_map(inside).map(|(_, path)| path).collect();
        paths.sort();
        // What is within another one says nothing new.
        paths.dedup_by(|path, outer| path.starts_with(outer));
        // The whole folder is no confinement.
        Self((!paths.iter().any(|path| path == Path::new("."))).then_some(paths))
    }

    fn are_set(&self) -> bool {
        self.0.is_some()
    }

    /// The paths within them.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.0.clone().unwrap_or_else(|| vec![PathBuf::from(".")])
    }

    /// What of the work folder commands get to see.
    pub(super) fn reach(&self, workspace: &Workspace) -> Result<Reach> {
        let Some(paths) = &self.0 else {
            return Ok(Reach::All);
        };
        let folder = workspace.folder(Root::Files);
        let parts = paths.iter().map(|path| folder.pinned(path));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        Ok(Reach::Parts(parts.into_iter().flatten().collect()))
    }

    fn allow(&self, path: &Path) -> bool {
        let paths = self.0.as_ref();
        paths.is_none_or(|paths| paths.iter().any(|allowed| path.starts_with(allowed)))
    }

    /// Refuses a path outside of them, also where a link leads there.
    pub(super) fn check(&self, workspace: &Workspace, given: &str) -> Result<(Root, PathBuf)> {
        let (root, path) = parse_path(given)?;
        if root == Root::Files && self.are_set() {
            let folder = workspace.folder(root);
            let existing = path.ancestors().find_map(|there| {
                let rest = path.strip_prefix(there).ok()?;
                let there = if there.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    there
                };
                Some(folder.resolved(there).ok()?.join(rest))
            });
            if !existing.is_some_and(|path| self.allow(&path)) || !self.allow(&path) {
                return Err(Error::invalid(
                    "path_not_allowed",
                    format!("{given} is not among the paths that you may use"),
                ));
            }
        }
        Ok((root, path))
    }
}

impl Kit {
    pub(super) async fn read(&self, args: &Args<'_>) -> Result<String> {
        let given = args.required("path")?.to_owned();
        let first = args.number("offset")?.unwrap_or(1);
        let count = args.number("limit")?.unwrap_or(LINES).min(LINES);
        let confines = self.confines.clone();
        self.workspace
            .on(move |workspace| {
                let (root, path) = confines.check(workspace, &given)?;
                let folder = workspace.folder(root);
                let part = folder.read(&path, limits::SEARCHED_FILE_BYTES)?;
                let text = readable(&given, &part.bytes, part.is_cut())?;
                let lines = text.split_inclusive('\n').skip(first - 1);
                let shown: String = lines.clone().take(count).collect();
                let left = lines.skip(count).count();
                Ok(match (shown.is_empty(), left, part.is_cut()) {
                    (true, ..) if first > 1 => format!("[{given} has fewer than {first} lines]"),
                    (true, ..) => format!("[{given} is empty]"),
                    (false, 0, false) => shown,
                    (false, 0, true) => {
                        format!("{shown}\n[the rest of the file is too long to be read]")
                    }
                    (false, left, _) => format!(
                        "{shown}[{left} more lines: read on with offset {}]",
                        first + count
                    ),
                })
            })
            .await
    }

    pub(super) async fn write(&mut self, args: &Args<'_>) -> Result<String> {
        let path = args.required("path")?.to_owned();
        let bytes = args.required("content")?.to_owned().into_bytes();
        let size = bytes.len();
        let (path, is_new) = self.store(path, bytes).await?;
        let what = if is_new { "made" } else { "replaced" };
        Ok(format!("{what} {path}: {size} bytes"))
    }

    pub(super) async fn edit(&mut self, args: &Args<'_>) -> Result<String> {
        let given = args.required("path")?.to_owned();
        let (old, new) = (args.required("old_text")?, args.required("new_text")?);
        let all = args.flag("replace_all")?;
        if old.is_empty() || old == new {
            return Err(Error::field(
                "old_text",
                "must not be empty, and not be new_text",
            ));
        }
        let (confines, path) = (self.confines.clone(), given.clone());
        let read = self.workspace.on(move |workspace| {
            let (root, below) = confines.check(workspace, &path)?;
            let part = workspace
                .folder(root)
                .read(&below, limits::WORK_FILE_BYTES)?;
            if part.is_cut() {
                return Err(Error::invalid(
                    "file_too_large",
                    format!("{path} is too large to be edited"),
                ));
            }
            readable(&path, &part.bytes, false)
        });
        let text = read.await?;
        let count = text.matches(old).count();
        if count == 0 || (count > 1 && !all) {
            let why = match count {
                0 => "does not occur in the file: read it again, and copy the text exactly".into(),
                n => {
                    format!("occurs {n} times: take more of the text around it, or set replace_all")
                }
            };
            return Err(Error::field("old_text", why));
        }
        let (path, _) = self
            .store(given, text.replace(old, new).into_bytes())
            .await?;
        Ok(format!("changed {path} in {count} place(s)"))
    }

    /// Writes a file, and tells of it.
    async fn store(&mut self, path: String, bytes: Vec<u8>) -> Result<(String, bool)> {
        let confines = self.confines.clone();
        let stored = self.workspace.on(move |workspace| {
            confines.check(workspace, &path)?;
            let bytes = bytes.into();
            workspace.change(Change::Write { path, bytes })
        });
        let stored = stored.await?;
        let action = match stored.is_new {
            true => Action::Created,
            false => Action::Modified,
        };
        self.note(vec![(stored.path.clone(), action)]).await?;
        Ok((stored.path, stored.is_new))
    }

    /// Tells of files that changed, and remembers them as effects of the turn.
    pub(super) async fn note(&mut self, changes: Vec<(String, Action)>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        for (path, action) in &changes {
            self.effects.file(path, *action);
        }
        let note = Note {
            environment: self.environment,
            changes,
            source: self.agent.to_string(),
        };
        self.app.call(&Actor::System, note).await
    }

    pub(super) async fn ls(&self, args: &Args<'_>) -> Result<String> {
        let given = args.text("path")?.unwrap_or(".").to_owned();
        let confines = self.confines.clone();
        self.workspace
            .on(move |workspace| {
                let (root, path) = confines.check(workspace, &given)?;
                let folder = workspace.folder(root);
                let (entries, is_cut) = folder.list(&path, limits::LISTED_ENTRIES)?;
                let lines = entries.iter().map(|entry| match entry.sort {
                    Sort::Folder => format!("{}/", entry.name),
                    Sort::File => format!("{} ({} bytes)", entry.name, entry.size),
                    Sort::Other => format!("{} (a link or the like)", entry.name),
                });
                Ok(listed(lines.collect(), is_cut, "the folder is empty"))
            })
            .await
    }

    pub(super) async fn glob(&self, args: &Args<'_>) -> Result<String> {
        let pattern = args.required("pattern")?.to_owned();
        let find = move |folder: &Folder, scope: &Scope<'_>| folder.glob(scope, &pattern);
        let shown = |root, path: &PathBuf| shown_path(root, path);
        let most = (limits::FOUND_FILES, "no file matches");
        self.search(args, most, find, shown).await
    }

    pub(super) async fn grep(&self, args: &Args<'_>) -> Result<String> {
        let pattern = args.required("pattern")?;
        let grep = Grep::new(pattern, args.text("include")?, args.flag("ignore_case")?)?;
        let find = move |folder: &Folder, scope: &Scope<'_>| folder.grep(scope, &grep);
        let shown = |root, line: &Line| {
            let path = shown_path(root, &line.path);
            format!("{path}:{}: {}", line.number, line.text)
        };
        let most = (limits::FOUND_LINES, "no line matches");
        self.search(args, most, find, shown).await
    }

    /// Looks through what the agent may see below `path`.
    async fn search<T>(
        &self,
        args: &Args<'_>,
        (most, nothing): (usize, &'static str),
        find: impl FnOnce(&Folder, &Scope<'_>) -> Result<Found<T>> + Send + 'static,
        shown: impl Fn(Root, &T) -> String + Send + 'static,
    ) -> Result<String> {
        let given = args.text("path")?.unwrap_or(".").to_owned();
        let confines = self.confines.clone();
        let search = move |workspace: &Workspace| {
            let (root, from) = confines.start(workspace, &given)?;
            let is_open = |path: &Path| root != Root::Files || confines.allow(path);
            let scope = Scope {
                from: &from,
                most,
                is_open: &is_open,
            };
            let (found, is_cut) = find(workspace.folder(root), &scope)?;
            let lines = found.iter().map(|it| shown(root, it));
            Ok(listed(lines.collect(), is_cut, nothing))
        };
        self.workspace.on(search).await
    }
}

impl Confines {
    /// Where a search begins: anywhere, because what it finds is looked at
    /// again.
    fn start(&self, workspace: &Workspace, given: &str) -> Result<(Root, PathBuf)> {
        let (root, path) = parse_path(given)?;
        match path == Path::new(".") {
            true => Ok((root, path)),
            false => self.check(workspace, given),
        }
    }
}

fn readable(path: &str, bytes: &[u8], is_cut: bool) -> Result<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if is_cut && error.error_len().is_none() => {
            let whole = bytes.get(..error.valid_up_to());
            whole.and_then(|whole| std::str::from_utf8(whole).ok())
        }
        Err(_) => None,
    };
    text.map(str::to_owned)
        .ok_or_else(|| Error::invalid("not_a_text", format!("{path} is not a text in UTF-8")))
}

fn listed(lines: Vec<String>, is_cut: bool, nothing: &str) -> String {
    match (lines.is_empty(), is_cut) {
        (true, _) => format!("[{nothing}]"),
        (false, false) => lines.join("\n"),
        (false, true) => format!("{}\n[there are more: narrow it down]", lines.join("\n")),
    }
}
