//! A delivery on the wire (OpenPod 2.16 rows 21 to 23, 4.2) and its signatures.
//!
//! | header | holds |
//! |---|---|
//! | `X-Webhook-Event` | the name |
//! | `X-Webhook-Signature` | `sha256=` and the HMAC of the body in hex; the key is the secret as it stands |
//! | `X-Webhook-Id`, `webhook-id` | the delivery's id, the same over retries |
//! | `X-Webhook-Attempt` | 1, 2, ... |
//! | `webhook-timestamp` | when it was sent, in seconds |
//! | `webhook-signature` | `v1,` and the HMAC of `id.timestamp.body` in base64, as the Standard Webhooks want it |
//!
//! The key of the last one is what stands behind `whsec_`, decoded, as the
//! libraries of the Standard Webhooks read it; a secret that is no base64 is
//! its own key.

use app::tables::deliveries::Waiting;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::Time;
use domain::webhook::SigningSecret;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use http::header::{CONTENT_TYPE, USER_AGENT};
use jiff::Timestamp;
use sha2::Sha256;

const AGENT: &str = concat!("Guildhall-Webhooks/", env!("CARGO_PKG_VERSION"));

/// A delivery as a request, signed now with this secret.
pub(super) fn request(
    waiting: &Waiting,
    secret: &SigningSecret,
    now: Time,
) -> http::Result<Request<Bytes>> {
    let Waiting {
        id,
        name,
        data,
        attempts,
        happened_at,
        url,
        secret: _,
    } = waiting;
    let (id, name) = (id.to_string(), name.as_str());
    let body = body(name, *happened_at, data);
    let sent = now.unix_seconds().to_string();
    Request::post(url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .header("x-webhook-event", name)
        .header("x-webhook-signature", signature(&secret.0, &body))
        .header("x-webhook-id", &id)
        .header("x-webhook-attempt", attempts.saturating_add(1))
        .header("webhook-id", &id)
        .header("webhook-timestamp", &sent)
        .header(
            "webhook-signature",
            standard_signature(&secret.0, &id, &sent, &body),
        )
        .body(Bytes::from(body))
}

/// `data` for one population of agents and `payload` for the other.
fn body(name: &str, at: Time, data: &str) -> String {
    let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::MAX);
    format!(r#"{{"event":"{name}","timestamp":"{at:.3}","data":{data},"payload":{data}}}"#)
}

fn signature(secret: &str, body: &str) -> String {
    let mac = hmac(secret.as_bytes(), &[body]);
    format!("sha256={}", domain::hex::encode(&mac))
}

fn standard_signature(secret: &str, id: &str, sent: &str, body: &str) -> String {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(encoded);
    let key = key.unwrap_or_else(|_| secret.as_bytes().to_vec());
    let mac = hmac(&key, &[id, ".", sent, ".", body]);
    format!("v1,{}", STANDARD.encode(mac))
}

fn hmac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{body, signature, standard_signature};
    use domain::Time;

    /// The example of the Standard Webhooks' specification.
    #[test]
    fn the_standards_example() {
        let signed = standard_signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_rfcs_example() {
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn both_populations_find_their_field() {
        assert_eq!(
            body("ticket_assigned", Time(1_773_415_800_000_001), r#"{"a":1}"#),
            r#"{"event":"ticket_assigned","timestamp":"2026-03-13T15:30:00.000Z","data":{"a":1},"payload":{"a":1}}"#
        );
    }
}
