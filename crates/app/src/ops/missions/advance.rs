//! What comes next in a run of a mission (Polpo 3.3).
//!
//! A round looks at every barrier once. What it lets go the engine of jobs
//! finds by itself; what it can never let go is given up.

use domain::Result;
use domain::event::Happening;
use domain::id::MissionId;
use domain::job;
use domain::mission::Status;
use domain::plan::{Barrier, Kind, Outcome, Verdict, has_ended};
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::jobs::{self, Job};
use store::tables::mission_runs::{self, Run};
use store::tables::missions::{self, Mission};

use super::notify::Event;
use super::plan::{self, Plan};
use super::state::{Gate, State, Stop, Wait};
use super::{ending, keep, tell};
use crate::Cx;
use crate::calendar::iso;
use crate::ops::jobs::{Sheet, end_group, let_go};

/// Goes on with a run of a mission after one of its jobs has ended, was made or
/// was removed: lets jobs go that gates, checkpoints and delays held back,
/// pauses, completes.
pub(crate) async fn advance(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: MissionId,
    group: &str,
) -> Result<()> {
    let Some(run) = mission_runs::find(cx.tx, environment.id, group).await? else {
        return Ok(());
    };
    let mission = missions::find(cx.tx, environment.id, mission).await?;
    let Some(mission) = mission.filter(|mission| run.is_open && mission.id == run.mission) else {
        return Ok(());
    };
    let mut underway = Underway::open(cx, environment, mission, run).await?;
    underway.go_on(cx, environment).await
}

/// What the channels of a barrier are told, if anything happened there: what,
/// and why.
type Told = Option<(Event, String)>;

/// A run that goes on, with everything that is looked at.
pub(super) struct Underway {
    pub(super) mission: Mission,
    pub(super) run: Run,
    pub(super) plan: Plan,
    pub(super) state: State,
    pub(super) jobs: Vec<Job>,
}

impl Underway {
    pub(super) async fn open(
        cx: &mut Cx<'_>,
        environment: &Environment,
        mission: Mission,
        run: Run,
    ) -> Result<Self> {
        Ok(Self {
            plan: plan::stored(&run.plan)?,
            state: State::read(&run.state),
            jobs: jobs::of_group(cx.tx, environment.id, &run.group).await?,
            mission,
            run,
        })
    }

    /// One round.
    pub(super) async fn go_on(&mut self, cx: &mut Cx<'_>, environment: &Environment) -> Result<()> {
        for barrier in self.plan.barriers.clone() {
            self.look(cx, environment, &barrier).await?;
        }
        self.pause_or_resume(cx).await?;
        self.store(cx).await?;
        if self.jobs.iter().all(|job| job.status.is_final()) {
            return ending::complete(cx, environment, self).await;
        }
        self.hold(cx, environment).await?;
        if self.is_stuck() && !self.state.is_given_up {
            return self.give_up(cx, environment).await;
        }
        Ok(())
    }

    /// Stores how far the run is.
    pub(super) async fn store(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        self.run.state = self.state.written();
        self.run.due = self.state.due().filter(|_| self.run.is_open);
        self.run.updated_at = cx.now;
        mission_runs::update(cx.tx, &self.run).await
    }

    /// How the jobs of these titles came out; those that were deleted are not
    /// looked at.
    fn outcomes(&self, titles: &[String]) -> Vec<Outcome> {
        let named = self.jobs.iter().filter(|job| titles.contains(&job.title));
        named.map(outcome).collect()
    }

    async fn look(
        &mut self,
        cx: &mut Cx<'_>,
        environment: &Environment,
        barrier: &Barrier,
    ) -> Result<()> {
        let before = self.outcomes(&barrier.after);
        let told = match barrier.kind {
            Kind::Gate => self.look_at_gate(cx, barrier, &before).await?,
            Kind::Checkpoint if has_ended(&before) => self.reach(cx, barrier).await?,
            Kind::Delay if has_ended(&before) => self.wait(cx, barrier).await?,
            Kind::Checkpoint | Kind::Delay => None,
        };
        match told {
            Some((event, why)) => self.notify(cx, environment, (barrier, event), &why).await,
            None => Ok(()),
        }
    }

    async fn look_at_gate(
        &mut self,
        cx: &mut Cx<'_>,
        barrier: &Barrier,
        before: &[Outcome],
    ) -> Result<Told> {
        let earlier = self.state.gates.get(&barrier.name).copied();
        if earlier == Some(Gate::Passed) {
            return Ok(None);
        }
        let mut facts = json!({
            "missionId": self.mission.id.to_string(),
            "group": self.run.group,
            "gateName": barrier.name,
        });
        let (gate, average, what, event, why) = match self.plan.standard(barrier).judge(before) {
            // It is judged anew: something before it is tried again.
            Verdict::Open => {
                self.state.gates.remove(&barrier.name);
                return Ok(None);
            }
            Verdict::Passed(average) => {
                let (what, event) = (Happening::QualityGatePassed, Event::GatePassed);
                (Gate::Passed, average, what, event, String::new())
            }
            Verdict::Failed(average, reason) => {
                facts["reason"] = reason.clone().into();
                let (what, event) = (Happening::QualityGateFailed, Event::GateFailed);
                (Gate::Failed, average, what, event, reason)
            }
        };
        if earlier == Some(gate) {
            return Ok(None);
        }
        if let Some(average) = average {
            facts["avgScore"] = average.into();
        }
        self.state.gates.insert(barrier.name.clone(), gate);
        tell(cx, &self.mission, what, facts).await?;
        Ok(Some((event, why)))
    }

