//! Keys as text: a door's prefix, the id of the key's row, 256 random bits and
//! a check, so that a mistyped key is refused without a look-up. Only the
//! SHA-256 is ever stored.
//!
//! People bear tokens in the form of a JWT (AGI ATM 2.1), because clients read
//! the claims. A token is a key like every other: its `jti` names the key's
//! row, and it is recognised by the SHA-256 of the whole of it. It is signed
//! with a key that is drawn for it alone and thrown away, so that there is no
//! signing key to steal: whoever copies the database cannot make a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Time;
use domain::id::{AccountId, KeyId};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Random bytes in a key.
pub(crate) const RANDOM_BYTES: usize = 32;
const ID_BYTES: usize = 16;
const CHECK_BYTES: usize = 4;
/// Prefixes of keys that are minted here and therefore carry id and check.
const PREFIXES: &[&str] = &["polt_", "opk_", "agiatm_", "sk_live_", "sk_test_"];

/// A key in clear text. It is shown once, to its owner, and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A new key for the row `id`, from random bytes.
    pub fn mint(prefix: &str, id: KeyId, random: [u8; RANDOM_BYTES]) -> Self {
        let mut bytes = [id.0.as_bytes().as_slice(), &random].concat();
        bytes.extend(check(prefix, &bytes).to_be_bytes());
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token for a person, with the key's row as its `jti`; `signing` is
    /// drawn for it and kept nowhere.
    pub(crate) fn token(
        account: AccountId,
        id: KeyId,
        (issued, expires): (Time, Time),
        signing: [u8; RANDOM_BYTES],
    ) -> Self {
        let header = json!({ "alg": "HS256", "typ": "JWT" });
        let claims = json!({
            "sub": account.to_string(),
            "jti": id.to_string(),
            "iat": issued.unix_seconds(),
            "exp": expires.unix_seconds(),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        // A key of any length will do.
        let signature = Hmac::<Sha256>::new_from_slice(&signing).map(|mut mac| {
            mac.update(signed.as_bytes());
            mac.finalize().into_bytes().to_vec()
        });
        let signature = URL_SAFE_NO_PAD.encode(signature.unwrap_or_default());
        Self(format!("{signed}.{signature}"))
    }

    /// A code that a person types or pastes once, such as one to bind an agent.
    pub(crate) fn code(prefix: &str, random: [u8; 16]) -> Self {
        let digits = domain::referral::digits(Uuid::from_bytes(random));
        Self(format!("{prefix}{digits}"))
    }

    /// The clear text, for its owner's eyes.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

/// A text that somebody sent and nobody may see, such as a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(..)")
    }
}

/// What is stored of a key.
pub fn hash(credential: &str) -> [u8; 32] {
    Sha256::digest(credential.as_bytes()).into()
}

fn check(prefix: &str, body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(prefix.as_bytes());
    crc.update(body);
    crc.finalize()
}

/// What a credential says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// It was minted here, for this row.
    Minted(KeyId),
    /// Somebody made it up; it may be the operator's.
    MadeUp,
    /// It begins like a minted key and is not one: mistyped or cut off.
    Malformed,
}

/// Reads a credential.
pub(crate) fn read(credential: &str) -> Presented {
    let minted = |p: &&&str| credential.starts_with(**p);
    let Some(prefix) = PREFIXES.iter().find(minted) else {
        return token_id(credential).map_or(Presented::MadeUp, Presented::Minted);
    };
    parse_body(prefix, &credential[prefix.len()..]).map_or(Presented::Malformed, Presented::Minted)
}

/// The row that a token names. Its signature says nothing that its hash does
/// not.
fn token_id(credential: &str) -> Option<KeyId> {
    let mut parts = credential.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    KeyId::parse(claims.get("jti")?.as_str()?)
}

fn parse_body(prefix: &str, body: &str) -> Option<KeyId> {
    let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
    let (signed, given) = bytes.split_at_checked(ID_BYTES + RANDOM_BYTES)?;
    let is_whole = given.len() == CHECK_BYTES && given == check(prefix, signed).to_be_bytes();
    let id = signed.first_chunk::<ID_BYTES>()?;
    is_whole.then(|| KeyId(Uuid::from_bytes(*id)))
}

#[cfg(test)]
mod tests {
    use super::{Hidden, Presented, Secret, read};
    use domain::id::{AccountId, KeyId};
    use domain::{Time, limits};
    use uuid::Uuid;

    const ID: KeyId = KeyId(Uuid::from_u128(7));

    #[test]
    fn a_minted_key_names_its_row_and_a_mistyped_one_is_refused() {
        let key = Secret::mint("polt_", ID, [7; 32]);
        assert_eq!(read(key.reveal()), Presented::Minted(ID));
        let mut mistyped = key.reveal().to_owned();
        mistyped.replace_range(
            10..11,
            if mistyped.as_bytes()[10] == b'A' {
                "B"
            } else {
                "A"
            },
        );
        for bad in [
            mistyped.as_str(),
            "polt_",
            "polt_abc123",
            "polt_ü",
            &key.reveal()[..50],
        ] {
            assert_eq!(read(bad), Presented::Malformed, "{bad}");
        }
        assert_eq!(read("an operator's own words"), Presented::MadeUp);
    }

    #[test]
    fn a_token_names_its_row_and_is_signed_with_a_key_of_its_own() {
        let account = AccountId(Uuid::from_u128(9));
        let life = (Time(0), Time(86_400_000_000));
        let token = |signing| Secret::token(account, ID, life, signing);
        let one = token([1; 32]);
        assert_eq!(read(one.reveal()), Presented::Minted(ID));
        assert_eq!(one.reveal().split('.').count(), 3);
        assert_ne!(one.hash(), token([2; 32]).hash(), "the claims are the same");
        assert!(one.reveal().len() <= limits::CREDENTIAL_BYTES);
        for no_token in ["a.b.c", "..", "a.b", &format!("{}.x", one.reveal())] {
            assert_eq!(read(no_token), Presented::MadeUp, "{no_token}");
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Hidden("hush".into())), "Hidden(..)");
        assert_eq!(
            format!("{:?}", Secret::mint("polt_", ID, [7; 32])),
            "Secret(..)"
        );
    }
}
