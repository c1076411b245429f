//! A mission is executed: its volatile agents move in, its jobs are written
//! (Polpo 3.3).

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Happening;
use domain::id::{JobId, MissionId};
use domain::policy::Actor;
use domain::{Result, mission, plan as rules};
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::hosted::{self, Agent};
use store::tables::jobs::Job;
use store::tables::mission_runs::{self, Run};
use store::tables::missions::Mission;

use super::advance::Underway;
use super::crew::{self, Cast, Of};
use super::plan::{self, text};
use super::state::State;
use super::{keep, locked, opened, shown, tell};
use crate::ops::environments;
use crate::ops::environments::FIRST_TEAM;
use crate::ops::jobs::{NewJob, create};
use crate::{App, Cx, Op, calendar, ops};

/// Executes a mission.
#[derive(Clone, Debug)]
pub struct Execute {
    /// Which.
    pub mission: MissionId,
}

/// What an execution began with.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The mission.
    pub mission: Value,
    /// Its jobs, in the order of the plan.
    pub jobs: Vec<Value>,
    /// What ties them together.
    pub group: String,
}

impl Op for Execute {
    type Output = Executed;
    operation!("missions.execute", Host, Writes);
    const PREPARES: bool = true;

    /// Agents that are missing and models that cannot be asked are told before
    /// anything is written.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        crew::require(app, actor, Of::Mission(self.mission)).await?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Executed> {
        let environment = environments::own(cx).await?;
        let mission = locked(cx, &environment, self.mission).await?;
        let started = start(cx, &environment, mission).await?;
        Ok(Executed {
            mission: shown(&started.mission),
            jobs: started.jobs.iter().map(ops::jobs::shown).collect(),
            group: started.run.group,
        })
    }
}

/// Starts an execution of a mission: the environment is locked.
pub(crate) async fn start(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mut mission: Mission,
) -> Result<Started> {
    mission.status.executable()?;
    let plan = plan::read(&mission.plan)?;
    let (number, group) = free_group(cx, environment, &mission).await?;
    let cast = Cast::of(cx, environment, &plan.document, &group).await?;
    cast.ensure(&plan.document)?;
    move_in(cx, environment, &cast, &group).await?;
    let mut state = State::new(mission.status);
    mission.executions = number;
    mission.status = mission::Status::Active;
    state.awaits_consent = ops::approvals::ask_mission(cx, environment, &mission, &group).await?;
    if state.awaits_consent {
        mission.status = mission::Status::Paused;
    }
    keep(cx, &mut mission).await?;
    let run = Run {
        environment: environment.id,
        group,
        mission: mission.id,
        number,
        is_open: true,
        due: None,
        plan: plan.written(),
        state: state.written(),
        started_at: cx.now,
        updated_at: cx.now,
    };
    mission_runs::insert(cx.tx, &run).await?;
    let mut underway = Underway {
        mission,
        run,
        plan,
        state,
        jobs: Vec::new(),
    };
    write_jobs(cx, environment, &cast, &mut underway).await?;
    let Underway {
        mission, run, jobs, ..
    } = underway;
    let facts = json!({
        "missionId": mission.id.to_string(),
        "group": run.group,
        "taskCount": jobs.len(),
    });
    tell(cx, &mission, Happening::MissionExecuted, facts).await?;
    Ok(Started { mission, run, jobs })
}

/// An execution that has begun.
pub(crate) struct Started {
    pub(crate) mission: Mission,
    pub(crate) run: Run,
    pub(crate) jobs: Vec<Job>,
}

/// The name of the next execution. Another mission may have been executed
/// under it, before one of the two was renamed.
async fn free_group(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: &Mission,
) -> Result<(i64, String)> {
    let mut number = mission.executions.saturating_add(1);
    loop {
        let group = mission::group(&mission.name, number);
        let taken = mission_runs::find(cx.tx, environment.id, &group).await?;
        if taken.is_none() {
            return Ok((number, group));
        }
        number = number.saturating_add(1);
    }
}

