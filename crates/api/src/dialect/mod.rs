//! Dialects: what the systems differ in on the wire. A door is a table of a
//! few functions, the mappings of its operations and its routes.

mod polt;

use app::{Answer, Op};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use axum::response::Response;
use bytes::Bytes;
use domain::{Error, Kind, Result, Time};

use crate::endpoint;
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

/// Every route of every door.
pub(crate) fn doors() -> Routes {
    polt::routes()
}

/// The answer on a path that does not exist.
pub(crate) async fn unknown_path(request: Request) -> Response {
    let (method, uri) = asked(request).await;
    (table_of(uri.path()).error)(Error::not_found(
        "route_not_found",
        format!(
            "there is nothing at {method} {}: the front page at / lists what there is",
            uri.path()
        ),
    ))
}

/// The answer to a method that does not exist on a path that does.
pub(crate) async fn unknown_method(request: Request) -> Response {
    let (method, uri) = asked(request).await;
    (table_of(uri.path()).error)(Error::new(
        Kind::MethodNotAllowed,
        "method_not_allowed",
        format!(
            "{} does not take {method}: the Allow header says what it takes",
            uri.path()
        ),
    ))
}

/// What was asked, once its body was swallowed: a sender that is still sending
/// would not see the answer.
async fn asked(request: Request) -> (Method, Uri) {
    let (parts, body) = request.into_parts();
    endpoint::drain(body).await;
    (parts.method, parts.uri)
}

/// The door a path belongs to.
fn table_of(_path: &str) -> &'static Table {
    polt::Polt::TABLE
}
