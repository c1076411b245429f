//! The folder of a cluster and the files in it that are locked.
//!
//! **Invariant:** a `lock` counts only if it is the file that the path names: the folder may have been removed, and
//! made again, while we waited for it.

use anyhow::{bail, ensure};
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where clusters live. Short, since the path of a socket is limited to 107 bytes, and open to the server's account.
pub(super) const TEMPORARY: &str = "/tmp";

/// One folder per workspace and user, the same in every process.
pub(super) fn of_workspace(uid: u32) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
    let workspace = hasher.finish() & 0xffff_ffff;
    Path::new(TEMPORARY).join(format!("guildhall-pg-{workspace:08x}-{uid}"))
}

/// Makes the folder if need be and takes its lock, waiting for whoever has it.
pub(super) fn lock(folder: &Path, uid: u32) -> anyhow::Result<File> {
    for _ in 0..100 {
        make(folder, uid)?;
        let path = folder.join("lock");
        let Some(lock) = found(open(&path))? else {
            continue;
        };
        lock.lock()?;
        if is_same_file(&lock, &path)? {
            return Ok(lock);
        }
    }
    bail!("{} keeps disappearing", folder.display())
}

/// The folder's name can be guessed, so what stands there must be ours.
fn make(folder: &Path, uid: u32) -> anyhow::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    if let Some(metadata) = found(fs::symlink_metadata(folder))? {
        let ours = metadata.is_dir() && metadata.uid() == uid;
        ensure!(ours, "{} belongs to somebody else", folder.display());
    }
    Ok(())
}

/// Opens a file, made if need be.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
}

/// `None` for what is not there.
pub(super) fn found<T>(result: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn is_same_file(file: &File, path: &Path) -> anyhow::Result<bool> {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let at_path = found(fs::metadata(path))?.map(identity);
    Ok(at_path == Some(identity(file.metadata()?)))
}
