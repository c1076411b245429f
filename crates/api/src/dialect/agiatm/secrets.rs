//! Protected payloads (AGI ATM 5): keys, requests, grants, bundles.

use app::Answer;
use app::ops::contracts::Verifier;
use app::ops::secrets::{
    Access, Accesses, Audit, Bundle, Grant, Key, Opened, Owned, OwnerPayload, Request, Requests,
    Revoke, SetKey, Wrapped,
};
use app::tables::secrets::{Sealed, Shown, Trace};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::{SecretRequestId, TaskId};
use domain::page::{Listed, Page};
use domain::secret::{RequestStatus, SealingKey};
use domain::{Error, Result, Time, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope::{self, At, Fields, Json};
use super::{Agents, AgiAtm, Market, People, page, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// How a key is written, where nothing is said.
const FORMAT: &str = "spki-b64";
/// What a key is for, where nothing is said.
const ALGORITHM: &str = "RSA-OAEP-256";

/// A key, as a text or as the JSON of a JWK.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyIn {
    #[serde(alias = "encryptionPublicKey")]
    public_key: Option<Box<RawValue>>,
    algorithm: Option<String>,
    format: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionKey<'a> {
    key_id: &'a str,
    algorithm: &'a str,
    format: &'a str,
    status: &'static str,
    public_key: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestOut<'a> {
    id: Text,
    task_id: Text,
    agent_id: Text,
    agent_name: &'a str,
    status: &'static str,
    public_key: &'a str,
    format: &'a str,
    algorithm: &'a str,
    key_id: &'a str,
    created_at: At,
    decided_at: Option<At>,
}

/// An encrypted payload with the content key wrapped for one reader.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    task_id: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<Text>,
    payload_id: &'a str,
    algorithm: &'a str,
    iv: &'a str,
    ciphertext: &'a str,
    field_names: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    wrapped_key: Option<Json<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_key: Option<Json<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_wrapped_key: Option<Json<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TraceOut {
    id: String,
    task_id: Text,
    request_id: Option<Text>,
    actor_id: Text,
    key_id: Option<Text>,
    action: &'static str,
    at: At,
    created_at: At,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrantIn {
    wrapped_key: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrappedIn {
    key_id: String,
    #[serde(rename = "value")]
    _value: String,
}

fn key(key: &SealingKey) -> EncryptionKey<'_> {
    let SealingKey {
        key_id,
        algorithm,
        format,
        public_key,
    } = key;
    EncryptionKey {
        key_id,
        algorithm,
        format,
        status: "active",
        public_key,
    }
}

fn request(shown: &Shown) -> RequestOut<'_> {
    let Shown {
        request,
        agent_name,
        is_current,
    } = shown;
    // A key that was replaced ends what it asked for.
    let status = match request.status {
        RequestStatus::Granted if !is_current => RequestStatus::Revoked,
        RequestStatus::Pending if !is_current => RequestStatus::Denied,
        status => status,
    };
    RequestOut {
        id: Text::of(request.id),
        task_id: Text::of(request.task),
        agent_id: Text::of(request.account),
        agent_name,
        status: status.as_str(),
        public_key: &request.key.public_key,
        format: &request.key.format,
        algorithm: &request.key.algorithm,
        key_id: &request.key.key_id,
        created_at: At(request.created_at),
        decided_at: request.decided_at.map(At),
    }
}

fn payload<'a>(task: Text, sealed: &'a Sealed, field_names: &'a [String]) -> Payload<'a> {
    Payload {
        task_id: task,
        agent_id: None,
        payload_id: &sealed.payload_id,
        algorithm: &sealed.algorithm,
        iv: &sealed.iv,
        ciphertext: &sealed.ciphertext,
        field_names,
        wrapped_key: None,
        granted_at: None,
        owner_key: None,
        owner_wrapped_key: None,
    }
}

fn trace(trace: &Trace) -> TraceOut {
    let Trace {
        id,
        task,
        request,
        actor,
        key,
        what,
        at,
    } = trace;
    TraceOut {
        id: id.to_string(),
        task_id: Text::of(*task),
        request_id: request.map(Text::of),
        actor_id: Text::of(*actor),
        key_id: key.map(Text::of),
        action: what.as_str(),
        at: At(*at),
        created_at: At(*at),
    }
}

fn all(requests: &[Shown]) -> Answer {
    let items = requests.iter().map(request).collect::<Vec<_>>();
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let page = Page::first(limits::INLINE_ROWS);
    envelope::list("requests", &Listed { items, page, total })
}

fn task(input: &Input<'_>) -> TaskId {
    TaskId(input.id("taskId"))
}

/// A key that came with a registration: a text, a JWK, or an object with the
/// fields of [`KeyIn`].
pub(super) fn key_at_registration(given: &Value) -> SetKey {
    let text = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    let key = given.get("publicKey").unwrap_or(given);
    let public_key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
    let usual = match key {
        Value::Object(_) => "jwk",
        _ if public_key.starts_with("-----BEGIN") => "pem",
        _ => FORMAT,
    };
    SetKey {
        public_key,
        algorithm: text("algorithm").unwrap_or_else(|| ALGORITHM.to_owned()),
        format: text("format").unwrap_or_else(|| usual.to_owned()),
    }
}

impl Wire<Agents> for SetKey {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let given: KeyIn = input.json()?;
        let raw = given.public_key.ok_or_else(|| required("publicKey"))?;
        // A JWK is an object and kept as it came.
        let public_key = serde_json::from_str::<String>(raw.get());
        Ok(Self {
            public_key: public_key.unwrap_or_else(|_| raw.get().to_owned()),
            algorithm: given.algorithm.unwrap_or_else(|| ALGORITHM.to_owned()),
            format: given.format.unwrap_or_else(|| FORMAT.to_owned()),
        })
    }

    fn encode(set: SealingKey, _: Time) -> Answer {
        envelope::single(200, "encryptionKey", &key(&set))
    }
}

