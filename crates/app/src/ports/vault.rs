//! Where the key of the vault comes from (Polpo 2.12): a file of the operator's,
//! which is read, and made, when the vault is first used.

use domain::{Error, Result};

use crate::App;
use crate::ops::vault::Key;

/// Keeps the key of the vault.
pub trait Keeper: Send + Sync {
    /// The key. `Unavailable` when its file cannot be read, made or understood.
    fn key(&self) -> Result<Key>;
}

impl App {
    /// The key of the vault.
    ///
    /// # Errors
    /// `Unavailable` where this process has none, or it cannot be read.
    pub(crate) fn vault_key(&self) -> Result<Key> {
        let keeper = self.ports().vault.as_deref();
        keeper.map_or_else(|| Err(no_vault()), Keeper::key)
    }
}

/// Seconds until it is another server.
const NEVER_S: u64 = 3_600;

fn no_vault() -> Error {
    Error::unavailable("not_available", "this server keeps no credentials", NEVER_S)
}
