//! THE handler: body limit, credential, rate limit, decode, idempotency,
//! operation or errand, encode, error. Every call of every door goes through
//! here.
//!
//! It is not generic: what differs between calls is a [`Spec`], so that the
//! handler is compiled once and not once per operation and door. Whether a
//! call is an operation (inside a transaction) or an errand (around some) only
//! `App::answer` sees.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::net::IpAddr;

use app::{Content, Effect, Prepared, Repeat, Replied, Reply};
use axum::body::Body as HttpBody;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use domain::policy::{Actor, Permission};
use domain::{Error, Kind, Result, limits};
use futures_util::StreamExt;
use http_body_util::BodyExt;

use crate::dialect::{Dialect, ErrandWire, Table, Wire, table_of};
use crate::discovery::unknown;
use crate::input::Input;
use crate::ratelimit::{Charged, Left};
use crate::{Api, observe};

/// Says that an answer was given before.
const REPLAYED: &str = "idempotent-replayed";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const SESSION: &str = "x-session-id";
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// Seconds in which a body must have arrived.
const BODY_TIMEOUT_S: u64 = 30;

/// One operation or errand at one door.
pub(crate) struct Spec {
    pub(crate) table: &'static Table,
    pub(crate) operation: &'static str,
    pub(crate) needs: Permission,
    pub(crate) effect: Effect,
    pub(crate) decode: fn(&Input<'_>) -> Result<Prepared>,
    pub(crate) refuse: fn(Error) -> Response,
}

/// The spec of operation `O` at door `D`.
pub(crate) fn spec<D: Dialect, O: Wire<D>>() -> &'static Spec {
    struct Of<D, O>(PhantomData<(D, O)>);
    impl<D: Dialect, O: Wire<D>> Of<D, O> {
        const SPEC: &'static Spec = &Spec {
            table: D::TABLE,
            operation: O::NAME,
            needs: O::NEEDS,
            effect: O::EFFECT,
            decode: |input| Ok(Prepared::new(O::decode(input)?, O::encode)),
            refuse: D::TABLE.error,
        };
    }
    Of::<D, O>::SPEC
}

/// The spec of errand `E` at door `D`.
pub(crate) fn errand_spec<D: Dialect, E: ErrandWire<D>>() -> &'static Spec {
    struct Of<D, E>(PhantomData<(D, E)>);
    impl<D: Dialect, E: ErrandWire<D>> Of<D, E> {
        const SPEC: &'static Spec = &Spec {
            table: D::TABLE,
            operation: E::NAME,
            needs: E::NEEDS,
            effect: E::EFFECT,
            decode: |input| Ok(Prepared::errand(E::decode(input)?, E::encode)),
            refuse: E::refuse,
        };
    }
    Of::<D, E>::SPEC
}

/// Handles one request.
pub(crate) async fn endpoint(api: Api, spec: &'static Spec, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut left = None;
    let outcome = answer(&api, spec, &mut parts, body, &mut left).await;
    let mut response = respond(spec, outcome);
    if let Some(left) = left {
        tell(&mut response, left);
    }
    response
}

/// Tells the caller how much it may still ask for (Polpo 2.4, OpenPod 2.0).
fn tell(response: &mut Response, left: Left) {
    let Left {
        limit,
        remaining,
        window_s,
    } = left;
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-limit", limit.into());
    headers.insert("x-ratelimit-remaining", remaining.into());
    headers.insert("x-ratelimit-window", window_s.into());
}

async fn answer(
    api: &Api,
    spec: &'static Spec,
    parts: &mut Parts,
    body: HttpBody,
    left: &mut Option<Left>,
) -> Result<Replied> {
    let (actor, input, repeat) = receive(api, spec, parts, body, left).await?;
    if let Some(asked) = asked_of_anybody(spec, input.parts) {
        let prepare = || (spec.decode)(&input);
        return api.0.app.answer_anybody(asked, prepare).await;
    }
    let prepared = (spec.decode)(&input)?;
    api.0.app.answer(&actor, prepared, repeat).await
}

