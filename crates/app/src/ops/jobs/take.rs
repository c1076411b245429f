//! Ready jobs are handed to a node (Polpo 3.1).
//!
//! **Invariant:** an environment has no more runs under way than it and each
//! of its agents allow; that is counted behind the environment's lock. What is
//! handed out is leased: who goes silent loses it to another node.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::event::Happening;
use domain::id::{EnvironmentId, Id, JobId, RunId};
use domain::job::{Phase, Status};
use domain::{Result, limits};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::hosted::{self, Agent};
use store::tables::job_runs::{self, Outcome, Run, Stage};
use store::tables::jobs;
use uuid::Uuid;

use super::after::try_again;
use super::prompt::messages;
use super::runs::{Holding, LEASE, Taken, worker};
use super::{Sheet, market, setting};
use crate::ops::approvals::{Hook, Passage, guard};
use crate::ops::environments;
use crate::{Cx, Op};

/// Ready jobs that are looked at in one go where agents are busy.
const PAGE: u32 = 64;
/// How many such pages.
const PAGES: usize = 8;
/// How often a run may be lost before that counts as an attempt.
const LOSSES: i64 = 5;
/// How often a run that was lost was lost.
const LOST: &str = "_lost";

/// Finds environments in which something can begin or be taken over.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// For which node.
    pub node: Uuid,
}

