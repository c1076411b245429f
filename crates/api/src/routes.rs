//! Route tables: the router and a list of what is in it, made by one call, so
//! that documentation and the authorisation test cannot miss a route.

use app::{Effect, Prepared};
use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{MethodFilter, on};
use domain::Result;
use domain::policy::Permission;

use crate::Api;
use crate::dialect::{Dialect, ErrandWire, Wire};
use crate::endpoint::{Spec, endpoint, errand_spec, spec};
use crate::input::Input;

/// One route of one door.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The door.
    pub door: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// The operation's or errand's name.
    pub operation: &'static str,
    /// What one must be allowed to do.
    pub needs: Permission,
    /// Whether it changes anything.
    pub effect: Effect,
    /// Reads its input, and says what that is.
    pub(crate) decode: fn(&Input<'_>) -> Result<Prepared>,
}

/// A door's routes.
#[derive(Default)]
pub(crate) struct Routes {
    pub(crate) router: Router<Api>,
    pub(crate) routes: Vec<Route>,
}

macro_rules! method {
    ($name:ident, $wire:ident, $spec:ident, $filter:ident, $word:literal) => {
        pub(crate) fn $name<D: Dialect, O: $wire<D>>(self, path: &'static str) -> Self {
            self.bind($spec::<D, O>(), MethodFilter::$filter, $word, path)
        }
    };
}

impl Routes {
    method!(get, Wire, spec, GET, "GET");
    method!(post, Wire, spec, POST, "POST");
    method!(put, Wire, spec, PUT, "PUT");
    method!(patch, Wire, spec, PATCH, "PATCH");
    method!(delete, Wire, spec, DELETE, "DELETE");
    method!(get_errand, ErrandWire, errand_spec, GET, "GET");
    method!(post_errand, ErrandWire, errand_spec, POST, "POST");
    method!(delete_errand, ErrandWire, errand_spec, DELETE, "DELETE");

    /// These routes and those of another door.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.routes.extend(other.routes);
        self
    }

    fn bind(
        mut self,
        spec: &'static Spec,
        filter: MethodFilter,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        let handler = move |State(api): State<Api>, request: Request| endpoint(api, spec, request);
        self.router = self.router.route(path, on(filter, handler));
        let Spec {
            table,
            operation,
            needs,
            effect,
            decode,
            refuse: _,
        } = *spec;
        self.routes.push(Route {
            door: table.name,
            method,
            path,
            operation,
            needs,
            effect,
            decode,
        });
        self
    }
}
