//! Playbooks are written, removed and looked at.

use std::collections::BTreeSet;

use domain::event::Happening;
use domain::policy::Actor;
use domain::{Error, Kind, Result, limits, text};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::playbooks::{self as table, Playbook};

use super::definition::{check_name, filled, parameters, refusal, samples};
use super::found;
use crate::ops::missions::{self, Of};
use crate::{App, Cx, Op};

/// Writes a playbook, in place of an earlier one of its name.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its mission: the document, or a text that holds it.
    pub mission: Value,
    /// Its parameters.
    pub parameters: Value,
}

/// A playbook that was stored or removed.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub definition: Value,
}

/// Where the vendor keeps a playbook.
fn path(name: &str) -> String {
    format!(".polpo/playbooks/{name}")
}

impl Op for Create {
    type Output = Stored;
    operation!("playbooks.create", Host, Writes);
    const PREPARES: bool = true;

    /// Agents that it names and that are missing, and models that cannot be
    /// asked, are told now rather than at its first run.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        check_name(&self.name)?;
        let mission = mission(&self.mission)?;
        check(&mission, &self.parameters)?;
        if let Value::Object(document) = mission {
            let crew = missions::require(app, actor, Of::Document(document)).await;
            crew.map_err(whole)?;
        }
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Stored> {
        check_name(&self.name)?;
        text::optional("description", &self.description, limits::TEXT_CHARS)?;
        let mission = mission(&self.mission)?;
        check(&mission, &self.parameters)?;
        let environment = cx.actor.environment()?;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let is_new = table::find(cx.tx, environment, &self.name).await?.is_none();
        if is_new && table::count(cx.tx, environment).await? >= i64::from(limits::PLAYBOOKS) {
            return Err(Error::conflict(
                "too_many_playbooks",
                format!(
                    "there are {} playbooks already: delete some first",
                    limits::PLAYBOOKS
                ),
            ));
        }
        let mut document = Map::new();
        document.insert("description".into(), self.description.into());
        document.insert("mission".into(), mission);
        if !self.parameters.is_null() {
            document.insert("parameters".into(), self.parameters);
        }
        let playbook = Playbook {
            environment,
            name: self.name,
            document: Value::Object(document).to_string(),
            created_at: cx.now,
        };
        table::put(cx.tx, &playbook).await?;
        tell(cx, &playbook.name, "saved").await?;
        Ok(Stored {
            definition: shown(&playbook),
            name: playbook.name,
        })
    }
}

/// A refusal in the form of this noun's (Polpo 2.13).
fn whole(error: Error) -> Error {
    match error.kind {
        Kind::Invalid if error.details.is_empty() => refusal(vec![error.message.into_owned()]),
        Kind::Invalid => {
            let told = error.details.into_iter();
            refusal(told.map(|detail| detail.problem.into_owned()).collect())
        }
        _ => error,
    }
}

async fn tell(cx: &mut Cx<'_>, name: &str, what: &str) -> Result<()> {
    let environment = cx.actor.environment()?;
    let facts = json!({ "name": name, "action": what });
    cx.record_hosted(environment, Happening::PlaybookSaved, environment, facts)
        .await
}

/// The mission of a playbook as an object.
fn mission(given: &Value) -> Result<Value> {
    let mission = match given {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    if !mission.is_object() {
        let cause = "mission is required: a mission document, with places such as {{topic}}";
        return Err(refusal(vec![cause.to_owned()]));
    }
    if mission.to_string().len() > limits::PLAN_BYTES {
        let cause = format!("mission must be at most {} bytes", limits::PLAN_BYTES);
        return Err(refusal(vec![cause]));
    }
    Ok(mission)
}

/// That a playbook can be run: with the values that its author named its
/// mission is one. Where there are none, only its places are looked at.
fn check(mission: &Value, given: &Value) -> Result<()> {
    let mut causes = Vec::new();
    let known = parameters(given, &mut causes);
    let (values, is_certain) = samples(&known);
    let mut left = BTreeSet::new();
    let tried = filled(mission, &values, &mut left);
    let unknown = |name| format!("the mission uses {{{{{name}}}}}, which is no parameter");
    causes.extend(left.into_iter().map(unknown));
    if let (true, Value::Object(document)) = (is_certain && causes.is_empty(), tried)
        && let Err(error) = missions::check_plan(document)
    {
        let told = error.details.iter();
        causes.extend(told.map(|d| format!("mission.{}: {}", d.field, d.problem)));
    }
    if mission
        .get("tasks")
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty)
    {
        causes.push("mission must have a list of tasks".to_owned());
    }
    match causes.is_empty() {
        true => Ok(()),
        false => Err(refusal(causes)),
    }
}

/// A playbook as everybody sees it.
fn shown(playbook: &Playbook) -> Value {
    let document: Map<String, Value> = serde_json::from_str(&playbook.document).unwrap_or_default();
    let mut shown = Value::Object(document);
    shown["id"] = playbook.name.clone().into();
    shown["name"] = playbook.name.clone().into();
    shown["path"] = path(&playbook.name).into();
    shown
}

/// Shows a playbook.
#[derive(Clone, Debug)]
pub struct Get {
    /// Its name.
    pub name: String,
}

impl Op for Get {
    type Output = Value;
    operation!("playbooks.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        Ok(shown(&found(cx, &self.name).await?))
    }
}

/// Lists playbooks, without their missions.
#[derive(Clone, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Value>;
    operation!("playbooks.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let all = table::list(cx.tx, environment).await?;
        let listed = |playbook: &Playbook| {
            let mut shown = shown(playbook);
            if let Value::Object(shown) = &mut shown {
                shown.remove("mission");
                shown.entry("parameters").or_insert_with(|| json!([]));
            }
            shown
        };
        Ok(all.iter().map(listed).collect())
    }
}

/// Deletes a playbook. Missions that were made of it stay.
#[derive(Clone, Debug)]
pub struct Remove {
    /// Its name.
    pub name: String,
}

impl Op for Remove {
    type Output = Stored;
    operation!("playbooks.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Stored> {
        let playbook = found(cx, &self.name).await?;
        table::remove(cx.tx, playbook.environment, &playbook.name).await?;
        tell(cx, &playbook.name, "removed").await?;
        Ok(Stored {
            definition: shown(&playbook),
            name: playbook.name,
        })
    }
}