impl Wire<Agents> for Key {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(found: SealingKey, _: Time) -> Answer {
        envelope::single(200, "encryptionKey", &key(&found))
    }
}

impl Wire<Agents> for Request {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { task: task(input) })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        envelope::single(201, "request", &request(&shown))
    }
}

impl Wire<Agents> for Access {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { task: task(input) })
    }

    fn encode(accesses: Accesses, _: Time) -> Answer {
        match accesses {
            Accesses::All(requests) => all(&requests),
            Accesses::Own(own) => envelope::single(200, "request", &own.as_deref().map(request)),
        }
    }
}

impl Wire<Agents> for Bundle {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { task: task(input) })
    }

    fn encode(opened: Opened, _: Time) -> Answer {
        let Opened {
            sealed,
            fields,
            granted,
        } = &opened;
        let granted = &granted.request;
        let bundle = Payload {
            agent_id: Some(Text::of(granted.account)),
            wrapped_key: granted.wrapped_key.as_deref().map(Json),
            granted_at: granted.decided_at.map(At),
            ..payload(Text::of(granted.task), sealed, fields)
        };
        envelope::single(200, "bundle", &bundle)
    }
}

impl Wire<People> for Requests {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { task: task(input) })
    }

    fn encode(requests: Vec<Shown>, _: Time) -> Answer {
        all(&requests)
    }
}

impl<D: AgiAtm> Wire<D> for Grant {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let GrantIn { wrapped_key } = input.json()?;
        let read: WrappedIn = serde_json::from_str(wrapped_key.get()).map_err(|_| {
            Error::field(
                "wrappedKey",
                "must be an object with keyId, algorithm and value",
            )
        })?;
        Ok(Self {
            task: task(input),
            request: SecretRequestId(input.id("requestId")),
            wrapped: Wrapped {
                key_id: read.key_id,
                json: wrapped_key.get().to_owned(),
            },
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        envelope::single(200, "grant", &request(&shown))
    }
}

impl<D: AgiAtm> Wire<D> for Revoke {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task(input),
            request: SecretRequestId(input.id("requestId")),
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        let request = request(&shown);
        Fields::new()
            .with("request", &request)
            .with("grant", &request)
            .answer(200)
    }
}

impl<D: AgiAtm> Wire<D> for Audit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task(input),
            page: page(input)?,
        })
    }

    fn encode(listed: Listed<Trace>, _: Time) -> Answer {
        let Listed { items, page, total } = listed;
        let items = items.iter().map(trace).collect();
        envelope::list("events", &Listed { items, page, total })
    }
}

impl<D: AgiAtm> Wire<D> for OwnerPayload {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { task: task(input) })
    }

    fn encode(owned: Owned, _: Time) -> Answer {
        let Owned {
            task,
            sealed,
            fields,
        } = &owned;
        let payload = Payload {
            owner_key: sealed.owner_key.as_deref().map(Json),
            owner_wrapped_key: sealed.owner_wrapped_key.as_deref().map(Json),
            ..payload(Text::of(*task), sealed, fields)
        };
        envelope::single(200, "protectedPayload", &payload)
    }
}

/// A verifier's code, as it was published.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Module {
    wasm_base64: String,
    bytes: usize,
}

impl Wire<Market> for Verifier {
    fn decode(input: &Input<'_>) -> Result<Self> {
        // What is no hash names nothing.
        let hash = super::contracts::read_hash(input.param("sha256"));
        Ok(Self {
            hash: hash.unwrap_or_default(),
        })
    }

    fn encode(module: Vec<u8>, _: Time) -> Answer {
        let module = Module {
            bytes: module.len(),
            wasm_base64: STANDARD.encode(module),
        };
        envelope::single(200, "verifier", &module)
    }
}

macro_rules! publishers {
    ($routes:expr, $side:ident, $base:literal) => {
        $routes
            .post::<$side, Grant>(concat!($base, "/secret-access/{requestId}/grant"))
            .post::<$side, Revoke>(concat!($base, "/secret-access/{requestId}/revoke"))
            .get::<$side, Audit>(concat!($base, "/secret-audit"))
            .get::<$side, OwnerPayload>(concat!($base, "/protected-payload"))
    };
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    let routes = Routes::default()
        .put::<Agents, SetKey>("/api/v1/agent/encryption-key")
        .post::<Agents, SetKey>("/api/v1/agent/encryption-key")
        .get::<Agents, Key>("/api/v1/agent/encryption-key")
        .post::<Agents, Request>("/api/v1/agent/tasks/{taskId}/secret-access")
        .get::<Agents, Access>("/api/v1/agent/tasks/{taskId}/secret-access")
        .get::<Agents, Bundle>("/api/v1/agent/tasks/{taskId}/secret-bundle")
        .get::<People, Requests>("/api/v1/human/tasks/{taskId}/secret-access")
        .get::<Market, Verifier>("/api/v1/market/verifiers/{sha256}");
    let routes = publishers!(routes, Agents, "/api/v1/agent/tasks/{taskId}");
    publishers!(routes, People, "/api/v1/human/tasks/{taskId}")
}
