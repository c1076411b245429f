//! Keys as text: a door's prefix, the id of the key's row, 256 random bits and
//! a check, so that a mistyped key is refused without a look-up. Only the
//! SHA-256 is ever stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::KeyId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Random bytes in a key.
pub(crate) const RANDOM_BYTES: usize = 32;
const ID_BYTES: usize = 16;
const CHECK_BYTES: usize = 4;
/// Prefixes of keys that are minted here and therefore carry id and check.
const PREFIXES: &[&str] = &["polt_", "opk_", "agiatm_"];

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
        return Presented::MadeUp;
    };
    parse_body(prefix, &credential[prefix.len()..]).map_or(Presented::Malformed, Presented::Minted)
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
    use super::{Presented, Secret, read};
    use domain::id::KeyId;
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
    fn a_secret_does_not_print() {
        assert_eq!(
            format!("{:?}", Secret::mint("polt_", ID, [7; 32])),
            "Secret(..)"
        );
    }
}
