//! Proof of work at registration: where the operator asks for it, whoever
//! registers has spent some computing first, so that thousands of accounts
//! cost something (AGI ATM 8).

use domain::{Error, Result};
use sha2::{Digest, Sha256};

/// Looks at a proof: SHA-256 of `<subject>:<nonce>` must begin with as many
/// zero bits as are asked for.
///
/// # Errors
/// `Invalid`, saying how to find a nonce.
pub(crate) fn check(bits: u32, subject: &str, nonce: Option<&str>) -> Result<()> {
    if bits == 0 {
        return Ok(());
    }
    let proven = nonce.is_some_and(|nonce| zero_bits(subject, nonce) >= bits);
    if proven {
        return Ok(());
    }
    Err(Error::field(
        "proofOfWork.nonce",
        format!(
            "must make SHA-256(\"{subject}:<nonce>\") begin with {bits} zero bits: \
             count a nonce up until it does, and send it as {{\"proofOfWork\": {{\"nonce\": \"...\"}}}}"
        ),
    ))
}

fn zero_bits(subject: &str, nonce: &str) -> u32 {
    let digest = Sha256::digest(format!("{subject}:{nonce}"));
    let mut bits = 0;
    for byte in digest {
        bits += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::{check, zero_bits};

    #[test]
    fn a_nonce_is_found_and_holds_for_its_subject_only() {
        let found = (0..u32::MAX)
            .map(|n| n.to_string())
            .find(|nonce| zero_bits("ada", nonce) >= 10)
            .expect("one in a thousand");
        assert!(check(10, "ada", Some(&found)).is_ok());
        assert!(check(0, "ada", None).is_ok());
        let refused = |subject: &str, nonce: Option<&str>| check(10, subject, nonce).is_err();
        assert!(refused("ada", None));
        let others = (0..100).filter(|n| refused(&format!("eve{n}"), Some(found.as_str())));
        assert!(others.count() > 90, "it is no proof for others");
    }
}