impl Op for Waiting {
    type Output = Vec<EnvironmentId>;
    operation!("jobs.waiting", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<EnvironmentId>> {
        let mut found = jobs::ready_environments(cx.tx, limits::SWEEP_ROWS).await?;
        let overdue = job_runs::overdue(cx.tx, cx.now, self.node, limits::SWEEP_ROWS).await?;
        found.extend(overdue.into_iter().map(|run| run.environment));
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// Says that a server starts: on a database that it has to itself, whoever
/// held runs is gone.
#[derive(Clone, Copy, Debug)]
pub struct Begin;

impl Op for Begin {
    /// The node's id until it stops.
    type Output = Uuid;
    operation!("jobs.begin", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Uuid> {
        job_runs::void_leases(cx.tx).await?;
        let id: RunId = cx.id();
        Ok(id.uuid())
    }
}

/// Hands jobs of one environment to a node.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    /// To which node.
    pub node: Uuid,
    /// Of which environment.
    pub environment: EnvironmentId,
    /// How many at most.
    pub most: u32,
}

impl Op for Take {
    type Output = Vec<Taken>;
    operation!("jobs.take", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Taken>> {
        cx.tx.lock(Lock::Environment(self.environment)).await?;
        let environment = environments::found(cx, self.environment).await?;
        let mut hand = Hand::open(cx, environment, self).await?;
        hand.take_over(cx).await?;
        hand.begin_ready(cx).await?;
        Ok(hand.taken)
    }
}

/// What is handed out, and what was counted for it.
struct Hand {
    environment: Environment,
    node: Uuid,
    most: usize,
    room: i64,
    busy: BTreeMap<String, i64>,
    overdue: Vec<Run>,
    agents: HashMap<String, Option<Known>>,
    taken: Vec<Taken>,
}

/// An agent, read once.
#[derive(Clone)]
struct Known {
    agent: Arc<Agent>,
    document: Arc<Map<String, Value>>,
    most: Option<i64>,
}

impl Hand {
    async fn open(cx: &mut Cx<'_>, environment: Environment, take: Take) -> Result<Self> {
        let open = job_runs::open(cx.tx, environment.id).await?;
        let is_overdue = |run: &Run| run.leased_until <= cx.now && run.node != take.node;
        let (overdue, open): (Vec<_>, Vec<_>) = open.into_iter().partition(is_overdue);
        let most = setting(&environment, "maxConcurrency").filter(|most| *most > 0);
        let most = most.unwrap_or(limits::RUNS_PER_ENVIRONMENT);
        let mut busy = BTreeMap::new();
        for run in &open {
            *busy.entry(run.agent.clone()).or_insert(0) += 1;
        }
        let under_way = i64::try_from(open.len()).unwrap_or(i64::MAX);
        Ok(Self {
            room: most
                .min(limits::RUNS_PER_ENVIRONMENT)
                .saturating_sub(under_way),
            most: take.most as usize,
            node: take.node,
            environment,
            busy,
            overdue,
            agents: HashMap::new(),
            taken: Vec::new(),
        })
    }

    fn is_full(&self) -> bool {
        self.room <= 0 || self.taken.len() >= self.most
    }

    /// Runs whose node went silent: a check goes on here, work is begun anew.
    async fn take_over(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        for run in std::mem::take(&mut self.overdue) {
            if self.is_full() {
                return Ok(());
            }
            let Some(job) = jobs::find(cx.tx, self.environment.id, run.job).await? else {
                continue;
            };
            let sheet = Sheet::open(job);
            match run.stage {
                Stage::Assessment if sheet.job.status == Status::Review => {
                    self.go_on(cx, run, sheet).await?;
                }
                _ => recover(cx, &self.environment, run, sheet).await?,
            }
        }
        Ok(())
    }

    async fn go_on(&mut self, cx: &mut Cx<'_>, mut run: Run, sheet: Sheet) -> Result<()> {
        run.node = self.node;
        run.leased_until = cx.now.plus(LEASE);
        job_runs::update(cx.tx, &run).await?;
        let known = self.known(cx, &run.agent).await?;
        self.hold(cx, run, sheet, known).await
    }

    async fn begin_ready(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let mut place = (i64::MIN, JobId(Uuid::nil()));
        for _ in 0..PAGES {
            if self.is_full() {
                return Ok(());
            }
            let ready = jobs::ready(cx.tx, self.environment.id, place, PAGE).await?;
            let is_last = ready.len() < PAGE as usize;
            for job in ready {
                place = (job.precedence, job.id);
                if self.is_full() {
                    return Ok(());
                }
                self.consider(cx, Sheet::open(job)).await?;
            }
            if is_last {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn consider(&mut self, cx: &mut Cx<'_>, mut sheet: Sheet) -> Result<()> {
        if sheet.has_bounty() {
            return self.offer(cx, sheet).await;
        }
        let agent = sheet.job.agent.clone();
        let known = self.known(cx, &agent).await?;
        let busy = self.busy.get(&agent).copied().unwrap_or(0);
        let most = known.as_ref().and_then(|known| known.most);
        if most.is_some_and(|most| busy >= most) {
            return Ok(());
        }
        if guard(cx, &self.environment, &sheet.job, Hook::Spawn).await? == Passage::Waits {
            sheet
                .go(cx, &self.environment, Status::AwaitingApproval)
                .await?;
            return sheet.store(cx, &self.environment).await;
        }
        sheet.go(cx, &self.environment, Status::Assigned).await?;
        sheet.go(cx, &self.environment, Status::InProgress).await?;
        let Some(known) = known else {
            let why = format!(
                "there is no agent named \"{agent}\": add it, or assign the task to another one"
            );
            return no_agent(cx, &self.environment, sheet, &why).await;
        };
        self.begin(cx, sheet, known).await
    }

    /// A job with a bounty waits on the market from now on; where it cannot be
    /// paid, it fails.
    async fn offer(&mut self, cx: &mut Cx<'_>, mut sheet: Sheet) -> Result<()> {
        let Some(why) = market::refusal(cx, &self.environment, &sheet).await? else {
            return market::offer(cx, &self.environment, &mut sheet).await;
        };
        sheet
            .force(cx, &self.environment, Status::InProgress)
            .await?;
        no_agent(cx, &self.environment, sheet, &why).await
    }

    async fn begin(&mut self, cx: &mut Cx<'_>, mut sheet: Sheet, known: Known) -> Result<()> {
        sheet.store(cx, &self.environment).await?;
        let agent = sheet.job.agent.clone();
        let run = Run {
            id: cx.id(),
            environment: self.environment.id,
            job: sheet.id(),
            agent: agent.clone(),
            stage: Stage::Execution,
            node: self.node,
            leased_until: cx.now.plus(LEASE),
            activity: "{}".into(),
            entries: 0,
            outcome: None,
            started_at: cx.now,
            ended_at: None,
        };
        job_runs::insert(cx.tx, &run).await?;
        let facts = json!({
            "taskId": sheet.id().to_string(),
            "agentName": agent,
            "taskTitle": sheet.job.title,
        });
        sheet
            .tell(cx, &self.environment, Happening::AgentSpawned, facts)
            .await?;
        *self.busy.entry(agent).or_insert(0) += 1;
        self.hold(cx, run, sheet, Some(known)).await
    }

    async fn hold(
        &mut self,
        cx: &mut Cx<'_>,
        run: Run,
        sheet: Sheet,
        known: Option<Known>,
    ) -> Result<()> {
        let model = |known: &Known| Some(known.document.get("model")?.as_str()?.to_owned());
        let own = known.as_ref().and_then(model);
        let escalated = sheet.document.get("_model").and_then(Value::as_str);
        let model = escalated.map(str::to_owned).or(own);
        let messages = match (&known, run.stage) {
            (
                Some(Known {
                    agent, document, ..
                }),
                Stage::Execution,
            ) => messages(cx, &self.environment, (agent, document), &sheet).await?,
            _ => Vec::new(),
        };
        let allowed = sheet.number("maxDuration");
        let allowed = allowed.or_else(|| setting(&self.environment, "taskTimeout"));
        let settings = environments::settings(&self.environment);
        let judge = settings.get("orchestratorModel").and_then(Value::as_str);
        self.room = self.room.saturating_sub(1);
        self.taken.push(Taken {
            holding: Holding {
                environment: self.environment.id,
                run: run.id,
                node: self.node,
            },
            worker: known.map(|known| worker(&run.agent, &known.document)),
            stage: run.stage,
            entries: run.entries,
            most_ms: allowed
                .unwrap_or(limits::RUN_MS)
                .clamp(1, limits::RUN_MS_MAX),
            sheet,
            judge: judge.map(str::to_owned).or_else(|| model.clone()),
            model,
            messages,
        });
        Ok(())
    }

    async fn known(&mut self, cx: &mut Cx<'_>, name: &str) -> Result<Option<Known>> {
        if let Some(known) = self.agents.get(name) {
            return Ok(known.clone());
        }
        let agent = hosted::find(cx.tx, self.environment.id, name).await?;
        let known = agent.map(|agent: Agent| {
            let document: Map<String, Value> =
                serde_json::from_str(&agent.document).unwrap_or_default();
            Known {
                agent: Arc::new(agent),
                most: document.get("maxConcurrency").and_then(Value::as_i64),
                document: Arc::new(document),
            }
        });
        self.agents.insert(name.to_owned(), known.clone());
        Ok(known)
    }
}

/// A job that nobody can do fails without a further attempt.
async fn no_agent(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mut sheet: Sheet,
    why: &str,
) -> Result<()> {
    sheet.set(
        "result",
        json!({ "exitCode": 1, "stdout": "", "stderr": why, "duration": 0 }),
    );
    sheet.go(cx, environment, Status::Failed).await?;
    sheet.store(cx, environment).await
}

/// Begins a job anew whose node went away.
async fn recover(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mut run: Run,
    mut sheet: Sheet,
) -> Result<()> {
    run.ended_at = Some(cx.now);
    run.outcome = Some(Outcome::Lost);
    job_runs::update(cx.tx, &run).await?;
    if !sheet.job.status.is_running() {
        return Ok(());
    }
    let previous = sheet.job.status;
    let lost = sheet.number(LOST).unwrap_or(0).saturating_add(1);
    sheet.set(LOST, lost);
    if lost > LOSSES {
        sheet.set(LOST, 0);
        let why = "the server that ran it went away several times in a row";
        return try_again(cx, environment, &mut sheet, why).await;
    }
    sheet.job.phase = Phase::Execution;
    sheet.force(cx, environment, Status::Pending).await?;
    let facts = json!({
        "taskId": sheet.id().to_string(),
        "title": sheet.job.title,
        "previousStatus": previous.as_str(),
    });
    sheet
        .tell(cx, environment, Happening::JobRecovered, facts)
        .await?;
    sheet.store(cx, environment).await
}
