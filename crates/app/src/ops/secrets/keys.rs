//! An agent registers the public key by which others seal for it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use domain::event::Happening;
use domain::id::AccountId;
use domain::secret::SealingKey;
use domain::{Error, Result};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::Lock;
use store::tables::secrets;

use crate::{Cx, Op};

/// The format in which the key itself has a fingerprint.
const SPKI: &str = "spki-b64";

/// Registers a key in the place of the one before, whose grants end.
#[derive(Clone, Debug)]
pub struct SetKey {
    /// The key, opaque to this server.
    pub public_key: String,
    /// What it is for, such as `RSA-OAEP-256`.
    pub algorithm: String,
    /// How it is written: `spki-b64`, `pem`, `jwk`.
    pub format: String,
}

impl Op for SetKey {
    type Output = SealingKey;
    operation!("secrets.set_key", ReachSecrets, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<SealingKey> {
        let account = cx.actor.account()?;
        cx.tx.lock(Lock::Account(account)).await?;
        self.put(cx, account).await
    }
}

impl SetKey {
    /// Registers the key of an account whose lock is held, or which is new.
    pub(crate) async fn put(self, cx: &mut Cx<'_>, account: AccountId) -> Result<SealingKey> {
        let key = SealingKey {
            key_id: fingerprint(&self.format, &self.public_key),
            algorithm: self.algorithm,
            format: self.format,
            public_key: self.public_key,
        };
        key.check()?;
        secrets::put_key(cx.tx, account, &key, cx.now).await?;
        let facts = json!({ "keyId": key.key_id, "algorithm": key.algorithm });
        cx.record_inside(None, Happening::EncryptionKeySet, account, facts)
            .await?;
        Ok(key)
    }
}

/// The fingerprint of a key: of its DER where that can be read, otherwise of
/// its text (AGI ATM 5.2).
fn fingerprint(format: &str, public_key: &str) -> String {
    let text = public_key.trim();
    let der = STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')))
        .or_else(|_| STANDARD_NO_PAD.decode(text));
    let hash = match der {
        Ok(der) if format == SPKI => Sha256::digest(der),
        _ => Sha256::digest(text),
    };
    URL_SAFE_NO_PAD.encode(hash)
}

/// Shows the acting account's key.
#[derive(Clone, Debug)]
pub struct Key;

impl Op for Key {
    type Output = SealingKey;
    operation!("secrets.key", ReachSecrets, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<SealingKey> {
        let account = cx.actor.account()?;
        let key = secrets::find_key(cx.tx, account).await?;
        key.ok_or_else(|| {
            Error::not_found(
                "no_encryption_key",
                "you have registered no encryption key: PUT one here",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_key_has_one_fingerprint_however_its_base64_is_written() {
        let one = fingerprint("spki-b64", "+/8=");
        for same in ["+/8", "-_8", "-_8=", " +/8=\n"] {
            assert_eq!(fingerprint("spki-b64", same), one, "{same}");
        }
        assert_ne!(fingerprint("pem", "+/8="), one);
        assert_eq!(one.len(), 43);
    }
}
