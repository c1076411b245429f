//! The work folder is looked at.

use domain::page::Part;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};

use crate::ports::files::{Listing, Read, Root, Search};
use crate::{App, Errand};

/// Shows where files are and how many.
#[derive(Clone, Copy, Debug)]
pub struct Roots;

impl Errand for Roots {
    type Output = Vec<Root>;
    operation!("files.roots", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Vec<Root>> {
        app.files()?.roots(actor.environment()?).await
    }
}

/// Lists a folder.
#[derive(Clone, Debug)]
pub struct List {
    /// Which.
    pub path: String,
    /// Which of what is in it.
    pub part: Part,
}

impl Errand for List {
    type Output = Listing;
    operation!("files.list", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Listing> {
        let Self { path, part } = self;
        let Listing { path, entries } = app.files()?.list(actor.environment()?, path).await?;
        let entries = part.of(entries);
        Ok(Listing { path, entries })
    }
}

/// Reads a file, as it is.
#[derive(Clone, Debug)]
pub struct Open {
    /// Which.
    pub path: String,
    /// Whether it is to be kept, not shown.
    pub is_download: bool,
}

impl Errand for Open {
    type Output = (Read, bool);
    operation!("files.read", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<(Read, bool)> {
        let environment = actor.environment()?;
        let read = app
            .files()?
            .read(environment, self.path, limits::OPENED_FILE_BYTES);
        let read = read.await?;
        if read.size > read.bytes.len() as u64 {
            return Err(Error::invalid(
                "file_too_large",
                format!(
                    "{} has {} bytes, and {} are sent at most: preview it, or have an agent split it",
                    read.path,
                    read.size,
                    limits::OPENED_FILE_BYTES
                ),
            ));
        }
        Ok((read, self.is_download))
    }
}

/// Shows the beginning of a file.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Which.
    pub path: String,
    /// How many lines.
    pub lines: usize,
}

/// The beginning of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// The file.
    pub read: Read,
    /// Its first lines, where it is a text.
    pub text: Option<String>,
    /// Whether there is more.
    pub is_cut: bool,
}

impl Errand for Preview {
    type Output = Previewed;
    operation!("files.preview", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Previewed> {
        let environment = actor.environment()?;
        let most = limits::PREVIEW_BYTES;
        let read = app.files()?.read(environment, self.path, most).await?;
        let is_short = read.size > read.bytes.len() as u64;
        let Some(text) = beginning(&read.bytes, is_short) else {
            return Ok(Previewed {
                read,
                text: None,
                is_cut: is_short,
            });
        };
        let mut lines = text.split_inclusive('\n');
        let shown: String = lines.by_ref().take(self.lines).collect();
        let is_cut = is_short || lines.next().is_some();
        Ok(Previewed {
            read,
            text: Some(shown),
            is_cut,
        })
    }
}

/// Bytes as a text, if they are one; the last character may be cut in two.
fn beginning(bytes: &[u8], is_cut: bool) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then(|| text.to_owned())
}

/// Looks for files by name.
#[derive(Clone, Debug)]
pub struct Find(pub Search);

impl Errand for Find {
    type Output = (Vec<String>, usize);
    operation!("files.search", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<(Vec<String>, usize)> {
        text::optional("q", &self.0.part, limits::WORK_PATH_CHARS)?;
        app.files()?.search(actor.environment()?, self.0).await
    }
}
