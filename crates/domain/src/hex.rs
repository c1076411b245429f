//! Bytes as hexadecimal digits.

use std::fmt::Write;

/// Digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// Bytes as small digits.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // A text can always be written to.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads digits of either case; `None` for anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// Whether a text is a SHA-256 in digits of either case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == SHA256_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, is_sha256};

    #[test]
    fn digits_are_written_and_read() {
        assert_eq!(encode(&[0, 255, 161]), "00ffa1");
        assert_eq!(decode("00fFa1"), Some(vec![0, 255, 161]));
        for bad in ["0", "0g", "+1", "é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert!(is_sha256(&"0aF9".repeat(16)));
        for bad in ["0".repeat(63), "0".repeat(65), "g".repeat(64)] {
            assert!(!is_sha256(&bad), "{bad}");
        }
    }
}
