//! Key pairs of both kinds that the recommended suite names (AGI ATM 5.2), and
//! how each wraps a content key.
//!
//! RSA: RSA-OAEP with SHA-256. X25519: a sealed box, `value` is the Base64 of
//!
//! ```text
//!  a fresh public key, 32 bytes │ AES-256-GCM of the content key, 32 + 16 bytes, nonce of zeros
//! ```
//!
//! under HKDF-SHA-256 of what that key and the recipient's agree on, without
//! salt; its info is the algorithm's name, the fresh public key and the
//! recipient's. A fresh key is used once, so its nonce may be zeros.

use std::path::Path;

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, Nonce};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use rsa::pkcs8::der::{Document, SecretDocument};
use rsa::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::{Digest, Sha256};
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use x25519_dalek::{PublicKey, StaticSecret};

use super::{IV_BYTES, KEY_BYTES, bytes, inside, random, text};

const RSA: &str = "RSA-OAEP-256";
const X25519: &str = "X25519-HKDF-A256GCM";
const SPKI: &str = "spki-b64";
const PRIVATE_LABEL: &str = "PRIVATE KEY";
/// What stands before the 32 bytes of an X25519 key (RFC 8410).
const SPKI_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00,
];
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
];

/// A public key with the DER that its fingerprint is of.
pub(super) struct Public {
    key: Half,
    der: Vec<u8>,
}

enum Half {
    Rsa(Box<RsaPublicKey>),
    X25519(PublicKey),
}

impl Public {
    fn rsa(key: RsaPublicKey) -> Result<Self> {
        let der = key
            .to_public_key_der()
            .context("a key that cannot be written")?;
        let der = der.as_bytes().to_vec();
        let key = Half::Rsa(Box::new(key));
        Ok(Self { key, der })
    }

    fn x25519(key: PublicKey) -> Self {
        let der = [SPKI_HEAD.as_slice(), key.as_bytes()].concat();
        let key = Half::X25519(key);
        Self { key, der }
    }

    /// A public key as it is shown or registered.
    pub(super) fn read(shown: &Value) -> Result<Self> {
        let shown = inside(shown, "encryptionKey");
        let format = shown.get("format").and_then(Value::as_str).unwrap_or(SPKI);
        let der = match format {
            SPKI => bytes(shown, "publicKey")?,
            "pem" => Document::from_pem(text(shown, "publicKey")?.trim())
                .ok()
                .context("publicKey is no PEM")?
                .1
                .into_vec(),
            other => bail!("a key in the format {other} cannot be used here: spki-b64 or pem can"),
        };
        if let Some(key) = x25519_in(&SPKI_HEAD, &der) {
            return Ok(Self::x25519(key.into()));
        }
        let key = RsaPublicKey::from_public_key_der(&der);
        Self::rsa(key.context("publicKey is neither an RSA nor an X25519 key")?)
    }

    fn algorithm(&self) -> &'static str {
        match self.key {
            Half::Rsa(_) => RSA,
            Half::X25519(_) => X25519,
        }
    }

    /// Its fingerprint.
    pub(super) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.der))
    }

    /// As it is registered.
    pub(super) fn shown(&self) -> Value {
        json!({
            "keyId": self.id(),
            "algorithm": self.algorithm(),
            "format": SPKI,
            "publicKey": STANDARD.encode(&self.der),
        })
    }

    /// Wraps a content key so that only the private key's holder reads it.
    pub(super) fn wrap(&self, content_key: &[u8]) -> Result<Value> {
        let wrapped = match &self.key {
            Half::Rsa(key) => key
                .encrypt(&mut OsRng, Oaep::new::<Sha256>(), content_key)
                .ok(),
            Half::X25519(key) => boxed(key, content_key),
        };
        Ok(json!({
            "keyId": self.id(),
            "algorithm": self.algorithm(),
            "value": STANDARD.encode(wrapped.context("the key cannot be wrapped")?),
        }))
    }
}

/// A private key.
pub(super) enum Private {
    Rsa(Box<RsaPrivateKey>),
    X25519(StaticSecret),
}

impl Private {
    /// A new RSA key of so many bits.
    pub(super) fn rsa(bits: usize) -> Result<Self> {
        let key = RsaPrivateKey::new(&mut OsRng, bits).context("no key could be made")?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// A new X25519 key.
    pub(super) fn x25519() -> Self {
        Self::X25519(random::<KEY_BYTES>().into())
    }

    /// Reads a file with a PEM.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let pem = std::fs::read_to_string(file);
        let pem = pem.with_context(|| format!("cannot read {shown}"))?;
        let no_key = || format!("{shown} is no PKCS#8 PEM of an RSA or X25519 key");
        let (_, document) = SecretDocument::from_pem(&pem).ok().with_context(no_key)?;
        if let Some(key) = x25519_in(&PKCS8_HEAD, document.as_bytes()) {
            return Ok(Self::X25519(key.into()));
        }
        let key = document.decode_msg::<rsa::pkcs8::PrivateKeyInfo<'_>>();
        let key = key.ok().and_then(|info| RsaPrivateKey::try_from(info).ok());
        Ok(Self::Rsa(Box::new(key.with_context(no_key)?)))
    }

