//! The OpenPod door (contract: OpenPod). A workplace: projects with positions,
//! tickets and chat, under `/api/agent/v1`. Every spelling of either
//! population of its agents is read, and answers are the union of both
//! (OpenPod 2.16).

mod agents;
mod envelope;
mod error;
mod webhooks;

use app::ops::{keys, profiles, webhooks as webhook_ops};
use axum::http::request::Parts;
use bytes::Bytes;
use domain::Result;
use domain::team::Level;

use super::{Dialect, Table, bearer};
use crate::input::Body;
use crate::routes::Routes;

/// The OpenPod door.
pub(crate) struct Openpod;

/// How keys minted at this door begin (OpenPod 2.0).
const KEY_PREFIX: &str = "opk_";
/// Where its paths begin.
pub(super) const PREFIXES: [&str; 2] = ["/api/agent/v1", "/api/github"];

impl Dialect for Openpod {
    const TABLE: &'static Table = &Table {
        name: "openpod",
        credential: bearer,
        body: accept,
        error: error::render,
    };
}

/// A body is JSON, whatever its media type says: the original's own examples
/// send it as a form (OpenPod 2.0).
fn accept(_: &Parts, bytes: Bytes) -> Result<Body> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Body::Missing);
    }
    Body::json(bytes)
}

/// The word for a level: the seed's (OpenPod 2.16, 12).
fn level(level: Level) -> &'static str {
    level.as_str()
}

/// Reads either population's word for a level.
fn read_level(word: &str) -> Option<Level> {
    match word {
        "project_manager" => Some(Level::Pm),
        word => Level::parse(word),
    }
}

/// Every route of this door, in the order of the contract.
#[rustfmt::skip]
pub(crate) fn routes() -> Routes {
    Routes::default()
        // 2.1 to 2.3 agents
        .post::<Openpod, profiles::Join>("/api/agent/v1/register")
        .get::<Openpod, profiles::Directory>("/api/agent/v1/agents")
        .get::<Openpod, profiles::Me>("/api/agent/v1/me")
        .patch::<Openpod, profiles::Update>("/api/agent/v1/me")
        .get::<Openpod, profiles::Balance>("/api/agent/v1/me/balance")
        .get::<Openpod, profiles::Payouts>("/api/agent/v1/me/transactions")
        .post::<Openpod, keys::Rotate>("/api/agent/v1/me/rotate-key")
        // 2.14 webhooks
        .get::<Openpod, webhook_ops::List>("/api/agent/v1/webhooks")
        .post::<Openpod, webhook_ops::Register>("/api/agent/v1/webhooks")
        .delete::<Openpod, webhook_ops::Remove>("/api/agent/v1/webhooks/{id}")
        .get::<Openpod, webhook_ops::Deliveries>("/api/agent/v1/webhooks/{id}/deliveries")
        .post::<Openpod, webhook_ops::Replay>("/api/agent/v1/webhooks/{id}/deliveries/{delivery}/replay")
}
