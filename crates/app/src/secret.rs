//! Keys as text: a door's prefix, 256 random bits and a check, so that a
//! mistyped key is refused without a look-up. Only the SHA-256 is ever stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Random bytes in a key.
pub(crate) const RANDOM_BYTES: usize = 32;
/// Characters after the prefix: 32 random bytes and 4 of check in base64.
const BODY_CHARS: usize = 48;
/// Prefixes of keys that are minted here and therefore carry a check.
const PREFIXES: &[&str] = &["polt_"];

/// A key in clear text. It is shown once, to its owner, and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A new key from random bytes.
    pub fn mint(prefix: &str, random: [u8; RANDOM_BYTES]) -> Self {
        let mut bytes = random.to_vec();
        bytes.extend(check(prefix, &random).to_be_bytes());
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
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

/// What is stored of a key.
pub fn hash(credential: &str) -> [u8; 32] {
    Sha256::digest(credential.as_bytes()).into()
}

fn check(prefix: &str, random: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(prefix.as_bytes());
    crc.update(random);
    crc.finalize()
}

/// Whether a credential can be a key at all. One that begins like a minted key
/// must carry its check; others (the operator's own) are looked up as they
/// are.
pub(crate) fn is_plausible(credential: &str) -> bool {
    let Some((prefix, body)) = PREFIXES
        .iter()
        .find_map(|p| Some((*p, credential.strip_prefix(p)?)))
    else {
        return true;
    };
    if body.len() != BODY_CHARS {
        return false;
    }
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(body) else {
        return false;
    };
    bytes
        .split_at_checked(RANDOM_BYTES)
        .is_some_and(|(random, given)| given == check(prefix, random).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Secret, is_plausible};

    #[test]
    fn a_minted_key_is_plausible_and_a_mistyped_one_is_not() {
        let key = Secret::mint("polt_", [7; 32]);
        assert!(is_plausible(key.reveal()));
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
            &key.reveal()[..50],
        ] {
            assert!(!is_plausible(bad), "{bad}");
        }
        assert!(is_plausible("an operator's own words"));
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(
            format!("{:?}", Secret::mint("polt_", [7; 32])),
            "Secret(..)"
        );
    }
}
