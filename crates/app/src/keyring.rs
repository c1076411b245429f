//! Who bears a key, remembered in process and forgotten at once when the key
//! or its owner changes here; changes made by other processes arrive through
//! the event log within a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::id::AccountId;
use domain::policy::Actor;
use domain::{Error, Result, Time, limits};
use quick_cache::sync::Cache;
use store::Store;
use store::tables::keys::{self, Bearer};
use subtle::ConstantTimeEq;

use crate::secret::{self, Presented};

type Hash = [u8; 32];

pub(crate) struct Keyring {
    /// Hash of the configured key, which may begin like a minted one.
    configured: Option<Hash>,
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
    pub(crate) fn new(configured: Option<Hash>) -> Self {
        Self {
            configured,
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
        if credential.len() > limits::CREDENTIAL_BYTES {
            return Err(unknown_key());
        }
        let hash = secret::hash(credential);
        let presented = match secret::read(credential) {
            Presented::Malformed | Presented::Minted(_) if self.is_configured(&hash) => {
                Presented::MadeUp
            }
            Presented::Malformed => return Err(unknown_key()),
            presented => presented,
        };
        let found = match self.bearers.get(&hash) {
            Some(found) => found,
            None => self.look_up(store, presented, hash).await?,
        };
        let Bearer {
            key,
            account,
            kind,
            status,
            ban_reason,
            expires_at,
            mandate,
            handle: _,
            hash: _,
        } = &found.bearer;
        if expires_at.is_some_and(|end| end <= now) {
            return Err(Error::unauthenticated(
                "key_expired",
                "this key has expired: ask its issuer for a new one",
            ));
        }
        status.require_active(ban_reason.as_deref())?;
        Ok(Actor::Account {
            id: *account,
            kind: *kind,
            key: *key,
            handle: Arc::clone(&found.handle),
            mandate: *mandate,
        })
    }

    fn is_configured(&self, hash: &Hash) -> bool {
        self.configured
            .is_some_and(|configured| bool::from(configured.ct_eq(hash)))
    }

    async fn look_up(
        &self,
        store: &Store,
        presented: Presented,
        hash: Hash,
    ) -> Result<Arc<Remembered>> {
        let before = self.forgotten.load(Ordering::Acquire);
        let bearer = match presented {
            Presented::Minted(key) => {
                store
                    .read(move |tx| Box::pin(keys::bearer(tx, key)))
                    .await?
            }
            Presented::MadeUp => {
                store
                    .read(move |tx| Box::pin(keys::bearer_made_up(tx, hash)))
                    .await?
            }
            Presented::Malformed => None,
        };
        let is_right = |bearer: &Bearer| bool::from(bearer.hash.as_slice().ct_eq(&hash));
        let bearer = bearer.filter(is_right).ok_or_else(unknown_key)?;
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
        // Whoever acts for the account stands and falls with it.
        let depends = |bearer: &Bearer| {
            let mandate = bearer.mandate.as_ref();
            bearer.account == account || mandate.is_some_and(|mandate| mandate.principal == account)
        };
        self.bearers
            .retain(|_, remembered| !depends(&remembered.bearer));
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
