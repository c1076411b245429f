//! Dialects: what the systems differ in on the wire. A door is a table of a
//! few functions, the mappings of its operations and its routes.

mod agiatm;
mod native;
mod openpod;
mod polpo;
mod polt;

use app::{Answer, Errand, Op, Reply};
use axum::http::request::Parts;
use axum::http::{StatusCode, header as headers};
use axum::response::Response;
use bytes::Bytes;
use domain::id::Id;
use domain::policy::Audience;
use domain::{Error, Kind, Result, Time};
use serde::{Serialize, Serializer};
use uuid::Uuid;

pub(crate) use self::agiatm::{SKILL_HEADER, SKILL_VERSION};
use crate::input::{Body, Input};
use crate::routes::Routes;

/// What a door does in its own way before and after every operation.
pub(crate) struct Table {
    /// The door's name in the route table.
    pub(crate) name: &'static str,
    /// Finds the credential.
    pub(crate) credential: fn(&Parts) -> Option<String>,
    /// Applies the door's rules about media types and empty bodies.
    pub(crate) body: fn(&Parts, Bytes) -> Result<Body>,
    /// Renders a refusal.
    pub(crate) error: fn(Error) -> Response,
    /// Who is let in, beside what each operation needs.
    pub(crate) audience: Audience,
    /// Bytes that a body may have.
    pub(crate) body_bytes: usize,
    /// A header that every answer carries.
    pub(crate) header: Option<(&'static str, &'static str)>,
}

/// A door.
pub(crate) trait Dialect: Send + Sync + 'static {
    const TABLE: &'static Table;
}

/// How an operation is spelled at a door.
pub(crate) trait Wire<D: Dialect>: Op {
    /// Reads the operation's input.
    fn decode(input: &Input<'_>) -> Result<Self>;
    /// Writes the operation's output; `now` is the time it ran.
    fn encode(output: Self::Output, now: Time) -> Answer;
}

/// How an errand is spelled at a door.
pub(crate) trait ErrandWire<D: Dialect>: Errand {
    /// Reads the errand's input.
    fn decode(input: &Input<'_>) -> Result<Self>
    where
        Self: Sized;
    /// Writes the errand's output; `now` is the time it came back.
    fn encode(output: Self::Output, now: Time) -> Reply;
    /// Renders a refusal, where this call has another shape than its door.
    fn refuse(error: Error) -> Response {
        (D::TABLE.error)(error)
    }
}

/// An id as text.
#[derive(Clone, Copy)]
pub(crate) struct Text(Uuid);

impl Text {
    pub(crate) fn of(id: impl Id) -> Self {
        Self(id.uuid())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
    }
}

/// Every route of every door.
pub(crate) fn doors() -> Routes {
    polt::routes()
        .merge(openpod::routes())
        .merge(agiatm::routes())
        .merge(polpo::routes())
        .merge(native::routes())
}

/// The door a path belongs to.
pub(crate) fn table_of(path: &str) -> &'static Table {
    if openpod::PREFIXES
        .iter()
        .any(|prefix| path.starts_with(prefix))
    {
        return openpod::Openpod::TABLE;
    }
    if agiatm::PREFIXES
        .iter()
        .any(|prefix| path.starts_with(prefix))
    {
        return agiatm::Market::TABLE;
    }
    if path.starts_with(polpo::PREFIX) {
        return polpo::Enveloped::TABLE;
    }
    if path.starts_with(polpo::BARE_PREFIX) {
        return polpo::Bare::TABLE;
    }
    if path.starts_with(native::PREFIX) {
        return native::Native::TABLE;
    }
    polt::Polt::TABLE
}

/// `Authorization: Bearer <key>`, the scheme in any letter case.
pub(crate) fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(headers::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim().to_owned())
        .filter(|key| !key.is_empty())
}

/// A header, unless missing or empty.
pub(crate) fn header(parts: &Parts, name: &str) -> Option<String> {
    let value = parts.headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The status of a refusal, where a door has no other.
pub(crate) fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Insufficient => StatusCode::PAYMENT_REQUIRED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Precondition | Kind::Unsatisfied => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Gone => StatusCode::GONE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Upstream => StatusCode::BAD_GATEWAY,
        Kind::Unavailable | Kind::OutcomeUnknown => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_bearer_scheme_is_read_in_any_case() {
        let found = |value: &str| {
            let request = axum::http::Request::builder()
                .header("authorization", value)
                .body(())
                .expect("request");
            bearer(&request.into_parts().0)
        };
        assert_eq!(found("Bearer polt_x").as_deref(), Some("polt_x"));
        assert_eq!(found("bEARER  polt_x ").as_deref(), Some("polt_x"));
        for bad in ["polt_x", "Basic polt_x", "Bearer", "Bearer  "] {
            assert_eq!(found(bad), None, "{bad}");
        }
    }
}
