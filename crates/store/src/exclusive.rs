//! One server per database file. Other commands may work beside it.

use std::fs::{File, TryLockError};
use std::path::Path;

use domain::{Error, Kind, Result};

use crate::Location;

/// Held while a server runs on a database; another one is refused meanwhile.
/// The lock is the system's and ends with the process, however it ends.
#[derive(Debug)]
pub struct Exclusive {
    /// `None` on PostgreSQL.
    _lock: Option<File>,
}

/// Takes the database for one server. PostgreSQL is shared by any number of
/// nodes and is not taken.
///
/// # Errors
/// `Unavailable` when another server has it or the folder is not writable.
pub fn take(location: &Location) -> Result<Exclusive> {
    let Location::Sqlite(path) = location else {
        return Ok(Exclusive { _lock: None });
    };
    let file = lock_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Exclusive { _lock: Some(file) }),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            Kind::Unavailable,
            "database_in_use",
            format!(
                "another guildhall server is running on {}: stop it first, or give this one another --database",
                path.display()
            ),
        )),
        Err(TryLockError::Error(cause)) => Err(unlockable(path, &cause)),
    }
}

fn lock_file(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|cause| unlockable(path, &cause))
}

fn unlockable(path: &Path, cause: &std::io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        "cannot_open_database",
        format!(
            "cannot open the database {}: {cause}; its folder must exist and be writable",
            path.display()
        ),
    )
}
