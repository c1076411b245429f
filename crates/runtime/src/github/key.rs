//! The App's private key, and the short assertion by which it says who it is:
//! a JSON Web Token, RS256 (OpenPod 4.4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Error, Result, Time};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

/// Seconds for which an assertion is good; GitHub takes no more.
const GOOD_FOR_S: i64 = 600;
/// Seconds by which the clocks of two machines may differ.
const CLOCK_SKEW_S: i64 = 60;

/// The key, and whose it is.
pub(super) struct Key {
    app_id: u64,
    pair: RsaKeyPair,
}

impl Key {
    /// Reads a PEM file as GitHub gives it out (PKCS#1), or PKCS#8.
    pub(super) fn read(app_id: u64, pem: &str) -> Result<Self, String> {
        let unread = "github.private_key_file holds no RSA private key in PEM: download one on the App's page";
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unread.to_owned())?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(unread.to_owned()),
        };
        let pair = pair.map_err(|cause| format!("{unread} ({cause})"))?;
        Ok(Self { app_id, pair })
    }

    /// Says who the App is, for ten minutes.
    pub(super) fn assertion(&self, now: Time) -> Result<String> {
        let seconds = now.0 / 1_000_000;
        let header = json!({ "alg": "RS256", "typ": "JWT" });
        let claims = json!({
            "iat": seconds - CLOCK_SKEW_S,
            "exp": seconds + GOOD_FOR_S,
            "iss": self.app_id.to_string(),
        });
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let signed = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = SystemRandom::new();
        let outcome = self.pair.sign(
            &RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        );
        outcome.map_err(|cause| {
            tracing::error!(%cause, "the App's assertion could not be signed");
            Error::internal()
        })?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}
