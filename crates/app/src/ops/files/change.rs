//! The work folder is changed.

use bytes::Bytes;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};

use super::note::{Action, Note};
use crate::ports::files::{Change, Changed};
use crate::{App, Errand};

/// Changes one thing of the work folder.
#[derive(Clone, Debug)]
pub struct Alter(pub Change);

impl Errand for Alter {
    type Output = Changed;
    operation!("files.change", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Changed> {
        alter(app, actor, self.0).await
    }
}

/// Writes files into a folder.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The folder.
    pub folder: String,
    /// Names and contents.
    pub files: Vec<(String, Bytes)>,
}

/// What was written: names and sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded(pub Vec<(String, usize)>);

impl Errand for Upload {
    type Output = Uploaded;
    operation!("files.upload", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Uploaded> {
        if self.files.is_empty() || self.files.len() > limits::UPLOADED_FILES {
            return Err(Error::field(
                "file",
                format!("must be 1 to {} files", limits::UPLOADED_FILES),
            ));
        }
        for (name, _) in &self.files {
            check_name(name)?;
        }
        let mut written = Vec::new();
        for (name, bytes) in self.files {
            let path = format!("{}/{name}", self.folder.trim_end_matches('/'));
            let size = bytes.len();
            let path = path.trim_start_matches("./").to_owned();
            let path = if self.folder.is_empty() {
                name.clone()
            } else {
                path
            };
            alter(app, actor, Change::Write { path, bytes }).await?;
            written.push((name, size));
        }
        Ok(Uploaded(written))
    }
}

/// Checks the name of a file that somebody sends.
pub(crate) fn check_name(name: &str) -> Result<()> {
    text::required("filename", name, limits::FILENAME_CHARS)?;
    let is_bad = |c: char| c.is_control() || c == '/' || c == '\\';
    if matches!(name, "." | "..") || name.contains(is_bad) {
        return Err(Error::field("filename", "must be a name without slashes"));
    }
    Ok(())
}

/// Who changes files at a door.
const SOURCE: &str = "api";

async fn alter(app: &App, actor: &Actor, change: Change) -> Result<Changed> {
    let environment = actor.environment()?;
    let action = match &change {
        Change::Write { .. } => Action::Modified,
        Change::Mkdir { .. } => Action::Created,
        Change::Rename { .. } => Action::Renamed,
        Change::Delete { .. } => Action::Deleted,
    };
    let changed = app.files()?.change(environment, change).await?;
    let action = if changed.is_new {
        Action::Created
    } else {
        action
    };
    let note = Note {
        environment,
        changes: vec![(changed.path.clone(), action)],
        source: SOURCE.into(),
    };
    app.call(&Actor::System, note).await?;
    Ok(changed)
}
