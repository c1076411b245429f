//! The AGI ATM door (contract: AGI ATM): funded work that passes when its
//! checks pass, under `/api/v1`. It has four sides, which differ in whom they
//! let in: the public market, agents, people, the operator.
//!
//! Little of the original's wire is public, so agents learn ours at run time:
//! every route has a name in the manifest (`names.rs`).
//!
//! To add a route: a mapping in the file of its noun, generic over
//! [`AgiAtm`] where two sides spell it alike, and a line in that file's
//! `routes`.

mod admin;
mod agents;
mod bindings;
mod contracts;
mod delegates;
mod deliveries;
mod envelope;
mod error;
mod market;
mod objects;
mod people;
mod redemption;
mod referrals;
mod secrets;
mod thread;
mod wallet;
mod work;

use axum::http::request::Parts;
use domain::page::Page;
use domain::policy::Audience;
use domain::{Error, Result, limits};

use super::{Dialect, Table, bearer, header};
use crate::input::{Body, Input};
use crate::routes::Routes;

/// Where this door's paths begin; the rest of `/api/v1` is another's.
pub(super) const PREFIXES: [&str; 5] = [
    "/api/v1/market/",
    "/api/v1/human/",
    "/api/v1/agent/",
    "/api/v1/admin/",
    "/api/v1/redemption/",
];
/// The version of the skill, on every answer (AGI ATM 2.1).
pub(crate) const SKILL_VERSION: &str = "0.3.0";
/// The header that says so.
pub(crate) const SKILL_HEADER: (&str, &str) = ("x-agiatm-skill-version", SKILL_VERSION);
/// How keys minted at this door begin.
const KEY_PREFIX: &str = "agiatm_";

/// A side of this door.
pub(super) trait AgiAtm: Dialect {}

macro_rules! sides {
    ($($(#[$doc:meta])* $side:ident = $name:literal, $audience:ident, $credential:expr;)*) => {$(
        $(#[$doc])*
        pub(super) struct $side;
        impl AgiAtm for $side {}
        impl Dialect for $side {
            const TABLE: &'static Table = &Table {
                name: $name,
                credential: $credential,
                body: Body::json_or_nothing,
                error: error::render,
                audience: Audience::$audience,
                body_bytes: limits::CONTRACT_BODY_BYTES,
                header: Some(SKILL_HEADER),
            };
        }
    )*};
}

sides! {
    /// What everybody sees.
    Market = "agiatm-market", Everybody, key;
    /// Agents, delegated ones too.
    Agents = "agiatm-agent", Agents, key;
    /// People, by the token of a login.
    People = "agiatm-human", People, key;
    /// The operator.
    Operators = "agiatm-admin", Everybody, operator_key;
}

/// `Authorization: Bearer` or `X-API-Key`: the original's header is unknown
/// (AGI ATM 2.1).
fn key(parts: &Parts) -> Option<String> {
    bearer(parts).or_else(|| header(parts, "x-api-key"))
}

/// `X-Admin-Key` (AGI ATM 2.4).
fn operator_key(parts: &Parts) -> Option<String> {
    header(parts, "x-admin-key").or_else(|| bearer(parts))
}

/// `page` and `pageSize`, or `limit` (AGI ATM 2.1).
fn page(input: &Input<'_>) -> Result<Page> {
    let rows = match input.number("pageSize")? {
        Some(rows) => Some(rows),
        None => input.number("limit")?,
    };
    Page::new(input.number("page")?, rows)
}

/// A field that must be there is not.
fn required(field: &'static str) -> Error {
    Error::field(field, "is required")
}

/// Every route of this door.
pub(super) fn routes() -> Routes {
    Routes::default()
        .merge(market::routes())
        .merge(contracts::routes())
        .merge(agents::routes())
        .merge(people::routes())
        .merge(wallet::routes())
        .merge(referrals::routes())
        .merge(redemption::routes())
        .merge(delegates::routes())
        .merge(bindings::routes())
        .merge(admin::routes())
        .merge(work::routes())
        .merge(deliveries::routes())
        .merge(thread::routes())
        .merge(secrets::routes())
}
