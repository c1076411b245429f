//! How credentials are sealed: AES-256-GCM under the key of the vault. What is
//! no credential but must be sealed too has a key of its own, which is derived
//! from it ([`Key::derived`]).
//!
//! **Invariant:** what is sealed for one environment, agent and service opens
//! for no other: these are authenticated with it.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use domain::id::{EnvironmentId, Id};
use domain::{Error, Result};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::Fields;
use crate::Hidden;

/// Bytes of a nonce, drawn for each sealing.
pub(crate) const NONCE_BYTES: usize = 12;

/// The key of the vault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

// A key stays out of every log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// For what something is sealed.
pub(super) struct Place<'a> {
    pub(super) environment: EnvironmentId,
    pub(super) agent: &'a str,
    pub(super) service: &'a str,
}

impl Key {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = domain::hex::decode(text.trim())?;
        bytes.try_into().ok().map(Self)
    }

    /// Seals fields for a place.
    pub(super) fn seal(
        &self,
        place: &Place<'_>,
        fields: &Fields,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>> {
        let fields = fields.iter();
        let clear: Map<_, _> = fields
            .map(|(name, value)| (name.clone(), Value::from(value.0.as_str())))
            .collect();
        let clear = Value::Object(clear).to_string();
        self.seal_bytes(&place.bound(), clear.as_bytes(), nonce)
    }

    /// The key for another purpose, from which this one cannot be told.
    pub(crate) fn derived(&self, purpose: &str) -> Self {
        // A key of any length is one.
        let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0);
        let derived = mac.map(|mac| mac.chain_update(purpose).finalize());
        Self(derived.map_or(self.0, |derived| derived.into_bytes().into()))
    }

    /// Seals bytes for a place; the nonce stands before them.
    pub(crate) fn seal_bytes(
        &self,
        place: &[u8],
        clear: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>> {
        let payload = Payload {
            msg: clear,
            aad: place,
        };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for a place; `None` where it was sealed for
    /// another, or with another key.
    pub(crate) fn open_bytes(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: place,
        };
        let opened = self.cipher().decrypt(&Nonce::from(*nonce), payload);
        opened.ok()
    }

    /// Opens what was sealed for a place.
    pub(super) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Fields> {
        let opened = self.open_bytes(&place.bound(), sealed);
        let clear = opened.ok_or_else(wrong_key)?;
        let fields: Map<String, Value> =
            serde_json::from_slice(&clear).map_err(|_| Error::internal())?;
        let hidden = |value: Value| Hidden(value.as_str().unwrap_or_default().to_owned());
        Ok(fields
            .into_iter()
            .map(|(name, value)| (name, hidden(value)))
            .collect())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
}

impl Place<'_> {
    /// The place as bytes, no two places alike.
    fn bound(&self) -> Vec<u8> {
        let mut bytes = self.environment.uuid().as_bytes().to_vec();
        for part in [self.agent, self.service] {
            bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

/// Seconds until the operator may have put the key back.
const FOUND_WITHIN_S: u64 = 3_600;

fn wrong_key() -> Error {
    Error::unavailable(
        "wrong_vault_key",
        "this credential was sealed with another key than the one in vault.key_file: \
         the operator puts that key back, or the credential is stored again",
        FOUND_WITHIN_S,
    )
}

#[cfg(test)]
mod tests {
    use super::{Key, Place};
    use crate::Hidden;
    use crate::ops::vault::Fields;
    use domain::id::EnvironmentId;
    use uuid::Uuid;

    const fn place<'a>(n: u128, agent: &'a str, service: &'a str) -> Place<'a> {
        Place {
            environment: EnvironmentId(Uuid::from_u128(n)),
            agent,
            service,
        }
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_alone() {
        let fields: Fields = [("password".to_owned(), Hidden("hush".into()))].into();
        let key = Key::new([1; 32]);
        let sealed = key
            .seal(&place(1, "dev", "smtp"), &fields, [3; 12])
            .expect("sealed");
        assert!(!sealed.windows(4).any(|bytes| bytes == b"hush"));
        let opened = key.open(&place(1, "dev", "smtp"), &sealed).expect("opened");
        assert_eq!(
            opened.get("password").map(|value| value.0.as_str()),
            Some("hush")
        );
        for other in [
            place(2, "dev", "smtp"),
            place(1, "de", "vsmtp"),
            place(1, "dev", "imap"),
        ] {
            let refused = key.open(&other, &sealed).expect_err("another place");
            assert_eq!(refused.code, "wrong_vault_key");
        }
        let other = Key::new([2; 32]).open(&place(1, "dev", "smtp"), &sealed);
        assert_eq!(other.expect_err("another key").code, "wrong_vault_key");
        assert!(key.open(&place(1, "dev", "smtp"), &[]).is_err());
    }

    #[test]
    fn a_derived_key_is_another_for_each_purpose() {
        let key = Key::new([1; 32]);
        let sealed = key.derived("a").seal_bytes(b"here", b"hush", [3; 12]);
        let sealed = sealed.expect("sealed");
        let open = |key: Key, place: &[u8]| key.open_bytes(place, &sealed);
        assert_eq!(
            open(key.derived("a"), b"here").as_deref(),
            Some(&b"hush"[..])
        );
        assert_eq!(open(key.derived("a"), b"there"), None);
        assert_eq!(open(key.derived("b"), b"here"), None);
        assert_eq!(open(key, b"here"), None);
        assert_ne!(key.derived("a"), key);
    }

    #[test]
    fn a_key_is_64_digits() {
        let text = "0f".repeat(32);
        assert_eq!(Key::parse(&format!(" {text}\n")), Some(Key::new([15; 32])));
        for bad in [
            "",
            "0f",
            &"0g".repeat(32),
            &"0f".repeat(33),
            &"é".repeat(32),
        ] {
            assert_eq!(Key::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{:?}", Key::new([1; 32])), "Key(..)");
    }
}
