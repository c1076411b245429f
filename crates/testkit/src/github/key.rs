//! Whether an assertion is the App's: RS256, by its public key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

use super::APP_ID;

/// Seconds for which an assertion may be good.
const LONGEST_S: i64 = 660;

/// Checks as GitHub does; the refusal is its message.
pub(super) fn check(assertion: &str) -> Result<(), &'static str> {
    let undecodable = "A JSON web token could not be decoded";
    let (signed, signature) = assertion.rsplit_once('.').ok_or(undecodable)?;
    let (header, claims) = signed.split_once('.').ok_or(undecodable)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| undecodable)?;
    let pair = pair();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| undecodable)?;
    if read(header)["alg"] != "RS256" {
        return Err(undecodable);
    }
    let claims = read(claims);
    if claims["iss"].as_str() != Some(APP_ID.to_string().as_str()) {
        return Err("Integration not found");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.expect("after 1970").as_secs()).expect("before the end");
    let time = |name: &str| claims[name].as_i64().unwrap_or_default();
    if time("iat") > now {
        return Err("'Issued at' claim ('iat') must be an Integer representing a time in the past");
    }
    if time("exp") <= now || time("exp") - time("iat") > LONGEST_S {
        return Err("'Expiration time' claim ('exp') is too far in the future");
    }
    Ok(())
}

fn read(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn pair() -> RsaKeyPair {
    let pem = include_str!("app-key.pem");
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).expect("base64");
    RsaKeyPair::from_der(&der).expect("a key")
}
