//! The Polpo door (contract: Polpo): hosted agents behind an API in the form
//! of OpenAI's. It has three sides, which differ in their shapes and share
//! every operation (Polpo 0):
//!
//! - [`Enveloped`], under `/api/v1`: `{"ok": true, "data": ...}`, what the
//!   vendor's SDK needs;
//! - [`Bare`], under `/v1`: the resource itself, as the documentation says;
//! - [`OpenAi`], under `/v1`: chat completions and models, as OpenAI clients
//!   expect them.
//!
//! To add a route: a mapping generic over [`Polpo`] in the file of its noun,
//! and a line in that file's [`both!`] table.

mod agents;
mod approvals;
mod attachments;
mod chunks;
mod completions;
mod config;
mod error;
mod events;
mod files;
mod form;
mod keys;
mod memory;
mod mission_edits;
mod missions;
mod models;
mod notifications;
mod part;
mod playbooks;
mod runs;
mod schedules;
mod sessions;
mod skills;
mod tasks;
mod vault;
mod watchers;

use app::Answer;
use axum::http::request::Parts;
use bytes::Bytes;
use domain::policy::Audience;
use domain::{Result, limits};
use serde_json::{Value, json};

use super::{Dialect, Table, bearer, header};
use crate::input::Body;
use crate::routes::Routes;

/// The enveloped side, for the paths that name none of its nouns.
pub(super) const PREFIX: &str = "/api/v1/";
/// The bare side.
pub(super) const BARE_PREFIX: &str = "/v1/";

/// A side on which every noun of this door is found.
pub(super) trait Polpo: Dialect {
    /// Whether answers stand in an envelope.
    const IS_ENVELOPED: bool;
}

/// `/api/v1`.
pub(super) struct Enveloped;
/// `/v1`.
pub(super) struct Bare;
/// `/v1/chat/completions` and `/v1/models`.
pub(super) struct OpenAi;

macro_rules! side {
    ($side:ident, $name:literal, $error:path) => {
        impl Dialect for $side {
            const TABLE: &'static Table = &Table {
                name: $name,
                credential: key,
                body: accept,
                error: $error,
                audience: Audience::Everybody,
                body_bytes: limits::HOSTING_BODY_BYTES,
                header: None,
            };
        }
    };
}
side!(Enveloped, "polpo", error::enveloped);
side!(Bare, "polpo-v1", error::bare);
side!(OpenAi, "polpo-openai", error::openai);

impl Polpo for Enveloped {
    const IS_ENVELOPED: bool = true;
}
impl Polpo for Bare {
    const IS_ENVELOPED: bool = false;
}

/// Binds routes on both sides: a method of [`Routes`], the path behind the
/// prefix, the operation.
macro_rules! both {
    ($($method:ident $path:literal => $op:ty;)*) => {
        crate::routes::Routes::default()
            $(
                .$method::<crate::dialect::polpo::Enveloped, $op>(concat!("/api/v1", $path))
                .$method::<crate::dialect::polpo::Bare, $op>(concat!("/v1", $path))
            )*
    };
}
use both;

/// `Authorization: Bearer` or `X-API-Key`, and `?apiKey=` on event streams
/// only, because browsers send no headers with those (Polpo 2.3).
fn key(parts: &Parts) -> Option<String> {
    bearer(parts)
        .or_else(|| header(parts, "x-api-key"))
        .or_else(|| {
            let query = parts
                .uri
                .query()
                .filter(|_| parts.uri.path().ends_with("/events"))?;
            let mut fields = form_urlencoded::parse(query.as_bytes());
            let found = fields.find(|(name, value)| name == "apiKey" && !value.is_empty());
            found.map(|(_, value)| value.into_owned())
        })
}

/// A body is JSON or nothing, whatever its media type says, unless it is a
/// form with files.
fn accept(parts: &Parts, bytes: Bytes) -> Result<Body> {
    if header(parts, "content-type").is_some_and(|media| media.starts_with("multipart/")) {
        return Ok(Body::Other(bytes));
    }
    Body::json_or_nothing(parts, bytes)
}

/// The answer with a resource or a list of them.
fn answer<D: Polpo>(status: u16, resource: &Value) -> Answer {
    let body = if D::IS_ENVELOPED {
        json!({ "ok": true, "data": resource }).to_string()
    } else {
        resource.to_string()
    };
    Answer {
        status,
        body: body.into(),
    }
}

/// The answer to a change, of which the enveloped side only tells that it was
/// made and the bare one shows the result (Polpo 0).
fn changed<D: Polpo>(status: u16, told: &Value, resource: &Value) -> Answer {
    answer::<D>(status, if D::IS_ENVELOPED { told } else { resource })
}

/// Every route of this door.
pub(super) fn routes() -> Routes {
    Routes::default()
        .merge(agents::routes())
        .merge(approvals::routes())
        .merge(config::routes())
        .merge(events::routes())
        .merge(attachments::routes())
        .merge(files::routes())
        .merge(keys::routes())
        .merge(mission_edits::routes())
        .merge(missions::routes())
        .merge(notifications::routes())
        .merge(playbooks::routes())
        .merge(schedules::routes())
        .merge(tasks::routes())
        .merge(completions::routes())
        .merge(models::routes())
        .merge(runs::routes())
        .merge(sessions::routes())
        .merge(watchers::routes())
        .merge(memory::routes())
        .merge(skills::routes())
        .merge(vault::routes())
}
