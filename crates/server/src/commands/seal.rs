//! `guildhall seal` and `guildhall open`: the recommended suite of protected
//! payloads (AGI ATM 5.2) on the machine of whose keys they are. No server is
//! asked and no database is opened.
//!
//! Content is encrypted with AES-256-GCM under a key of its own, which is
//! wrapped for its owner and for each agent that is granted access, with
//! RSA-OAEP or X25519 as their keys are ([`keys`]).

mod keys;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rsa::rand_core::{OsRng, RngCore};
use serde_json::{Map, Value, json};

use self::keys::{Private, Public};
use super::print;
use crate::cli::{Algorithm, Seal};

const CONTENT: &str = "A256GCM";
const KEY_BYTES: usize = 32;
const IV_BYTES: usize = 12;

/// Runs `guildhall seal`.
pub(crate) fn seal(command: &Seal) -> Result<ExitCode> {
    let answer = match command {
        Seal::Keygen {
            out,
            algorithm,
            bits,
        } => keygen(out, *algorithm, usize::from(*bits))?,
        Seal::Payload { owner_key, fields } => {
            payload(&Public::read(&json_in(owner_key)?)?, &json_in(fields)?)?
        }
        Seal::Grant {
            owner_private,
            payload,
            agent_key,
        } => {
            let agent_key = serde_json::from_str(agent_key)
                .context("--agent-key is no JSON: give a request of GET .../secret-access")?;
            grant(
                &Private::read(owner_private)?,
                &json_in(payload)?,
                &agent_key,
            )?
        }
    };
    print(&answer.to_string());
    Ok(ExitCode::SUCCESS)
}

/// Runs `guildhall open`.
pub(crate) fn open(key: &Path, bundle: &Path) -> Result<ExitCode> {
    let (key, bundle) = (Private::read(key)?, json_in(bundle)?);
    let bundle = inside(&bundle, "bundle");
    let wrapped = bundle
        .get("wrappedKey")
        .context("the bundle has no wrappedKey")?;
    let content_key = key.unwrap_key(wrapped)?;
    let fields = decrypt(&content_key, bundle)?;
    print(&fields.to_string());
    Ok(ExitCode::SUCCESS)
}

