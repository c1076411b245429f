//! Who bears a key, remembered in process and forgotten at once when the key
//! or its owner changes here; changes made by other processes arrive through
//! the event log within a second.
//!
//! **Invariant:** what was looked up before an account changed is not believed
//! after it. To forget is to note when the account changed, which costs the
//! same however many keys are remembered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
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
    /// Counts changes; a moment is a number of changes so far.
    changes: AtomicU64,
    /// When each account changed last, of those that did since `began`.
    changed: DashMap<AccountId, u64>,
    /// What was looked up before this moment is not believed.
    began: AtomicU64,
}

struct Remembered {
    bearer: Bearer,
    handle: Arc<str>,
    /// The moment before it was looked up.
    as_of: u64,
}

impl Keyring {
    pub(crate) fn new(configured: Option<Hash>) -> Self {
        Self {
            configured,
            bearers: Cache::new(limits::KEY_CACHE),
            changes: AtomicU64::new(0),
            changed: DashMap::new(),
            began: AtomicU64::new(0),
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
        let remembered = self.bearers.get(&hash);
        let found = match remembered.filter(|found| self.holds(found)) {
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
        let as_of = self.changes.load(Ordering::Acquire);
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
        let found = Arc::new(Remembered {
            bearer,
            handle,
            as_of,
        });
        self.bearers.insert(hash, Arc::clone(&found));
        Ok(found)
    }

    /// Whether nothing changed since this was looked up: not the account, nor
    /// the one that it stands and falls with.
    fn holds(&self, found: &Remembered) -> bool {
        let Bearer {
            account, mandate, ..
        } = &found.bearer;
        let unchanged = |account: AccountId| {
            let changed = self.changed.get(&account);
            changed.is_none_or(|at| *at <= found.as_of)
        };
        found.as_of >= self.began.load(Ordering::Acquire)
            && unchanged(*account)
            && mandate.is_none_or(|mandate| unchanged(mandate.principal))
    }

    pub(crate) fn forget(&self, account: AccountId) {
        if self.changed.len() >= limits::KEY_CACHE {
            return self.clear();
        }
        self.changed.insert(account, self.next_moment());
    }

    fn next_moment(&self) -> u64 {
        self.changes.fetch_add(1, Ordering::AcqRel) + 1
    }

    pub(crate) fn clear(&self) {
        let now = self.next_moment();
        self.began.store(now, Ordering::Release);
        self.changed.retain(|_, at| *at > now);
        self.bearers.clear();
    }
}

fn unknown_key() -> Error {
    Error::unauthenticated(
        "invalid_key",
        "this key is not known here: check that it was copied whole, or register for a new one",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::account::{AccountKind, AccountStatus};
    use domain::id::{AccountId, Id, KeyId};
    use domain::limits;
    use store::tables::keys::Bearer;
    use uuid::Uuid;

    use super::{Keyring, Remembered};

    fn account(n: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(n))
    }

    /// What a look-up that begins now would remember.
    fn looked_up(keyring: &Keyring, owner: AccountId) -> Arc<Remembered> {
        let bearer = Bearer {
            key: KeyId::from_uuid(Uuid::nil()),
            account: owner,
            kind: AccountKind::Agent,
            status: AccountStatus::Active,
            ban_reason: None,
            expires_at: None,
            mandate: None,
            handle: "agent".into(),
            hash: vec![0; 32],
        };
        Arc::new(Remembered {
            bearer,
            handle: "agent".into(),
            as_of: keyring.changes.load(std::sync::atomic::Ordering::Acquire),
        })
    }

    #[test]
    fn a_change_ends_what_was_looked_up_before_it_and_nothing_else() {
        let keyring = Keyring::new(None);
        let (one, other) = (account(1), account(2));
        let before = looked_up(&keyring, one);
        let bystander = looked_up(&keyring, other);
        keyring.forget(one);
        assert!(!keyring.holds(&before));
        assert!(keyring.holds(&bystander));
        assert!(keyring.holds(&looked_up(&keyring, one)));
    }

    #[test]
    fn everything_is_forgotten_at_once() {
        let keyring = Keyring::new(None);
        let before = looked_up(&keyring, account(1));
        keyring.clear();
        assert!(!keyring.holds(&before));
        assert!(keyring.holds(&looked_up(&keyring, account(1))));
    }

    #[test]
    fn what_is_noted_of_changes_is_bounded() {
        let keyring = Keyring::new(None);
        let last = limits::KEY_CACHE as u128;
        let before = looked_up(&keyring, account(last + 1));
        for n in 0..=last {
            keyring.forget(account(n));
        }
        assert!(keyring.changed.len() < limits::KEY_CACHE);
        assert!(
            !keyring.holds(&before),
            "too much is forgotten, never too little"
        );
    }
}
