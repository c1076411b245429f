//! Who works on a mission: whether everybody is there, and whether the models
//! of all of them can be asked (Polpo 2.9, 3.3).
//!
//! Looked at when a mission is executed and, beforehand, whenever something is
//! stored that executes one later: what would fail then is refused with every
//! cause now ([`require`]).

use std::collections::{BTreeMap, BTreeSet};

use domain::error::Detail;
use domain::id::MissionId;
use domain::policy::Actor;
use domain::{Error, Result, limits};
use serde_json::{Map, Value};
use store::tables::environments::Environment;
use store::tables::hosted::{self, Agent};

use super::found;
use super::plan::{self, text};
use crate::ops::environments;
use crate::{App, Cx, Op, ops};

/// Whose agents and models are looked at.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    /// A mission that is executed now or later. Whether it may be now is
    /// decided when it begins.
    Mission(MissionId),
    /// A mission's document that is executed later; what is left open in it
    /// (`{{...}}`) is passed over.
    Document(Map<String, Value>),
    /// One agent that is to do something later.
    Agent(String),
}

/// Refuses what could not be done for want of an agent or of its model.
///
/// # Errors
/// `Invalid` with every cause; what is wrong with the mission itself.
pub(crate) async fn require(app: &App, actor: &Actor, of: Of) -> Result<()> {
    let Crew { members, missing } = app.call(actor, Look { of }).await?;
    let mut causes: Vec<_> = missing.into_iter().map(unknown_agent).collect();
    if let Ok(agents) = app.agents() {
        for (name, model) in members {
            let checked = match model.or_else(|| agents.default_model()) {
                Some(model) => agents.check(&model),
                None => Err(Error::invalid(
                    "no_model",
                    "it has no model, and this server has no default one: set the agent's model",
                )),
            };
            if let Err(error) = checked {
                causes.push(cause(
                    "model",
                    format!("agent \"{name}\": {}", error.message),
                ));
            }
        }
    }
    match causes.is_empty() {
        true => Ok(()),
        false => Err(refusal(causes)),
    }
}

fn cause(field: &'static str, problem: String) -> Detail {
    Detail {
        field: field.into(),
        rule: "".into(),
        problem: problem.into(),
    }
}

fn unknown_agent(name: String) -> Detail {
    cause("assignTo", format!("there is no agent \"{name}\""))
}

fn refusal(mut causes: Vec<Detail>) -> Error {
    let told: Vec<_> = causes.iter().map(|cause| cause.problem.as_ref()).collect();
    let message = format!(
        "this cannot be executed: {}; add the agents that are missing, or put them into the mission's team",
        told.join("; ")
    );
    causes.truncate(limits::PLAN_CAUSES);
    let mut error = Error::invalid("unknown_agents", message);
    error.details = causes;
    error
}

/// Who is to work.
#[derive(Clone, Debug, Default)]
struct Crew {
    /// Those who are there, with their models.
    members: Vec<(String, Option<String>)>,
    /// Those who are not.
    missing: Vec<String>,
}

/// Looks who is to work.
#[derive(Clone, Debug)]
struct Look {
    of: Of,
}

impl Op for Look {
    type Output = Crew;
    operation!("missions.crew", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Crew> {
        let environment = environments::own(cx).await?;
        match self.of {
            Of::Mission(id) => {
                let mission = found(cx, &environment, id).await?;
                let document = plan::read(&mission.plan)?.document;
                Cast::later(cx, &environment, &document)
                    .await?
                    .crew(&document)
            }
            Of::Document(document) => Cast::later(cx, &environment, &document)
                .await?
                .crew(&document),
            Of::Agent(name) => {
                let cast = Cast::later(cx, &environment, &Map::new()).await?;
                let mut crew = Crew::default();
                cast.add(&name, &mut crew);
                Ok(crew)
            }
        }
    }
}

/// Whether a text is left open by a playbook.
fn is_open(text: &str) -> bool {
    text.contains("{{")
}

/// The model that an agent's document names.
fn model(document: &Map<String, Value>) -> Option<&str> {
    let model = document.get("model")?;
    model.as_str().or_else(|| model.get("primary")?.as_str())
}

/// Who there is to work on a mission.
pub(super) struct Cast {
    /// Everybody's document, by name.
    pub(super) documents: BTreeMap<String, Map<String, Value>>,
    /// Who moves in for it.
    pub(super) new: BTreeSet<String>,
    /// Who works where nobody is named.
    stand_in: Option<String>,
    /// Whether the mission brings agents of its own.
    has_team: bool,
    /// Who is here for another execution, by name, with its group.
    others: BTreeMap<String, String>,
}

impl Cast {
    /// Who there is for an execution of this name.
    ///
    /// # Errors
    /// `Conflict` while a member of its team works for another one.
    pub(super) async fn of(
        cx: &mut Cx<'_>,
        environment: &Environment,
        document: &Map<String, Value>,
        group: &str,
    ) -> Result<Self> {
        let mut cast = Self::at_home(cx, environment, Some(group)).await?;
        for member in plan::listed(document, "team") {
            if let Some(other) = cast.others.get(text(member, "name")) {
                return Err(Error::conflict(
                    "agent_is_busy",
                    format!(
                        "the team member \"{}\" works for \"{other}\" until that has ended: choose another name, or wait",
                        text(member, "name")
                    ),
                ));
            }
            cast.bring(member, ops::hosted::checked(member)?);
        }
        Ok(cast)
    }