fn keygen(out: &Path, algorithm: Algorithm, bits: usize) -> Result<Value> {
    let key = match algorithm {
        Algorithm::Rsa => Private::rsa(bits)?,
        Algorithm::X25519 => Private::x25519(),
    };
    let pem = key.pem()?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot make {}; a key is never overwritten", out.display()))?;
    file.write_all(pem.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", out.display()))?;
    Ok(key.public()?.shown())
}

fn payload(owner: &Public, fields: &Value) -> Result<Value> {
    let Some(names) = fields.as_object().filter(|fields| !fields.is_empty()) else {
        bail!("the fields must be a JSON object with at least one member");
    };
    let names: Vec<_> = names.keys().collect();
    let id = uuid::Builder::from_random_bytes(random())
        .into_uuid()
        .to_string();
    let (content_key, iv) = (random::<KEY_BYTES>(), random::<IV_BYTES>());
    let ciphertext = cipher(&content_key)?.encrypt(
        &Nonce::from(iv),
        Payload {
            msg: fields.to_string().as_bytes(),
            aad: id.as_bytes(),
        },
    );
    let Ok(ciphertext) = ciphertext else {
        bail!("the fields cannot be encrypted");
    };
    Ok(json!({
        "payloadId": id,
        "algorithm": CONTENT,
        "iv": STANDARD.encode(iv),
        "ciphertext": STANDARD.encode(ciphertext),
        "fieldNames": names,
        "ownerKey": owner.shown(),
        "ownerWrappedKey": owner.wrap(&content_key)?,
    }))
}

fn grant(owner: &Private, payload: &Value, agent_key: &Value) -> Result<Value> {
    let payload = inside(payload, "protectedPayload");
    let wrapped = payload
        .get("ownerWrappedKey")
        .context("the payload has no ownerWrappedKey")?;
    let content_key = owner.unwrap_key(wrapped)?;
    let agent = Public::read(agent_key)?;
    // The key comes by way of the server, which could send another one.
    if let Some(id) = inside(agent_key, "encryptionKey").get("keyId") {
        ensure!(
            id == &agent.id(),
            "the agent's key does not have the fingerprint that is said: do not grant"
        );
    }
    Ok(json!({ "wrappedKey": agent.wrap(&content_key)? }))
}

fn decrypt(content_key: &[u8; KEY_BYTES], sealed: &Value) -> Result<Value> {
    let iv: [u8; IV_BYTES] = bytes(sealed, "iv")?
        .try_into()
        .ok()
        .context("the iv has another size")?;
    let opened = cipher(content_key)?.decrypt(
        &Nonce::from(iv),
        Payload {
            msg: &bytes(sealed, "ciphertext")?,
            aad: text(sealed, "payloadId")?.as_bytes(),
        },
    );
    let Ok(opened) = opened else {
        bail!("the payload was changed or is sealed under another key");
    };
    let fields: Map<_, _> =
        serde_json::from_slice(&opened).context("the payload is no JSON object")?;
    Ok(fields.into())
}

fn cipher(key: &[u8]) -> Result<Aes256Gcm> {
    Aes256Gcm::new_from_slice(key)
        .ok()
        .context("a key of another size")
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

/// What stands under this name, or the whole where nothing does.
fn inside<'v>(value: &'v Value, name: &str) -> &'v Value {
    value
        .get(name)
        .filter(|inner| inner.is_object())
        .unwrap_or(value)
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str> {
    let found = value.get(name).and_then(Value::as_str);
    found.with_context(|| format!("{name} is missing"))
}

/// Base64 of either alphabet.
fn bytes(value: &Value, name: &str) -> Result<Vec<u8>> {
    let text = text(value, name)?.trim().trim_end_matches('=');
    STANDARD_NO_PAD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text))
        .ok()
        .with_context(|| format!("{name} is no Base64"))
}

fn json_in(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

#[cfg(test)]
mod tests {
    use super::keys::Private;
    use super::{decrypt, grant, payload};
    use serde_json::json;

    fn all_the_way(owner: &Private, agent: &Private, other: &Private) {
        let shown = |key: &Private| key.public().expect("a key");
        let fields = json!({ "login": "ann", "password": "hunter2" });
        let sealed = payload(&shown(owner), &fields).expect("sealed");
        assert_eq!(sealed["fieldNames"], json!(["login", "password"]));
        let granted = grant(owner, &sealed, &shown(agent).shown()).expect("granted");
        let wrapped = &granted["wrappedKey"];
        assert_eq!(wrapped["algorithm"], shown(agent).shown()["algorithm"]);
        let content_key = agent.unwrap_key(wrapped).expect("unwrapped");
        assert_eq!(decrypt(&content_key, &sealed).ok(), Some(fields));
        assert!(other.unwrap_key(wrapped).is_err());
        // A payload of another id, and a key that is not the one it says.
        let mut moved = sealed.clone();
        moved["payloadId"] = json!("another");
        assert!(decrypt(&content_key, &moved).is_err());
        let mut swapped = shown(other).shown();
        swapped["keyId"] = shown(agent).shown()["keyId"].clone();
        assert!(grant(owner, &sealed, &swapped).is_err());
    }

    #[test]
    fn what_is_sealed_and_granted_is_opened_by_whom_it_was_granted_to() {
        let rsa = || Private::rsa(2048).expect("a key");
        let (owner, agent) = (rsa(), rsa());
        let [one, two, three] = [Private::x25519(), Private::x25519(), Private::x25519()];
        all_the_way(&owner, &agent, &one);
        all_the_way(&owner, &one, &two);
        all_the_way(&one, &two, &three);
        all_the_way(&one, &agent, &owner);
    }
}
