//! Who bears a key, remembered in process and forgotten at once when the key
//! or its owner changes here; changes made by other processes arrive through
//! the event log within a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::account::AccountStatus;
use domain::id::AccountId;
use domain::policy::Actor;
use domain::{Error, Result, Time, limits};
use quick_cache::sync::Cache;
use store::Store;
use store::tables::keys::{self, Bearer};

use crate::secret;

type Hash = [u8; 32];

pub(crate) struct Keyring {
    bearers: Cache<Hash, Arc<Remembered>>,
    /// Counts what was forgotten, so that a look-up that began before does not
    /// bring the old answer back.
    forgotten: AtomicU64,
}

struct Remembered {
    bearer: Bearer,
    handle: Arc<str>,
}

impl Keyring {
    pub(crate) fn new() -> Self {
        Self {
            bearers: Cache::new(limits::KEY_CACHE),
            forgotten: AtomicU64::new(0),
        }
    }

    pub(crate) async fn authenticate(
        &self,
        store: &Store,
        credential: &str,
        now: Time,
    ) -> Result<Actor> {
        if credential.len() > limits::CREDENTIAL_BYTES || !secret::is_plausible(credential) {
            return Err(unknown_key());
        }
        let hash = secret::hash(credential);
        let found = match self.bearers.get(&hash) {
            Some(found) => found,
            None => self.look_up(store, hash).await?,
        };
        let Bearer {
            key,
            account,
            kind,
            status,
            ban_reason,
            expires_at,
            handle: _,
        } = &found.bearer;
        if expires_at.is_some_and(|end| end <= now) {
            return Err(Error::unauthenticated(
                "key_expired",
                "this key has expired: ask its issuer for a new one",
            ));
        }
        if *status == AccountStatus::Banned {
            let reason = ban_reason.as_deref().unwrap_or("no reason was given");
            return Err(Error::forbidden(
                "account_banned",
                format!("this account is banned: {reason}"),
            ));
        }
        Ok(Actor::Account {
            id: *account,
            kind: *kind,
            key: *key,
            handle: Arc::clone(&found.handle),
        })
    }

    async fn look_up(&self, store: &Store, hash: Hash) -> Result<Arc<Remembered>> {
        let before = self.forgotten.load(Ordering::Acquire);
        let bearer = store
            .read(move |tx| Box::pin(keys::bearer(tx, hash)))
            .await?
            .ok_or_else(unknown_key)?;
        let handle = bearer.handle.as_str().into();
        let found = Arc::new(Remembered { bearer, handle });
        self.bearers.insert(hash, Arc::clone(&found));
        if self.forgotten.load(Ordering::Acquire) != before {
            self.bearers.remove(&hash);
        }
        Ok(found)
    }

    pub(crate) fn forget(&self, account: AccountId) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.bearers
            .retain(|_, remembered| remembered.bearer.account != account);
    }

    pub(crate) fn clear(&self) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.bearers.clear();
    }
}

fn unknown_key() -> Error {
    Error::unauthenticated(
        "invalid_key",
        "this key is not known here: check that it was copied whole, or register for a new one",
    )
}
