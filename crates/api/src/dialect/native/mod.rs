//! The native door, under `/guild/v1`: the core in its own words, refusals as
//! `application/problem+json`. So far it has the projects that host agents.

mod error;
mod projects;

use domain::limits;
use domain::policy::Audience;

use super::{Dialect, Table, bearer};
use crate::input::Body;
use crate::routes::Routes;

/// Where this door's paths begin.
pub(super) const PREFIX: &str = "/guild/v1/";

/// The native door.
pub(super) struct Native;

impl Dialect for Native {
    const TABLE: &'static Table = &Table {
        name: "native",
        credential: bearer,
        body: Body::json_or_nothing,
        error: error::render,
        audience: Audience::Everybody,
        body_bytes: limits::BODY_BYTES,
        header: None,
    };
}

/// Every route of this door.
pub(super) fn routes() -> Routes {
    projects::routes()
}
