//! Paths as agents and clients write them.
//!
//! `notes/a.md`, `./notes/a.md` and `/work/notes/a.md` are the same file;
//! `/attachments/...` leads into the other folder; any other absolute path
//! leads nowhere. What a path resolves to is decided by [`super::Folder`].

use std::path::{Component, Path, PathBuf};

use domain::{Error, Result, limits, text};

domain::words! {
    /// Where a path begins.
    pub enum Root {
        /// What agents work on.
        Files = "/work",
        /// What came with chats.
        Attachments = "/attachments",
    }
}

impl Root {
    /// Its folder on the host.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Attachments => "attachments",
        }
    }
}

/// Reads a path: where it begins and what is behind it, `.` for the beginning
/// itself. `..` is resolved here as far as it goes, and refused where it would
/// leave.
pub(crate) fn parse(given: &str) -> Result<(Root, PathBuf)> {
    text::optional("path", given, limits::WORK_PATH_CHARS)?;
    let absolute = |root: Root| {
        let rest = given.strip_prefix(root.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some((root, rest.trim_start_matches('/')))
    };
    let (root, rest) = Root::ALL
        .into_iter()
        .find_map(absolute)
        .unwrap_or((Root::Files, given));
    let mut path = PathBuf::new();
    for part in Path::new(rest).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            // A symbolic link before `..` is not followed: nobody means that.
            Component::ParentDir if path.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(outside(given));
            }
        }
    }
    if path.as_os_str().is_empty() {
        path.push(".");
    }
    Ok((root, path))
}

/// A path below a root as it is shown: without `/work/`, with `/attachments/`.
pub(crate) fn shown(root: Root, path: &Path) -> String {
    let path = path.display();
    match root {
        Root::Files => path.to_string(),
        Root::Attachments => format!("{}/{path}", root.as_str()),
    }
}

pub(super) fn outside(path: &str) -> Error {
    Error::invalid(
        "outside_work_folder",
        format!("{path} is outside of the work folder: use a path below it, such as notes/a.md"),
    )
}

#[cfg(test)]
mod tests {
    use super::{Root, parse};

    #[test]
    fn a_path_stays_below_its_root() {
        for (given, root, path) in [
            ("a.md", Root::Files, "a.md"),
            ("", Root::Files, "."),
            (".", Root::Files, "."),
            ("./a/../b", Root::Files, "b"),
            ("/work", Root::Files, "."),
            ("/work/a b", Root::Files, "a b"),
            ("workshop", Root::Files, "workshop"),
            ("/attachments/x/y.png", Root::Attachments, "x/y.png"),
        ] {
            let (found, below) = parse(given).expect(given);
            assert_eq!((found, below.to_str()), (root, Some(path)), "{given}");
        }
        for bad in [
            "..",
            "a/../..",
            "/etc/passwd",
            "/",
            "/workshop",
            "/work/../etc/passwd",
            "/attachments/../files/a",
            "a\0b",
            &"x".repeat(1_001),
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
