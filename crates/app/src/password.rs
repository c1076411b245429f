//! Passwords: hashed with argon2id, a few at a time, away from the threads
//! that answer requests.
//!
//! **Invariant:** whether an address is registered cannot be told from how
//! long a login takes: without a person a made-up hash is compared.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::{Error, Result, limits};
use tokio::sync::Semaphore;

use crate::Hidden;

/// A hash that is no password's, with the parameters of those that are made
/// here.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0IQ$\
    QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Hashes that are made at once, per core.
const PER_CORE: usize = 2;

/// Hashes and compares passwords.
pub(crate) struct Passwords {
    /// Who may wait at all.
    waiting: Arc<Semaphore>,
    /// Who may compute.
    working: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let working = cores.saturating_mul(PER_CORE);
        Self {
            waiting: Arc::new(Semaphore::new(limits::PASSWORDS_WAITING)),
            working: Arc::new(Semaphore::new(working)),
        }
    }

    /// Hashes a password with this salt.
    pub(crate) async fn hash(&self, password: &Hidden, salt: [u8; 16]) -> Result<String> {
        let password = password.clone();
        let hashed = self.run(move || {
            let hasher = Argon2::default();
            let hash: PasswordHash = hasher
                .hash_password_with_salt(password.0.as_bytes(), &salt)
                .ok()?;
            Some(hash.to_string())
        });
        hashed.await?.ok_or_else(Error::internal)
    }

    /// Whether this is the password that was hashed; without a hash it takes
    /// as long and is not.
    pub(crate) async fn verify(&self, password: &Hidden, hash: Option<String>) -> Result<bool> {
        let password = password.clone();
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
            let is_right = PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.0.as_bytes(), &hash)
                    .is_ok()
            });
            known && is_right
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = Arc::clone(&self.waiting).try_acquire_owned();
        let _place = place.map_err(|_| busy())?;
        let turn = Arc::clone(&self.working).acquire_owned().await;
        let turn = turn.map_err(|_| Error::internal())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            // Kept until the work is done, even when nobody waits for it any
            // more.
            drop(turn);
            done
        });
        done.await.map_err(|_| Error::internal())
    }
}

fn busy() -> Error {
    Error::unavailable(
        "overloaded",
        "too many passwords are being checked at this moment: come back in a second",
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::{NOBODYS, Passwords};
    use crate::Hidden;
    use argon2::password_hash::phc::PasswordHash;

    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let passwords = Passwords::new();
        let (right, wrong) = (Hidden("correct horse".into()), Hidden("wrong".into()));
        let hash = passwords.hash(&right, [7; 16]).await.expect("a hash");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let stored = || Some(hash.clone());
        assert_eq!(passwords.verify(&right, stored()).await, Ok(true));
        assert_eq!(passwords.verify(&wrong, stored()).await, Ok(false));
        assert_eq!(passwords.verify(&right, None).await, Ok(false));
        let again = passwords.hash(&right, [8; 16]).await.expect("a hash");
        assert_ne!(hash, again, "the salt is in it");
    }

    #[test]
    fn nobodys_hash_costs_as_much_as_any() {
        let parsed = PasswordHash::new(NOBODYS).expect("a hash");
        assert!(parsed.hash.is_some_and(|hash| hash.len() == 32));
    }
}