    async fn reach(&mut self, cx: &mut Cx<'_>, barrier: &Barrier) -> Result<Told> {
        // Where nothing waits behind it any more, nobody need be asked.
        let is_left = |job: &Job| barrier.blocks.contains(&job.title) && !job.status.is_final();
        let is_new = !self.state.checkpoints.contains_key(&barrier.name);
        if !is_new || !self.jobs.iter().any(is_left) {
            return Ok(None);
        }
        let stop = Stop {
            reached: cx.now,
            resumed: None,
        };
        self.state.checkpoints.insert(barrier.name.clone(), stop);
        let mut facts = self.facts_of(barrier);
        facts["checkpointName"] = barrier.name.clone().into();
        facts["reachedAt"] = iso(cx.now).into();
        tell(cx, &self.mission, Happening::CheckpointReached, facts).await?;
        Ok(Some((Event::CheckpointReached, String::new())))
    }

    async fn wait(&mut self, cx: &mut Cx<'_>, barrier: &Barrier) -> Result<Told> {
        let Some(length) = self.plan.delay(barrier) else {
            return Ok(None);
        };
        let known = self.state.delays.get(&barrier.name).copied();
        let mut wait = known.unwrap_or(Wait {
            started: cx.now,
            expires: cx.now.plus(length),
            is_over: false,
        });
        let (what, event) = match known {
            None => (Happening::DelayStarted, Event::DelayStarted),
            Some(wait) if !wait.is_over && wait.expires <= cx.now => {
                (Happening::DelayExpired, Event::DelayExpired)
            }
            Some(_) => return Ok(None),
        };
        wait.is_over = known.is_some();
        self.state.delays.insert(barrier.name.clone(), wait);
        let mut facts = self.facts_of(barrier);
        facts["delayName"] = barrier.name.clone().into();
        facts["startedAt"] = iso(wait.started).into();
        facts["expiresAt"] = iso(wait.expires).into();
        tell(cx, &self.mission, what, facts).await?;
        Ok(Some((event, format!("until {}", iso(wait.expires)))))
    }

    /// What events say of a checkpoint or delay.
    pub(super) fn facts_of(&self, barrier: &Barrier) -> Value {
        let mut facts = json!({
            "missionId": self.mission.id.to_string(),
            "group": self.run.group,
            "afterTasks": barrier.after,
            "blocksTasks": barrier.blocks,
        });
        for key in ["message", "duration"] {
            if let Some(said) = self.plan.entry(barrier).and_then(|entry| entry.get(key)) {
                facts[key] = said.clone();
            }
        }
        facts
    }

    /// Lets the mission stand where its run stands.
    async fn pause_or_resume(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let status = match self.state.is_paused() {
            true => Status::Paused,
            false => Status::Active,
        };
        if self.mission.status == status {
            return Ok(());
        }
        self.mission.status = status;
        keep(cx, &mut self.mission).await?;
        if status == Status::Active {
            return Ok(());
        }
        let facts = json!({
            "missionId": self.mission.id.to_string(),
            "name": self.mission.name,
            "group": self.run.group,
            "status": status.as_str(),
        });
        tell(cx, &self.mission, Happening::MissionPaused, facts).await
    }

    /// Whether a job is held back.
    pub(super) fn holds(&self, title: &str) -> bool {
        let holds = |barrier: &Barrier| {
            barrier.blocks.iter().any(|blocked| blocked == title) && !self.state.is_open(barrier)
        };
        self.state.is_paused() || self.plan.barriers.iter().any(holds)
    }

    /// Holds jobs back and lets them go.
    async fn hold(&mut self, cx: &mut Cx<'_>, environment: &Environment) -> Result<()> {
        let changed = |job: &&Job| !job.status.is_final() && job.held != self.holds(&job.title);
        let changed: Vec<_> = self.jobs.iter().filter(changed).map(|job| job.id).collect();
        for job in &mut self.jobs {
            if changed.contains(&job.id) {
                job.held = !job.held;
                let_go(cx, environment, job.id, job.held).await?;
            }
        }
        Ok(())
    }

    /// Whether nothing of what is left can ever begin: something is pending,
    /// nothing runs, nothing is ready, nobody is asked, no time is waited for.
    fn is_stuck(&self) -> bool {
        if self.state.is_paused() || self.state.is_waiting() {
            return false;
        }
        let may_go_on = |job: &Job| match job.status {
            job::Status::Pending => job.waits == 0 && !job.held,
            job::Status::Done | job::Status::Failed => false,
            job::Status::Draft
            | job::Status::AwaitingApproval
            | job::Status::Assigned
            | job::Status::InProgress
            | job::Status::Review => true,
        };
        !self.jobs.iter().any(may_go_on)
    }

    /// Fails what can never begin (Polpo 3.1).
    async fn give_up(&mut self, cx: &mut Cx<'_>, environment: &Environment) -> Result<()> {
        self.state.is_given_up = true;
        self.store(cx).await?;
        let stuck = self.jobs.iter().filter(|job| !job.status.is_final());
        let ids: Vec<_> = stuck.map(|job| job.id.to_string()).collect();
        let facts = json!({ "taskIds": ids, "resolvableCount": 0 });
        tell(cx, &self.mission, Happening::DeadlockDetected, facts).await?;
        let why = "not begun: a quality gate of its mission was not passed";
        // The end of the last one completes the mission.
        end_group(cx, environment, &self.run.group, why).await?;
        Ok(())
    }
}

/// How a job came out.
pub(super) fn outcome(job: &Job) -> Outcome {
    let done = job.status == job::Status::Done;
    Outcome {
        done: job.status.is_final().then_some(done),
        score: score(&Sheet::open(job.clone()).document),
    }
}

/// The score that a job was given.
pub(super) fn score(document: &Map<String, Value>) -> Option<f64> {
    let assessment = document.get("result")?.get("assessment")?;
    assessment.get("globalScore")?.as_f64()
}
