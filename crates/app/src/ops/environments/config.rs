//! What is set in an environment (Polpo 2.12).

use domain::Result;
use domain::event::Happening;
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::environments::{self, Environment};

use super::own;
use crate::fields::{EFFORTS, Fields, Holds, merge};
use crate::ops::approvals;
use crate::ops::hosted::{TeamShown, teams};
use crate::{Cx, Op};

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What can be set. Times are milliseconds.
const FIELDS: Fields = &[
    ("orchestratorModel", Holds::Text),
    ("imageModel", Holds::Text),
    ("reasoning", Holds::OneOf(EFFORTS)),
    (
        "maxConcurrency",
        Holds::Number {
            least: 1,
            most: 1_000,
        },
    ),
    (
        "taskTimeout",
        Holds::Number {
            least: 1,
            most: DAY_MS,
        },
    ),
    (
        "maxRetries",
        Holds::Number {
            least: 0,
            most: 100,
        },
    ),
    ("defaultRetryPolicy", Holds::Object),
    ("defaultQualityThreshold", Holds::Score),
    ("approvalGates", Holds::Objects),
];

/// An environment with its teams.
#[derive(Clone, Debug)]
pub struct Configured {
    /// The environment.
    pub environment: Environment,
    /// What is set in it.
    pub settings: Map<String, Value>,
    /// Its teams, with their agents.
    pub teams: Vec<TeamShown>,
}

/// What is set in an environment.
pub(crate) fn settings(environment: &Environment) -> Map<String, Value> {
    serde_json::from_str(&environment.settings).unwrap_or_default()
}

async fn configured(cx: &mut Cx<'_>, environment: Environment) -> Result<Configured> {
    Ok(Configured {
        settings: settings(&environment),
        teams: teams(cx, environment.id).await?,
        environment,
    })
}

/// Shows what is set.
#[derive(Clone, Debug)]
pub struct Config;

impl Op for Config {
    type Output = Configured;
    operation!("environments.config", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Configured> {
        let environment = own(cx).await?;
        configured(cx, environment).await
    }
}

/// Sets some of it; null takes a setting away. Without fields it only tells
/// that somebody wants everything read again, which it always is.
#[derive(Clone, Debug)]
pub struct Set {
    /// The fields.
    pub fields: Map<String, Value>,
}

impl Op for Set {
    type Output = Configured;
    operation!("environments.set", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Configured> {
        let id = cx.actor.environment()?;
        cx.tx.lock(Lock::Environment(id)).await?;
        let mut environment = own(cx).await?;
        let mut changed = settings(&environment);
        merge(FIELDS, "", &mut changed, &self.fields)?;
        approvals::check_gates(&changed)?;
        environment.settings = Value::Object(changed).to_string();
        environments::set(cx.tx, id, environment.settings.clone()).await?;
        cx.record_hosted(id, Happening::ConfigReloaded, id, json!({}))
            .await?;
        configured(cx, environment).await
    }
}
