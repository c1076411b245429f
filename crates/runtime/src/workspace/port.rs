//! Work folders as the doors see them.

use app::ports::Reply;
use app::ports::files::{self, Change, Changed, Files, Listing, Read, Search};
use bytes::Bytes;
use domain::id::{AttachmentId, EnvironmentId};
use domain::{Error, Result, limits};

use super::path::shown;
use super::{Entry, Root, Scope, Sort, Workspace, Workspaces};

impl Workspaces {
    /// Does something with the files of an environment.
    fn with<T: Send + 'static>(
        &self,
        environment: EnvironmentId,
        work: impl FnOnce(&Workspace) -> Result<T> + Send + 'static,
    ) -> Reply<'_, T> {
        Box::pin(async move { self.of(environment)?.on(work).await })
    }
}

impl Files for Workspaces {
    fn roots(&self, environment: EnvironmentId) -> Reply<'_, Vec<files::Root>> {
        self.with(environment, |workspace| {
            let root = |root: Root| {
                let sum = workspace.folder(root).sum()?;
                Ok(files::Root {
                    path: root.as_str(),
                    files: sum.files as u64,
                    bytes: sum.bytes,
                })
            };
            Root::ALL.into_iter().map(root).collect()
        })
    }

    fn list(&self, environment: EnvironmentId, path: String) -> Reply<'_, Listing> {
        self.with(environment, move |workspace| {
            let (root, below) = super::path::parse(&path)?;
            let folder = workspace.folder(root);
            let (entries, _) = folder.list(&below, limits::LISTED_ENTRIES)?;
            Ok(Listing {
                path: shown(root, &below),
                entries: entries.into_iter().map(told).collect(),
            })
        })
    }

    fn read(&self, environment: EnvironmentId, path: String, most: usize) -> Reply<'_, Read> {
        self.with(environment, move |workspace| {
            let (root, below) = super::path::parse(&path)?;
            let folder = workspace.folder(root);
            let modified_at = folder.stat(&below)?.modified;
            let part = folder.read(&below, most)?;
            Ok(Read {
                path: shown(root, &below),
                size: part.size,
                bytes: part.bytes.into(),
                modified_at,
            })
        })
    }

    fn search(
        &self,
        environment: EnvironmentId,
        search: Search,
    ) -> Reply<'_, (Vec<String>, usize)> {
        self.with(environment, move |workspace| {
            let Search { part, root, limit } = search;
            let (root, below) = super::path::parse(&root)?;
            let scope = Scope {
                from: &below,
                most: limits::FOUND_FILES,
                is_open: &|_| true,
            };
            let (found, _) = workspace.folder(root).named(&scope, &part)?;
            let paths = found.iter().take(limit).map(|path| shown(root, path));
            Ok((paths.collect(), found.len()))
        })
    }

    fn change(&self, environment: EnvironmentId, change: Change) -> Reply<'_, Changed> {
        self.with(environment, move |workspace| workspace.change(change))
    }

    fn attach(
        &self,
        environment: EnvironmentId,
        id: AttachmentId,
        name: String,
        bytes: Bytes,
    ) -> Reply<'_, String> {
        self.with(environment, move |workspace| {
            let below = std::path::Path::new(&id.to_string()).join(name);
            workspace.folder(Root::Attachments).write(&below, &bytes)?;
            Ok(shown(Root::Attachments, &below))
        })
    }

    fn detach(&self, environment: EnvironmentId, id: AttachmentId) -> Reply<'_, ()> {
        self.with(environment, move |workspace| {
            let id = id.to_string();
            match workspace.folder(Root::Attachments).remove(id.as_ref()) {
                Err(error) if error.code != "file_not_found" => Err(error),
                _ => Ok(()),
            }
        })
    }
}

impl Workspace {
    /// Changes something of what agents work on.
    pub(crate) fn change(&self, change: Change) -> Result<Changed> {
        let (Change::Write { path, .. }
        | Change::Mkdir { path }
        | Change::Rename { path, .. }
        | Change::Delete { path }) = &change;
        let (root, below) = super::path::parse(path)?;
        if root != Root::Files {
            return Err(Error::invalid(
                "read_only",
                format!("{path} is only read: write below {}", Root::Files.as_str()),
            ));
        }
        let folder = self.folder(root);
        let is_new = match &change {
            Change::Write { bytes, .. } => folder.write(&below, bytes)?,
            Change::Mkdir { .. } => folder.mkdir(&below).map(|()| true)?,
            Change::Rename { name, .. } => folder.rename(&below, name).map(|()| false)?,
            Change::Delete { .. } => folder.remove(&below).map(|()| false)?,
        };
        let renamed_to = match change {
            Change::Rename { name, .. } => Some(name),
            _ => None,
        };
        Ok(Changed {
            path: shown(root, &below),
            is_new,
            renamed_to,
        })
    }
}

fn told(entry: Entry) -> files::Entry {
    let Entry {
        name,
        sort,
        size,
        modified,
    } = entry;
    files::Entry {
        name,
        is_folder: sort == Sort::Folder,
        size: (sort == Sort::File).then_some(size),
        modified_at: modified,
    }
}