/// Puts the volatile agents into the environment.
async fn move_in(
    cx: &mut Cx<'_>,
    environment: &Environment,
    cast: &Cast,
    group: &str,
) -> Result<()> {
    let teams = hosted::teams(cx.tx, environment.id).await?;
    let team = teams.into_iter().next().map(|team| team.name);
    for name in &cast.new {
        let mut document = cast.documents.get(name).cloned().unwrap_or_default();
        document.insert("volatile".into(), true.into());
        let agent = Agent {
            id: cx.id(),
            environment: environment.id,
            name: name.clone(),
            team: team.clone().unwrap_or_else(|| FIRST_TEAM.to_owned()),
            account: None,
            mission_group: Some(group.to_owned()),
            document: Value::Object(document).to_string(),
            created_at: cx.now,
            updated_at: cx.now,
        };
        hosted::insert(cx.tx, &agent).await?;
        let facts = json!({ "agent": ops::hosted::shown(&agent) });
        cx.record_hosted(environment.id, Happening::HostedAgentAdded, agent.id, facts)
            .await?;
    }
    Ok(())
}

/// Brings the volatile agents of an earlier execution back.
pub(super) async fn move_in_again(
    cx: &mut Cx<'_>,
    environment: &Environment,
    run: &Run,
) -> Result<()> {
    let plan = plan::stored(&run.plan)?;
    let cast = Cast::of(cx, environment, &plan.document, &run.group).await?;
    move_in(cx, environment, &cast, &run.group).await
}

/// Writes the jobs, each behind what it needs; answers come in the order of
/// the plan.
async fn write_jobs(
    cx: &mut Cx<'_>,
    environment: &Environment,
    cast: &Cast,
    underway: &mut Underway,
) -> Result<()> {
    let mut tasks: Vec<_> = underway.plan.tasks().cloned().collect();
    keep_to(cx, &underway.mission, &mut tasks);
    let mut ids: BTreeMap<String, JobId> = BTreeMap::new();
    let mut written: BTreeMap<usize, Job> = BTreeMap::new();
    for at in rules::order(&underway.plan.steps) {
        let (Some(task), Some(step)) = (tasks.get(at), underway.plan.steps.get(at)) else {
            continue;
        };
        let needs = step.needs.iter().filter_map(|title| ids.get(title));
        let needs: BTreeSet<_> = needs.copied().collect();
        let new = NewJob {
            title: step.title.clone(),
            description: text(task, "description").to_owned(),
            agent: cast.name(task).unwrap_or_default(),
            group: Some(underway.run.group.clone()),
            mission: Some(underway.mission.id),
            held: underway.holds(&step.title),
            is_draft: false,
            needs: needs.into_iter().collect(),
            place: i64::try_from(at).unwrap_or(0),
            fields: task.clone(),
        };
        let job = create(cx, environment, new).await?;
        ids.insert(step.title.clone(), job.id);
        written.insert(at, job);
    }
    underway.jobs = written.into_values().collect();
    Ok(())
}

/// A mission's deadline is that of its tasks that have none of their own; one
/// that has passed, as it does for what is executed again, is nobody's.
fn keep_to(cx: &Cx<'_>, mission: &Mission, tasks: &mut [Map<String, Value>]) {
    let Some(deadline) = opened(mission).remove("deadline") else {
        return;
    };
    let time = deadline.as_str().and_then(calendar::read);
    if time.is_none_or(|time| time <= cx.now) {
        return;
    }
    for task in tasks {
        task.entry("deadline").or_insert_with(|| deadline.clone());
    }
}

/// Goes on with an execution to which somebody agreed.
pub(crate) async fn consented(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: Mission,
    group: &str,
) -> Result<()> {
    let run = mission_runs::find(cx.tx, environment.id, group).await?;
    let Some(run) = run.filter(|run| run.is_open) else {
        return Ok(());
    };
    let mut underway = Underway::open(cx, environment, mission, run).await?;
    // Another gate may ask next.
    let asked = ops::approvals::ask_mission(cx, environment, &underway.mission, group).await?;
    underway.state.awaits_consent = asked;
    underway.go_on(cx, environment).await
}
