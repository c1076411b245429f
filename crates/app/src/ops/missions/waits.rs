//! Where missions wait now (Polpo 2.9).

use domain::Result;
use domain::plan::{Barrier, Kind};
use serde_json::{Value, json};
use store::tables::mission_runs::{self, Run};

use super::plan;
use super::state::State;
use crate::calendar::iso;
use crate::{Cx, Op};

/// Lists the checkpoints at which runs of missions wait.
#[derive(Clone, Debug)]
pub struct Reached;

impl Op for Reached {
    type Output = Vec<Value>;
    operation!("missions.checkpoints", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        all(cx, Kind::Checkpoint, |run, state, barrier, entry| {
            let stop = state.checkpoints.get(&barrier.name)?;
            stop.resumed.is_none().then(|| {
                json!({
                    "missionId": run.mission.to_string(),
                    "group": run.group,
                    "checkpointName": barrier.name,
                    "checkpoint": entry,
                    "reachedAt": iso(stop.reached),
                })
            })
        })
        .await
    }
}

/// Lists the delays that run.
#[derive(Clone, Debug)]
pub struct Waiting;

impl Op for Waiting {
    type Output = Vec<Value>;
    operation!("missions.delays", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        all(cx, Kind::Delay, |run, state, barrier, entry| {
            let wait = state.delays.get(&barrier.name)?;
            (!wait.is_over).then(|| {
                json!({
                    "missionId": run.mission.to_string(),
                    "group": run.group,
                    "delayName": barrier.name,
                    "delay": entry,
                    "startedAt": iso(wait.started),
                    "expiresAt": iso(wait.expires),
                })
            })
        })
        .await
    }
}

/// What is to be told of the barriers of a kind in the runs that go on.
async fn all(
    cx: &mut Cx<'_>,
    kind: Kind,
    told: impl Fn(&Run, &State, &Barrier, Value) -> Option<Value> + Send,
) -> Result<Vec<Value>> {
    let environment = cx.actor.environment()?;
    let mut all = Vec::new();
    for run in mission_runs::open(cx.tx, environment).await? {
        let plan = plan::stored(&run.plan)?;
        let state = State::read(&run.state);
        for barrier in plan.barriers.iter().filter(|barrier| barrier.kind == kind) {
            let entry = plan.entry(barrier).cloned().unwrap_or_default();
            all.extend(told(&run, &state, barrier, Value::Object(entry)));
        }
    }
    Ok(all)
}
