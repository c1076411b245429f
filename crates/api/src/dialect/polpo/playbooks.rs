//! Playbooks, also under their earlier name of templates (Polpo 2.13).

use app::Answer;
use app::ops::playbooks::{Create, Get, List, Ran, Remove, Run, Stored};
use domain::{Result, Time};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::missions::{mission, text};
use super::{Polpo, answer, both, changed};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

impl<D: Polpo> Wire<D> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(playbooks: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &playbooks.into())
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            name: input.param("name").to_owned(),
        })
    }

    fn encode(playbook: Value, _: Time) -> Answer {
        answer::<D>(200, &playbook)
    }
}

#[derive(Deserialize)]
struct CreateIn {
    name: Option<String>,
    description: Option<String>,
    mission: Option<Value>,
    parameters: Option<Value>,
}

impl<D: Polpo> Wire<D> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CreateIn {
            name,
            description,
            mission,
            parameters,
        } = input.json()?;
        Ok(Self {
            name: text("name", name)?,
            description: description.unwrap_or_default(),
            mission: mission.unwrap_or_default(),
            parameters: parameters.unwrap_or_default(),
        })
    }

    fn encode(stored: Stored, _: Time) -> Answer {
        let Stored { name, definition } = stored;
        let told = json!({ "name": name, "path": definition["path"] });
        changed::<D>(201, &told, &definition)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RunIn {
    params: Option<Map<String, Value>>,
}

impl<D: Polpo> Wire<D> for Run {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RunIn { params } = input.json_or_default()?;
        Ok(Self {
            name: input.param("name").to_owned(),
            params: params.unwrap_or_default(),
        })
    }

    fn encode(ran: Ran, _: Time) -> Answer {
        let Ran {
            mission: made,
            tasks,
            group,
            warnings,
        } = ran;
        let id = made["id"].clone();
        let mut told = json!({ "mission": mission::<D>(made), "tasks": tasks, "group": group });
        if !D::IS_ENVELOPED {
            told["id"] = id;
        }
        if !warnings.is_empty() {
            told["warnings"] = warnings.into();
        }
        answer::<D>(201, &told)
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            name: input.param("name").to_owned(),
        })
    }

    /// The enveloped side says that it was done and nothing else (Polpo 2.13).
    fn encode(stored: Stored, _: Time) -> Answer {
        if !D::IS_ENVELOPED {
            return answer::<D>(200, &stored.definition);
        }
        Answer {
            status: 200,
            body: json!({ "ok": true }).to_string().into(),
        }
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/playbooks" => List;
        post "/playbooks" => Create;
        get "/playbooks/{name}" => Get;
        delete "/playbooks/{name}" => Remove;
        post "/playbooks/{name}/run" => Run;
        get "/templates" => List;
        post "/templates" => Create;
        get "/templates/{name}" => Get;
        delete "/templates/{name}" => Remove;
        post "/templates/{name}/run" => Run;
    }
}