/// The path and the query of a question that anybody may ask, and everybody
/// gets the same answer to. Its mapping decodes from nothing else.
fn asked_of_anybody<'p>(spec: &Spec, parts: &'p Parts) -> Option<&'p str> {
    let is_public = spec.needs == Permission::ReadPublic && spec.effect == Effect::Reads;
    let is_asked = matches!(parts.method, Method::GET | Method::HEAD);
    let target = parts.uri.path_and_query()?.as_str();
    (is_public && is_asked).then_some(target)
}

/// Everything before the mapping: who asks, whether they may, and with what.
async fn receive<'a>(
    api: &'a Api,
    spec: &'static Spec,
    parts: &'a mut Parts,
    body: HttpBody,
    left: &mut Option<Left>,
) -> Result<(Actor, Input<'a>, Option<Repeat>)> {
    let Spec {
        table,
        needs,
        effect,
        ..
    } = *spec;
    let address = api.0.settings.trusted_proxies.client(parts);
    let credential = if needs.needs_credential() {
        (table.credential)(parts)
    } else {
        None
    };
    let asked = (needs, effect);
    let admitted = admit(api, credential.as_deref(), asked, address, left).await;
    let admitted = admitted.and_then(|actor| table.audience.check(&actor).map(|()| actor));
    let (actor, bytes) = match admitted {
        Ok(actor) => (actor, read(parts, body, table.body_bytes).await?),
        Err(refusal) => {
            // A sender that is still sending would see a reset connection
            // instead of the refusal.
            drain(body).await;
            return Err(refusal);
        }
    };
    let repeat = repeat(
        parts,
        &actor,
        credential.as_deref().unwrap_or(""),
        address,
        &bytes,
    )?;
    let body = (table.body)(parts, bytes)?;
    let params = path_params(parts).await?;
    Ok((
        actor,
        Input {
            parts,
            params,
            body,
            settings: &api.0.settings,
            asked: None,
        },
        repeat,
    ))
}

async fn admit(
    api: &Api,
    credential: Option<&str>,
    (needs, effect): (Permission, Effect),
    address: IpAddr,
    left: &mut Option<Left>,
) -> Result<Actor> {
    let (app, limiter) = (&api.0.app, &api.0.limiter);
    let mut charge = |charged: Charged| {
        *left = charged.left;
        charged.refusal.map_or(Ok(()), Err)
    };
    let actor = match credential {
        Some(credential) => match app.authenticate(credential).await {
            Ok(actor) => actor,
            Err(refusal) => {
                let charged = charge(limiter.charge_address(address));
                return Err(charged.err().unwrap_or(refusal));
            }
        },
        None => Actor::Anonymous,
    };
    charge(limiter.charge(&actor, needs, effect, address))?;
    app.admit(&actor, needs)?;
    Ok(actor)
}

/// Reads the body up to its limit.
async fn read(parts: &Parts, body: HttpBody, most: usize) -> Result<Bytes> {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        // What is left unread would end the connection.
        drain(body).await;
        return Ok(Bytes::new());
    }
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > most) {
        drain(body).await;
        return Err(too_large(most));
    }
    let collect = async {
        let mut body = body;
        let mut bytes = Vec::with_capacity(declared.unwrap_or(0));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Error::invalid("incomplete_body", "the body ended before it was complete")
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > most {
                drain(body).await;
                return Err(too_large(most));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Bytes::from(bytes))
    };
    let within = std::time::Duration::from_secs(BODY_TIMEOUT_S);
    tokio::time::timeout(within, collect)
        .await
        .unwrap_or_else(|_| {
            Err(Error::invalid(
                "slow_body",
                format!("the body did not arrive within {BODY_TIMEOUT_S} s"),
            ))
        })
}

fn too_large(most: usize) -> Error {
    Error::new(
        Kind::TooLarge,
        "body_too_large",
        format!("the body is larger than {most} bytes: send less, or a link to it"),
    )
}

/// Reads what is still coming, within bounds, and throws it away.
pub(crate) async fn drain(mut body: HttpBody) {
    let mut left = limits::BODY_DRAIN_BYTES;
    let swallow = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let within = std::time::Duration::from_secs(BODY_TIMEOUT_S);
    let _ = tokio::time::timeout(within, swallow).await;
}

/// The answer on a path that does not exist.
pub(crate) async fn unknown_path(request: Request) -> Response {
    let (method, uri) = asked(request).await;
    unknown::count(method.as_str(), uri.path());
    refuse_at(
        &uri,
        Error::not_found(
            "route_not_found",
            format!(
                "there is nothing at {method} {}: the front page at / lists what there is",
                uri.path()
            ),
        ),
    )
}

