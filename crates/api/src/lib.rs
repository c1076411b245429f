//! The doors: HTTP in, operations of `app` called, HTTP out.
//!
//! **Invariant:** a door decodes, calls and encodes. Nothing in a dialect is
//! async and nothing here reaches the store, so no rule of the business can
//! live here. `endpoint.rs` holds the one handler of every
//! operation at every door.
//!
//! To add a route, follow `docs/adding-an-operation.md`: a `Wire` mapping and
//! one line in the door's route table.

mod address;
mod calendar;
mod cors;
mod dialect;
mod discovery;
mod endpoint;
mod input;
mod observe;
mod ratelimit;
mod routes;
mod shape;
mod site;

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::http::{HeaderMap, header};
use domain::Time;
use domain::time::Span;

pub use address::TrustedProxies;
pub use ratelimit::Rates;
pub use routes::Route;
pub use site::Probes;

/// What the operator set that the doors look at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests per key and per address.
    pub rates: Rates,
    /// Proxies whose word on the client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// How long a claim on a bounty lasts; `None` is for ever.
    pub bounty_lease: Option<Span>,
    /// Where clients reach this server, without a slash at the end; where it
    /// was asked, when it is not set.
    pub public_url: Option<String>,
    /// Zero bits that the proof of work of a registration must begin with; 0
    /// asks for none.
    pub pow_bits: u32,
    /// Origins whose pages may call this server, such as
    /// `https://app.example.org`.
    pub cors_origins: Vec<String>,
}

impl Settings {
    /// Where the client of a request with these headers reaches this server.
    pub(crate) fn base_url(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let is_plain = |host: &&str| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b".:-[]_".contains(&b);
            !host.is_empty() && host.bytes().all(fits)
        };
        format!("http://{}", host.filter(is_plain).unwrap_or("localhost"))
    }
}

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    app: App,
    settings: Settings,
    limiter: ratelimit::Limiter,
    probes: Probes,
    started: Time,
}

impl Api {
    /// Puts the doors on an application.
    pub fn new(app: App, settings: Settings, probes: Probes) -> Self {
        let limiter = ratelimit::Limiter::new(&settings.rates);
        let started = app.now();
        Self(Arc::new(Inner {
            app,
            settings,
            limiter,
            probes,
            started,
        }))
    }

    /// Every route of every door.
    pub fn router(&self) -> Router {
        let doors = dialect::doors();
        let router = site::routes()
            .merge(doors.router)
            .fallback(endpoint::unknown_path)
            .method_not_allowed_fallback(endpoint::unknown_method);
        let router = cors::layer(router, &self.0.settings.cors_origins);
        observe::layer(router).with_state(self.clone())
    }

    /// Forgets the rate limits of those who have not been seen for a while.
    pub fn tidy(&self) {
        self.0.limiter.tidy();
    }
}

/// The route table: every operation at every door.
pub fn routes() -> Vec<Route> {
    dialect::doors().routes
}
