//! A playbook is run: a mission is made of it and executed.

use std::collections::BTreeSet;

use domain::Result;
use domain::id::EnvironmentId;
use serde_json::{Map, Value};
use store::Lock;
use store::tables::missions as table;

use super::definition::{filled, parameters, refusal, values};
use super::found;
use crate::ops::environments;
use crate::ops::missions::{self, NewMission};
use crate::{Cx, Op};

/// Runs a playbook.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// What to put in, by the parameters' names.
    pub params: Map<String, Value>,
}

/// What a run began with.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The mission that was made.
    pub mission: Value,
    /// How many jobs it has.
    pub tasks: usize,
    /// What ties them together.
    pub group: String,
    /// What was passed over.
    pub warnings: Vec<String>,
}

impl Op for Run {
    type Output = Ran;
    operation!("playbooks.run", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Ran> {
        let environment = environments::own(cx).await?;
        cx.tx.lock(Lock::Environment(environment.id)).await?;
        let playbook = found(cx, &self.name).await?;
        let document: Value = serde_json::from_str(&playbook.document).unwrap_or_default();
        let mut causes = Vec::new();
        let known = parameters(&document["parameters"], &mut causes);
        let (values, warnings) = values(&known, &self.params, &mut causes);
        if !causes.is_empty() {
            return Err(refusal(causes));
        }
        let mut left = BTreeSet::new();
        let mission = filled(&document["mission"], &values, &mut left);
        if !left.is_empty() {
            let empty = |name| format!("nothing was given for {{{{{name}}}}}");
            return Err(refusal(left.into_iter().map(empty).collect()));
        }
        let Value::Object(mission) = mission else {
            return Err(refusal(vec!["the playbook has no mission".to_owned()]));
        };
        let new = NewMission {
            name: Some(free_name(cx, environment.id, &self.name).await?),
            plan: missions::check_plan(mission)?,
            status: None,
            fields: Map::new(),
        };
        let mission = missions::put(cx, &environment, new).await?;
        let started = missions::start(cx, &environment, mission).await?;
        Ok(Ran {
            mission: missions::shown(&started.mission),
            tasks: started.jobs.len(),
            group: started.run.group,
            warnings,
        })
    }
}

/// The playbook's name or, from the second run on, that with a number.
async fn free_name(cx: &mut Cx<'_>, environment: EnvironmentId, name: &str) -> Result<String> {
    let mut free = name.to_owned();
    let mut number = 1_u32;
    while table::by_name(cx.tx, environment, &free).await?.is_some() {
        number = number.saturating_add(1);
        free = format!("{name}-{number}");
    }
    Ok(free)
}