/// The answer to a method that does not exist on a path that does.
pub(crate) async fn unknown_method(request: Request) -> Response {
    let (method, uri) = asked(request).await;
    refuse_at(
        &uri,
        Error::new(
            Kind::MethodNotAllowed,
            "method_not_allowed",
            format!(
                "{} does not take {method}: the Allow header says what it takes",
                uri.path()
            ),
        ),
    )
}

/// A refusal in the shape of the door to which a path belongs.
fn refuse_at(uri: &Uri, error: Error) -> Response {
    let table = table_of(uri.path());
    marked(table, (table.error)(error))
}

/// What was asked, once its body was swallowed: a sender that is still sending
/// would not see the answer.
async fn asked(request: Request) -> (Method, Uri) {
    let (parts, body) = request.into_parts();
    drain(body).await;
    (parts.method, parts.uri)
}

/// What makes this request a repetition, when it carries an idempotency key.
fn repeat(
    parts: &Parts,
    actor: &Actor,
    credential: &str,
    address: IpAddr,
    body: &[u8],
) -> Result<Option<Repeat>> {
    let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let fits = |key: &&str| !key.is_empty() && key.len() <= limits::IDEMPOTENCY_KEY_BYTES;
    let key = key.to_str().ok().filter(fits).ok_or_else(|| {
        Error::invalid(
            "invalid_idempotency_key",
            format!(
                "the Idempotency-Key must be 1 to {} visible ASCII characters",
                limits::IDEMPOTENCY_KEY_BYTES
            ),
        )
    })?;
    let who = match actor {
        Actor::Account { id, .. } => id.0.as_bytes().to_vec(),
        Actor::Anonymous | Actor::System => address.to_string().into_bytes(),
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let mut request = vec![parts.method.as_str().as_bytes(), target.as_bytes(), body];
    // The chat that goes on is a part of what is asked (Polpo 2.6).
    request.extend(parts.headers.get(SESSION).map(HeaderValue::as_bytes));
    Ok(Some(Repeat::new(key, &who, credential, &request)))
}

async fn path_params(parts: &mut Parts) -> Result<Vec<(String, String)>> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params =
        params.map_err(|_| Error::invalid("invalid_path", "the path is not valid UTF-8"))?;
    Ok(params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// An answer with the header that its door puts on every one.
fn marked(table: &Table, mut response: Response) -> Response {
    if let Some((name, value)) = table.header {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// A reply as it goes out.
fn send(reply: Reply) -> Response {
    let Reply {
        status,
        headers,
        content,
    } = reply;
    let (media, body) = match content {
        Content::Json(bytes) => (JSON, HttpBody::from(bytes)),
        Content::Raw { media, bytes } => {
            let media = HeaderValue::try_from(media);
            (media.unwrap_or(OCTETS), HttpBody::from(bytes))
        }
        Content::Events(pieces) => (
            EVENTS,
            HttpBody::from_stream(pieces.map(Ok::<_, Infallible>)),
        ),
        Content::Told { bits, goes_on: _ } => {
            let pieces = bits.map(|bit| Ok::<_, Infallible>(bit.into_bytes()));
            (EVENTS, HttpBody::from_stream(pieces))
        }
    };
    let is_live = media == EVENTS;
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().unwrap_or_default();
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, media);
    if is_live {
        sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        sent.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    for (name, value) in headers {
        let name = HeaderName::try_from(&*name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            sent.insert(name, value);
        }
    }
    response
}

fn respond(spec: &'static Spec, outcome: Result<Replied>) -> Response {
    let (response, code) = match outcome {
        Ok(Replied { reply, replayed }) => {
            let mut response = send(reply);
            if replayed {
                let headers = response.headers_mut();
                headers.insert(REPLAYED, HeaderValue::from_static("true"));
            }
            (response, None)
        }
        Err(error) => {
            let code = error.code;
            ((spec.refuse)(error), Some(code))
        }
    };
    let mut response = marked(spec.table, response);
    response.extensions_mut().insert(observe::Noted {
        operation: spec.operation,
        code,
    });
    response
}
