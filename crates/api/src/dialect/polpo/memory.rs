//! What hosted agents remember (Polpo 2.12).

use app::Answer;
use app::ops::memory::{Get, Memory, Put};
use domain::{Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Polpo, answer, both, changed};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

/// The id of the memory that all agents share.
const SHARED: &str = "shared";

fn shown<D: Polpo>(memory: &Memory) -> Value {
    let Memory { agent, content } = memory;
    let mut shown = json!({
        "exists": content.is_some(),
        "content": content.as_deref().unwrap_or_default(),
    });
    if let Some(agent) = agent {
        shown["agent"] = json!(agent);
    }
    if !D::IS_ENVELOPED {
        shown["id"] = json!(agent.as_deref().unwrap_or(SHARED));
    }
    shown
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.opt_param("name").map(str::to_owned),
        })
    }

    fn encode(memory: Memory, _: Time) -> Answer {
        answer::<D>(200, &shown::<D>(&memory))
    }
}

#[derive(Deserialize)]
struct PutIn {
    content: String,
}

impl<D: Polpo> Wire<D> for Put {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PutIn { content } = input.json()?;
        Ok(Self {
            agent: input.opt_param("name").map(str::to_owned),
            content,
        })
    }

    fn encode(memory: Memory, _: Time) -> Answer {
        let mut told = json!({ "saved": true });
        if let Some(agent) = &memory.agent {
            told["agent"] = json!(agent);
        }
        changed::<D>(200, &told, &shown::<D>(&memory))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/memory" => Get;
        put "/memory" => Put;
        get "/memory/agent/{name}" => Get;
        put "/memory/agent/{name}" => Put;
    }
}
