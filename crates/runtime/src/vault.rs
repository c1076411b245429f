//! The key of the vault, in a file (Polpo 2.12): one that the operator names,
//! or one that is made at the first use.
//!
//! **Invariant:** the file is readable by the server alone, and a key is never
//! replaced: with another one nothing that is stored can be opened.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use app::ops::vault::Key;
use app::ports::vault::Keeper;
use domain::{Error, Result};
use ring::rand::{SecureRandom, SystemRandom};

/// A file with the key.
pub struct KeyFile {
    path: PathBuf,
    /// Whether it is made where it is missing.
    is_ours: bool,
    key: OnceLock<Key>,
}

impl KeyFile {
    /// A file that the operator has.
    pub fn named(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            is_ours: false,
            key: OnceLock::new(),
        }
    }

    /// A file that is made when it is first needed.
    pub fn made(path: impl Into<PathBuf>) -> Self {
        Self {
            is_ours: true,
            ..Self::named(path)
        }
    }

    fn read(&self) -> Result<Key> {
        let text = match fs::read_to_string(&self.path) {
            Err(cause) if cause.kind() == ErrorKind::NotFound && self.is_ours => self.make(),
            read => read,
        };
        let text = text.map_err(|cause| self.refusal(&cause.to_string()))?;
        Key::parse(&text).ok_or_else(|| self.refusal("it must hold 64 hexadecimal digits"))
    }

    /// Makes the file, whole or not at all, unless another process was faster.
    fn make(&self) -> std::io::Result<String> {
        let mut bytes = [0; 32];
        let drawn = SystemRandom::new().fill(&mut bytes);
        drawn.map_err(|_| std::io::Error::other("there is no randomness"))?;
        let text = domain::hex::encode(&bytes);
        let mut draft = self.path.clone().into_os_string();
        draft.push(format!(".{}", std::process::id()));
        let mut options = File::options();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // Fails where there is one by now, which is then the one.
        let linked = fs::hard_link(&draft, &self.path);
        fs::remove_file(&draft)?;
        match linked {
            Err(cause) if cause.kind() != ErrorKind::AlreadyExists => Err(cause),
            _ => fs::read_to_string(&self.path),
        }
    }

    fn refusal(&self, why: &str) -> Error {
        let path = self.path.display();
        tracing::error!(%path, why, "the key of the vault cannot be read");
        Error::unavailable(
            "no_vault_key",
            "the key of the vault cannot be read: the operator looks at vault.key_file and the server's log",
            FOUND_WITHIN_S,
        )
    }
}

/// Seconds until the operator may have looked.
const FOUND_WITHIN_S: u64 = 3_600;

impl Keeper for KeyFile {
    fn key(&self) -> Result<Key> {
        if let Some(key) = self.key.get() {
            return Ok(*key);
        }
        let key = self.read()?;
        Ok(*self.key.get_or_init(|| key))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use app::ports::vault::Keeper;

    use super::KeyFile;

    #[test]
    fn a_key_is_made_once_for_the_server_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vault.key");
        let key = KeyFile::made(&path).key().expect("made");
        let mode = std::fs::metadata(&path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(KeyFile::made(&path).key(), Ok(key));
        assert_eq!(KeyFile::named(&path).key(), Ok(key));
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1
        );
        let other = KeyFile::made(folder.path().join("other"));
        assert_ne!(other.key(), Ok(key));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vault.key");
        let missing = KeyFile::named(&path).key().expect_err("missing");
        assert_eq!(missing.code, "no_vault_key");
        assert!(!path.exists());
        std::fs::write(&path, "short").expect("written");
        assert!(KeyFile::made(&path).key().is_err());
    }
}
