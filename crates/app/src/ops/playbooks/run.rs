//! A playbook is run: a mission is made of it and executed.

use std::collections::BTreeSet;

use domain::Result;
use domain::id::EnvironmentId;
use domain::policy::Actor;
use serde_json::{Map, Value};
use store::Lock;
use store::tables::missions as table;

use super::definition::{filled, parameters, refusal, values};
use super::found;
use crate::ops::environments;
use crate::ops::missions::{self, NewMission, Of};
use crate::{App, Cx, Op};

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

    const PREPARES: bool = true;

    /// Models that cannot be asked are told before anything is written.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        let fill = Fill(self.clone());
        let (mission, _) = app.call(actor, fill).await?;
        missions::require(app, actor, Of::Document(mission)).await?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Ran> {
        let environment = environments::own(cx).await?;
        cx.tx.lock(Lock::Environment(environment.id)).await?;
        let (mission, warnings) = self.filled(cx).await?;
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

/// What is made of a playbook: its mission's document, and what was passed
/// over.
type Filled = (Map<String, Value>, Vec<String>);

/// Fills a playbook, to look at what comes of it.
#[derive(Clone, Debug)]
struct Fill(Run);

impl Op for Fill {
    type Output = Filled;
    operation!("playbooks.fill", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Filled> {
        let filled = self.0.filled(cx).await?;
        missions::check_plan(filled.0.clone())?;
        Ok(filled)
    }
}

impl Run {
    async fn filled(&self, cx: &mut Cx<'_>) -> Result<Filled> {
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
        match mission {
            Value::Object(mission) => Ok((mission, warnings)),
            _ => Err(refusal(vec!["the playbook has no mission".to_owned()])),
        }
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
