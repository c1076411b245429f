//! `GET /v1/models`: agents and models, as OpenAI clients list them.

use app::Reply;
use app::ops::models::{Find, List, Model};
use domain::{Result, Time};
use serde_json::{Value, json};

use super::OpenAi;
use crate::dialect::ErrandWire;
use crate::input::Input;
use crate::routes::Routes;

/// Who owns an agent.
const AGENTS: &str = "polpo";

impl ErrandWire<OpenAi> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(models: Vec<Model>, _: Time) -> Reply {
        let shown: Vec<_> = models.into_iter().map(shown).collect();
        told(&json!({ "object": "list", "data": shown }))
    }
}

impl ErrandWire<OpenAi> for Find {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let id = input.param("id").to_owned();
        Ok(Self { id })
    }

    fn encode(model: Model, _: Time) -> Reply {
        told(&shown(model))
    }
}

fn shown(model: Model) -> Value {
    let Model {
        id,
        created_at,
        provider,
    } = model;
    json!({
        "id": id,
        "object": "model",
        "created": created_at.unix_seconds(),
        "owned_by": provider.unwrap_or_else(|| AGENTS.into()),
    })
}

fn told(body: &Value) -> Reply {
    Reply {
        status: 200,
        headers: Vec::new(),
        content: app::Content::Json(body.to_string().into()),
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get_errand::<OpenAi, List>("/v1/models")
        .get_errand::<OpenAi, List>("/api/v1/models")
        .get_errand::<OpenAi, Find>("/v1/models/{*id}")
        .get_errand::<OpenAi, Find>("/api/v1/models/{*id}")
}
