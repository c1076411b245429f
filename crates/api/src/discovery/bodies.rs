//! What a call reads: each route's mapping is shown a request that nobody sent
//! and says what it would read of it (see [`crate::shape`]).

use axum::http::Request;
use serde_json::{Value, json};

use super::openapi::parameters;
use crate::address::TrustedProxies;
use crate::input::{Asked, Body, Input, Wanted};
use crate::ratelimit::Rates;
use crate::routes::Route;
use crate::{Settings, input};

/// What stands for every parameter of a path.
const SOME_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What a route asks for.
pub(super) fn questions(route: &Route) -> input::Questions {
    let (parts, ()) = Request::new(()).into_parts();
    let settings = Settings {
        rates: Rates::OFF,
        trusted_proxies: TrustedProxies::new(Vec::new()),
        bounty_lease: None,
        public_url: None,
        pow_bits: 0,
        cors_origins: Vec::new(),
    };
    let asked = Asked::default();
    let params = parameters(route.path).map(|name| (name.to_owned(), SOME_ID.to_owned()));
    let input = Input {
        parts: &parts,
        params: params.collect(),
        body: Body::Missing,
        settings: &settings,
        asked: Some(&asked),
    };
    // What it makes of it does not matter.
    let _ = (route.decode)(&input);
    asked.questions()
}

/// A body as OpenAPI describes it.
pub(super) fn described(wanted: Wanted) -> Value {
    let (media, schema, is_required) = match wanted {
        Wanted::Json {
            schema,
            is_optional,
        } => {
            let schema = schema.unwrap_or_else(|_| json!({ "type": "object" }));
            ("application/json", schema, !is_optional)
        }
        Wanted::Form => {
            let file = json!({ "type": "string", "contentMediaType": "application/octet-stream" });
            let form = json!({
                "type": "object",
                "properties": { "file": file },
                "additionalProperties": { "type": "string" },
            });
            ("multipart/form-data", form, true)
        }
        Wanted::Anything => ("application/json", json!({}), true),
    };
    json!({ "required": is_required, "content": { media: { "schema": schema } } })
}
