//! Credentials of hosted agents (Polpo 2.12). Values come in here and never go
//! out.

use std::collections::BTreeMap;

use app::ops::vault::{Fields, List, Meta, Patch, Remove, Save, Sort};
use app::{Answer, Hidden};
use domain::{Error, Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Polpo, answer, both};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

fn shown<D: Polpo>(meta: &Meta, with_agent: bool) -> Value {
    let Meta {
        agent,
        service,
        sort,
        label,
        fields,
    } = meta;
    let mut shown = json!({ "service": service, "type": sort.as_str(), "keys": fields });
    if with_agent || !D::IS_ENVELOPED {
        shown["agent"] = json!(agent);
    }
    if let Some(label) = label {
        shown["label"] = json!(label);
    }
    if !D::IS_ENVELOPED {
        shown["id"] = json!(format!("{agent}/{service}"));
    }
    shown
}

/// Values of a credential are texts; numbers and truths become such, because
/// ports and switches are often written as what they are.
fn fields(given: BTreeMap<String, Value>) -> Result<Fields> {
    let field = |(name, value): (String, Value)| {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(Error::field("credentials", "must be an object of texts"));
            }
        };
        Ok((name, Hidden(text)))
    };
    given.into_iter().map(field).collect()
}

fn sort(word: &str) -> Result<Sort> {
    Sort::parse(word).ok_or_else(|| {
        Error::field(
            "type",
            "must be one of: smtp, imap, oauth, api_key, login, custom",
        )
    })
}

#[derive(Deserialize)]
struct SaveIn {
    agent: String,
    service: String,
    r#type: String,
    label: Option<String>,
    credentials: BTreeMap<String, Value>,
}

impl<D: Polpo> Wire<D> for Save {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let SaveIn {
            agent,
            service,
            r#type,
            label,
            credentials,
        } = input.json()?;
        Ok(Self {
            agent,
            service,
            sort: sort(&r#type)?,
            label,
            fields: fields(credentials)?,
            key: None,
        })
    }

    fn encode(meta: Meta, _: Time) -> Answer {
        answer::<D>(200, &shown::<D>(&meta, true))
    }
}

#[derive(Default, Deserialize)]
struct PatchIn {
    r#type: Option<String>,
    label: Option<String>,
    credentials: Option<BTreeMap<String, Value>>,
}

impl<D: Polpo> Wire<D> for Patch {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PatchIn {
            r#type,
            label,
            credentials,
        } = input.json_or_default()?;
        Ok(Self {
            agent: input.param("agent").to_owned(),
            service: input.param("service").to_owned(),
            sort: r#type.as_deref().map(sort).transpose()?,
            label,
            fields: fields(credentials.unwrap_or_default())?,
            key: None,
        })
    }

    fn encode(meta: Meta, _: Time) -> Answer {
        answer::<D>(200, &shown::<D>(&meta, true))
    }
}

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.param("agent").to_owned(),
        })
    }

    fn encode(entries: Vec<Meta>, _: Time) -> Answer {
        let entries = entries.iter().map(|meta| shown::<D>(meta, false));
        answer::<D>(200, &entries.collect())
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.param("agent").to_owned(),
            service: input.param("service").to_owned(),
        })
    }

    fn encode(removed: bool, _: Time) -> Answer {
        answer::<D>(200, &json!({ "removed": removed }))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        post "/vault/entries" => Save;
        get "/vault/entries/{agent}" => List;
        patch "/vault/entries/{agent}/{service}" => Patch;
        delete "/vault/entries/{agent}/{service}" => Remove;
    }
}