    /// Who there would be for an execution once no other goes on.
    async fn later(
        cx: &mut Cx<'_>,
        environment: &Environment,
        document: &Map<String, Value>,
    ) -> Result<Self> {
        let mut cast = Self::at_home(cx, environment, None).await?;
        for member in plan::listed(document, "team") {
            cast.bring(member, member.clone());
        }
        Ok(cast)
    }

    /// Everybody who is here, of an execution's own volatile agents only those.
    async fn at_home(
        cx: &mut Cx<'_>,
        environment: &Environment,
        group: Option<&str>,
    ) -> Result<Self> {
        let mut documents = BTreeMap::new();
        let mut others = BTreeMap::new();
        let mut first: Option<&Agent> = None;
        let all = hosted::list(cx.tx, environment.id).await?;
        for agent in &all {
            let document = serde_json::from_str(&agent.document).unwrap_or_default();
            match &agent.mission_group {
                Some(other) if Some(other.as_str()) != group => {
                    others.insert(agent.name.clone(), other.clone());
                }
                _ => {
                    first = first.filter(|first| first.id < agent.id).or(Some(agent));
                    documents.insert(agent.name.clone(), document);
                }
            }
        }
        Ok(Self {
            documents,
            new: BTreeSet::new(),
            stand_in: first.map(|first| first.name.clone()),
            has_team: false,
            others,
        })
    }

    /// Adds a member of the mission's own team, the first of whom stands in. One
    /// that lives here already is that agent.
    fn bring(&mut self, member: &Map<String, Value>, document: Map<String, Value>) {
        let name = text(member, "name").to_owned();
        if !std::mem::replace(&mut self.has_team, true) {
            self.stand_in = Some(name.clone());
        }
        if !self.documents.contains_key(&name) {
            self.documents.insert(name.clone(), document);
            self.new.insert(name);
        }
    }

    /// Who does a task of the document.
    pub(super) fn name(&self, task: &Map<String, Value>) -> Option<String> {
        match text(task, "assignTo") {
            "" => self.stand_in.clone(),
            name => Some(name.to_owned()),
        }
    }

    fn add(&self, name: &str, crew: &mut Crew) {
        match self.documents.get(name) {
            Some(document) => {
                let model = model(document).map(str::to_owned);
                if !model.as_deref().is_some_and(is_open) {
                    crew.members.push((name.to_owned(), model));
                }
            }
            None => crew.missing.push(name.to_owned()),
        }
    }

    /// Who is to work on the tasks of a document.
    ///
    /// # Errors
    /// `Invalid` (`no_agents`) where nobody is named and nobody is there.
    fn crew(&self, document: &Map<String, Value>) -> Result<Crew> {
        let mut names = BTreeSet::new();
        for task in plan::listed(document, "tasks") {
            let name = self.name(task).ok_or_else(|| {
                Error::invalid(
                    "no_agents",
                    "there is no agent to do this: add one, or give the mission a team",
                )
            })?;
            names.insert(name);
        }
        let mut crew = Crew::default();
        for name in names.iter().filter(|name| !is_open(name)) {
            self.add(name, &mut crew);
        }
        Ok(crew)
    }

    /// That everybody whom a document names exists.
    pub(super) fn ensure(&self, document: &Map<String, Value>) -> Result<()> {
        let missing = self.crew(document)?.missing;
        if missing.is_empty() {
            return Ok(());
        }
        Err(refusal(missing.into_iter().map(unknown_agent).collect()))
    }
}
