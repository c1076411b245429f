//! Projects that host agents, and their keys.

use app::Answer;
use app::ops::environments::{Create, Created, Issue, List, Revoke, SetBudget};
use app::ops::keys::Issued;
use app::tables::environments::{Environment, Side};
use domain::id::KeyId;
use domain::{Error, Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Native;
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

fn json(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        body: body.to_string().into(),
    }
}

#[derive(Deserialize)]
struct CreateIn {
    name: String,
}

impl Wire<Native> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CreateIn { name } = input.json()?;
        Ok(Self { name })
    }

    fn encode(created: Created, _: Time) -> Answer {
        let Created {
            project,
            name,
            live,
            test,
        } = created;
        let body = json!({
            "id": project.to_string(),
            "name": name,
            "keys": { "live": live.reveal(), "test": test.reveal() },
        });
        json(201, &body)
    }
}

impl Wire<Native> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(environments: Vec<Environment>, _: Time) -> Answer {
        json(200, &environments.iter().map(shown).collect())
    }
}

fn shown(environment: &Environment) -> Value {
    json!({
        "id": environment.project.to_string(),
        "name": environment.name,
        "environment": environment.side.as_str(),
        "account": environment.id.to_string(),
        "budget": environment.budget,
        "spent": environment.spent,
    })
}

/// Which side of a project is meant: the live one where none is named.
fn side(named: Option<&str>) -> Result<Side> {
    let side = Side::parse(named.unwrap_or("live"));
    side.ok_or_else(|| Error::field("environment", "must be live or test"))
}

#[derive(Deserialize)]
struct BudgetIn {
    environment: Option<String>,
    budget: Option<i64>,
}

impl Wire<Native> for SetBudget {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let BudgetIn {
            environment,
            budget,
        } = input.json()?;
        Ok(Self {
            project: input.param("name").to_owned(),
            side: side(environment.as_deref())?,
            budget,
        })
    }

    fn encode(environment: Environment, _: Time) -> Answer {
        json(200, &shown(&environment))
    }
}

#[derive(Deserialize)]
struct IssueIn {
    environment: Option<String>,
}

impl Wire<Native> for Issue {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let IssueIn { environment } = input.json()?;
        Ok(Self {
            project: input.param("name").to_owned(),
            side: side(environment.as_deref())?,
        })
    }

    fn encode(
        Issued {
            account: _,
            id,
            key,
        }: Issued,
        _: Time,
    ) -> Answer {
        json(201, &json!({ "id": id.to_string(), "key": key.reveal() }))
    }
}

impl Wire<Native> for Revoke {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: input.param("name").to_owned(),
            key: KeyId(input.id("key")),
        })
    }

    fn encode((): (), _: Time) -> Answer {
        json(200, &json!({ "revoked": true }))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<Native, Create>("/guild/v1/projects")
        .get::<Native, List>("/guild/v1/projects")
        .patch::<Native, SetBudget>("/guild/v1/projects/{name}")
        .post::<Native, Issue>("/guild/v1/projects/{name}/keys")
        .delete::<Native, Revoke>("/guild/v1/projects/{name}/keys/{key}")
}