    /// As PEM.
    pub(super) fn pem(&self) -> Result<String> {
        let document = match self {
            Self::Rsa(key) => key.to_pkcs8_der().ok(),
            Self::X25519(key) => {
                let der = [PKCS8_HEAD.as_slice(), key.as_bytes()].concat();
                SecretDocument::try_from(der).ok()
            }
        };
        let pem = document.and_then(|it| it.to_pem(PRIVATE_LABEL, LineEnding::LF).ok());
        let pem = pem.context("a key that cannot be written")?;
        Ok(pem.to_string())
    }

    /// Its other half.
    pub(super) fn public(&self) -> Result<Public> {
        match self {
            Self::Rsa(key) => Public::rsa(key.to_public_key()),
            Self::X25519(key) => Ok(Public::x25519(key.into())),
        }
    }

    /// The content key that was wrapped for this one.
    pub(super) fn unwrap_key(&self, wrapped: &Value) -> Result<[u8; KEY_BYTES]> {
        let value = bytes(wrapped, "value")?;
        let opened = match self {
            Self::Rsa(key) => key.decrypt(Oaep::new::<Sha256>(), &value).ok(),
            Self::X25519(key) => unboxed(key, &value),
        };
        let opened = opened.context("the content key is not wrapped for this private key")?;
        opened
            .try_into()
            .ok()
            .context("the content key has another size")
    }
}

/// The key behind a known head.
fn x25519_in(head: &[u8], der: &[u8]) -> Option<[u8; KEY_BYTES]> {
    der.strip_prefix(head)?.try_into().ok()
}

fn boxed(recipient: &PublicKey, content_key: &[u8]) -> Option<Vec<u8>> {
    let fresh = StaticSecret::from(random::<KEY_BYTES>());
    let shown = PublicKey::from(&fresh);
    let cipher = agreed(&fresh, recipient, &shown, recipient)?;
    let sealed = cipher.encrypt(&Nonce::from([0; IV_BYTES]), content_key);
    Some([shown.as_bytes().as_slice(), &sealed.ok()?].concat())
}

fn unboxed(key: &StaticSecret, value: &[u8]) -> Option<Vec<u8>> {
    let (fresh, sealed) = value.split_first_chunk::<KEY_BYTES>()?;
    let fresh = PublicKey::from(*fresh);
    let cipher = agreed(key, &fresh, &fresh, &PublicKey::from(key))?;
    let opened = cipher.decrypt(&Nonce::from([0; IV_BYTES]), sealed);
    opened.ok()
}

/// What a private and a public key agree on; nothing where the public one is
/// of those that agree with everybody.
fn agreed(
    private: &StaticSecret,
    public: &PublicKey,
    fresh: &PublicKey,
    recipient: &PublicKey,
) -> Option<Aes256Gcm> {
    let shared = private.diffie_hellman(public);
    if !shared.was_contributory() {
        return None;
    }
    let extracted = hmac(&[0; KEY_BYTES], &[shared.as_bytes()])?;
    let info = [X25519.as_bytes(), fresh.as_bytes(), recipient.as_bytes()];
    // One block is as long as the key: HKDF's expansion ends after the first.
    let [name, fresh, recipient] = info;
    let key = hmac(&extracted, &[name, fresh, recipient, &[1]])?;
    <Aes256Gcm as aes_gcm::KeyInit>::new_from_slice(&key).ok()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Option<[u8; KEY_BYTES]> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use x25519_dalek::{PublicKey, StaticSecret};

    use super::{Private, Public, SPKI, STANDARD, agreed, boxed, unboxed};
    use base64::Engine;

    /// Alice's key pair of RFC 7748, 6.1, as OpenSSL writes it.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n-----END PRIVATE KEY-----\n";
    const SHOWN: &str = "MCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

    #[test]
    fn keys_are_written_as_others_write_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key.pem");
        std::fs::write(&file, PEM).expect("written");
        let private = Private::read(&file).expect("a key");
        assert_eq!(private.pem().expect("a PEM"), PEM);
        let public = private.public().expect("a key");
        assert_eq!(public.shown()["publicKey"], SHOWN);
        let shown = json!({ "format": SPKI, "publicKey": SHOWN });
        assert_eq!(Public::read(&shown).expect("a key").id(), public.id());
        for bad in [
            "",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            std::fs::write(&file, bad).expect("written");
            assert!(Private::read(&file).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_box_opens_for_its_recipient_alone() {
        let [alice, bob] = [[7; 32], [9; 32]].map(StaticSecret::from);
        let sealed = boxed(&PublicKey::from(&alice), &[5; 32]).expect("sealed");
        assert_eq!(sealed.len(), 80);
        assert_eq!(unboxed(&alice, &sealed), Some(vec![5; 32]));
        assert_eq!(unboxed(&bob, &sealed), None);
        for place in [0, 40, 79] {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(unboxed(&alice, &changed), None, "{place}");
        }
        assert_eq!(unboxed(&alice, &sealed[..31]), None);
        // A key that agrees with everybody on the same.
        let zero = PublicKey::from([0; 32]);
        assert!(agreed(&alice, &zero, &zero, &zero).is_none());
        let shown = STANDARD.encode([super::SPKI_HEAD.as_slice(), &[0; 32]].concat());
        let zero = Public::read(&json!({ "publicKey": shown })).expect("a key");
        assert!(zero.wrap(&[5; 32]).is_err());
    }
}
