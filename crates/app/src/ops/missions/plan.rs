//! The document of a mission, read and checked (Polpo 2.9).
//!
//! **Invariant:** what is stored passed [`read`]; a document that does not is
//! refused with every cause at once. Fields that nobody here knows are kept.
//!
//! To add a field of a task, check it in `checks.rs`; to add one of a gate,
//! checkpoint or delay, in `entries` here.

use domain::condition::Condition;
use domain::error::Detail;
use domain::plan::{self, Barrier, Kind, Standard, Step};
use domain::time::Span;
use domain::{Error, Result, limits};
use serde_json::{Map, Value, json};

use super::checks::{Causes, Checked};
use crate::calendar;

/// A document that was read.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// All of it.
    pub(crate) document: Map<String, Value>,
    /// Its jobs and what they need.
    pub(crate) steps: Vec<Step>,
    /// What stands between them.
    pub(crate) barriers: Vec<Barrier>,
}

/// Reads a document as it is sent and stored: a text.
pub(crate) fn read(text: &str) -> Result<Plan> {
    if text.len() > limits::PLAN_BYTES {
        return Err(too_long());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(document)) => check(document),
        Ok(_) => Err(refusal(vec![cause("data", "must hold a JSON object")])),
        Err(error) => Err(refusal(vec![cause(
            "data",
            format!("is not valid JSON: {error}"),
        )])),
    }
}

fn too_long() -> Error {
    Error::field(
        "data",
        format!("must be at most {} bytes long", limits::PLAN_BYTES),
    )
}

/// Reads the plan with which a run began: it was checked then, and the run goes
/// on with it, whatever is asked of a new one since.
///
/// # Errors
/// `Internal` when it is no document at all.
pub(crate) fn stored(text: &str) -> Result<Plan> {
    let document = serde_json::from_str(text).map_err(|_| Error::internal())?;
    Ok(parts(document, &mut Causes::default()))
}

/// Checks a document.
pub(crate) fn check(document: Map<String, Value>) -> Result<Plan> {
    let mut causes = Causes::default();
    let plan = parts(document, &mut causes);
    let causes = causes.into_list();
    if !causes.is_empty() {
        return Err(refusal(causes));
    }
    // As it is stored, however it was sent or put together.
    match plan.written().len() > limits::PLAN_BYTES {
        true => Err(too_long()),
        false => Ok(plan),
    }
}

/// A document with its parts, and everything that is wrong with it.
fn parts(document: Map<String, Value>, causes: &mut Causes) -> Plan {
    let steps = steps(&document, causes);
    let mut barriers = Vec::new();
    for kind in Kind::ALL {
        barriers.extend(entries(&document, kind, causes));
    }
    team(&document, causes);
    Checked::new("", &document).object_or_null("notifications", causes);
    if !steps.is_empty() {
        causes.extend(plan::causes(&steps, &barriers));
    }
    Plan {
        document,
        steps,
        barriers,
    }
}

fn cause(field: &'static str, problem: impl Into<std::borrow::Cow<'static, str>>) -> Detail {
    Detail {
        field: field.into(),
        rule: "".into(),
        problem: problem.into(),
    }
}

fn refusal(mut causes: Vec<Detail>) -> Error {
    let count = causes.len();
    causes.truncate(limits::PLAN_CAUSES);
    let message = match causes.as_slice() {
        [only] => format!(
            "the mission document is not valid: {} {}",
            only.field, only.problem
        ),
        _ => format!("the mission document has {count} faults: see details"),
    };
    let mut error = Error::invalid("invalid_document", message);
    error.details = causes;
    error
}

fn steps(document: &Map<String, Value>, causes: &mut Causes) -> Vec<Step> {
    let Some(Value::Array(tasks)) = document.get("tasks") else {
        causes.push("tasks", "is required and must be a list of tasks");
        return Vec::new();
    };
    if tasks.is_empty() || tasks.len() > limits::PLAN_TASKS {
        let problem = format!("must list 1 to {} tasks", limits::PLAN_TASKS);
        causes.push("tasks", problem);
        return Vec::new();
    }
    let read = |(index, task): (usize, &Value)| {
        let place = format!("tasks[{index}]");
        let Value::Object(task) = task else {
            causes.push(place, "must be an object");
            return Step::default();
        };
        let task = Checked::new(&place, task);
        task.task(causes);
        Step {
            title: task.string("title").to_owned(),
            needs: task.strings("dependsOn"),
        }
    };
    tasks.iter().enumerate().map(read).collect()
}

/// The gates, checkpoints or delays of a document.
fn entries(document: &Map<String, Value>, kind: Kind, causes: &mut Causes) -> Vec<Barrier> {
    let key = kind.as_str();
    let mut barriers = Vec::new();
    for (place, entry) in objects(document, key, causes) {
        let entry = Checked::new(&place, entry);
        entry.named("name", limits::PLAN_NAME_CHARS, causes);
        entry.titles("afterTasks", causes);
        entry.titles("blocksTasks", causes);
        match kind {
            Kind::Gate => {
                entry.number("minScore", 1.0..=5.0, causes);
                entry.flag("requireAllPassed", causes);
                entry.text("condition", limits::CONDITION_CHARS, causes);
                entry.condition(causes);
            }
            Kind::Checkpoint => entry.text("message", limits::TEXT_CHARS, causes),
            Kind::Delay => {
                entry.text("message", limits::TEXT_CHARS, causes);
                if duration(entry.string("duration")).is_none() {
                    let problem = "must be an ISO 8601 duration such as PT30M, of at most a year";
                    causes.push(format!("{place}.duration"), problem);
                }
            }
        }
        entry.channels(causes);
        entry.flag("includeOutcomes", causes);
        barriers.push(Barrier {
            kind,
            name: entry.string("name").to_owned(),
            after: entry.strings("afterTasks"),
            blocks: entry.strings("blocksTasks"),
        });
    }
    barriers
}

fn team(document: &Map<String, Value>, causes: &mut Causes) {
    let mut names = std::collections::BTreeSet::new();
    for (place, member) in objects(document, "team", causes) {
        let member = Checked::new(&place, member);
        member.named("name", limits::AGENT_NAME_CHARS, causes);
        member.agent(causes);
        let name = member.string("name").to_owned();
        if !name.is_empty() && !names.insert(name) {
            causes.push(
                format!("{place}.name"),
                "is the name of another member, too",
            );
        }
    }
}

/// The objects of an optional list, with their places.
fn objects<'a>(
    document: &'a Map<String, Value>,
    key: &str,
    causes: &mut Causes,
) -> Vec<(String, &'a Map<String, Value>)> {
    let list = match document.get(key) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) if list.len() <= limits::PLAN_ENTRIES => list,
        Some(_) => {
            let problem = format!("must be a list of at most {} objects", limits::PLAN_ENTRIES);
            causes.push(key.to_owned(), problem);
            return Vec::new();
        }
    };
    let mut objects = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        let place = format!("{key}[{index}]");
        match entry {
            Value::Object(entry) => objects.push((place, entry)),
            _ => causes.push(place, "must be an object"),
        }
    }
    objects
}

/// A gate's condition, if it has one.
fn condition(given: Option<&Value>) -> Option<(String, Condition)> {
    let text = given
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())?;
    let condition = plan::gate_condition(text).ok()?;
    Some((text.to_owned(), condition))
}

/// A delay's duration.
fn duration(text: &str) -> Option<Span> {
    calendar::length(text).filter(|span| *span <= limits::PLAN_DELAY_MAX)
}

/// The objects under a key.
pub(crate) fn listed<'a>(
    document: &'a Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a Map<String, Value>> {
    let list = document.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

/// The text under a key, or nothing.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Plan {
    /// A barrier as it stands in the document.
    pub(crate) fn entry(&self, barrier: &Barrier) -> Option<&Map<String, Value>> {
        listed(&self.document, barrier.kind.as_str())
            .find(|entry| text(entry, "name") == barrier.name)
    }

    /// What a gate asks for.
    pub(crate) fn standard(&self, barrier: &Barrier) -> Standard {
        let field = |key| self.entry(barrier).and_then(|entry| entry.get(key));
        Standard {
            all_passed: field("requireAllPassed").and_then(Value::as_bool) == Some(true),
            min_score: field("minScore").and_then(Value::as_f64),
            condition: condition(field("condition")),
        }
    }

    /// How long a delay is.
    pub(crate) fn delay(&self, barrier: &Barrier) -> Option<Span> {
        duration(text(self.entry(barrier)?, "duration"))
    }

    /// The tasks, in the order of the document.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Map<String, Value>> {
        listed(&self.document, "tasks")
    }

    /// The document as it is stored.
    pub(crate) fn written(&self) -> String {
        Value::Object(self.document.clone()).to_string()
    }
}

/// A document in the form of the documentation, made of fields of a request
/// (Polpo 2.9). Its team may be an object with a list of agents.
pub fn assembled(fields: [(&'static str, Option<Value>); 5]) -> Value {
    let mut document = Map::new();
    for (key, value) in fields {
        let value = match (key, value) {
            ("team", Some(Value::Object(mut team))) => {
                let members = team.remove("agents").or_else(|| team.remove("members"));
                let Some(Value::Array(members)) = members else {
                    continue;
                };
                // An agent that is only named lives in the project already.
                let own = members.into_iter().filter(Value::is_object).collect();
                Some(Value::Array(own))
            }
            (_, value) => value,
        };
        let is_empty = value
            .as_ref()
            .is_none_or(|value| value.is_null() || *value == json!([]));
        if let Some(value) = value.filter(|_| !is_empty || key == "tasks") {
            document.insert(key.into(), value);
        }
    }
    Value::Object(document)
}

#[cfg(test)]
mod tests {
    use super::{assembled, read};
    use serde_json::json;

    fn causes(document: serde_json::Value) -> Vec<String> {
        let error = read(&document.to_string()).expect_err("a refusal");
        let told = error.details.iter();
        told.map(|d| format!("{}: {}", d.field, d.problem))
            .collect()
    }

    #[test]
    fn a_whole_document_is_read() {
        let plan = read(
            &json!({
                "tasks": [
                    { "title": "ship", "description": "d", "dependsOn": ["build"] },
                    { "title": "build", "description": "d", "assignTo": "ada", "maxDuration": 1000,
                      "expectations": [{ "type": "llm_review", "threshold": 3.5 }] },
                ],
                "qualityGates": [{ "name": "g", "afterTasks": ["build"], "blocksTasks": ["ship"], "minScore": 3 }],
                "delays": [{ "name": "d", "afterTasks": ["build"], "blocksTasks": ["ship"], "duration": "PT1M" }],
                "team": [{ "name": "ada" }],
                "further": { "kept": true },
            })
            .to_string(),
        )
        .unwrap();
        assert_eq!((plan.steps.len(), plan.barriers.len()), (2, 2));
        assert_eq!(plan.standard(&plan.barriers[0]).min_score, Some(3.0));
        assert_eq!(
            plan.delay(&plan.barriers[1]),
            Some(domain::time::Span::seconds(60))
        );
        assert!(plan.written().contains("kept"));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let told = causes(json!({
            "tasks": [
                { "title": "a", "expectations": [{ "type": "test" }], "maxDuration": 0 },
                7,
            ],
            "delays": [{ "name": "d", "afterTasks": ["a"], "blocksTasks": [], "duration": "soon" }],
            "qualityGates": [{ "afterTasks": "a", "blocksTasks": ["a"], "minScore": 6 }],
            "team": [{}],
        }));
        for field in [
            "tasks[0].description",
            "tasks[0].expectations[0].command",
            "tasks[0].maxDuration",
            "tasks[1]",
            "delays[0].duration",
            "delays[0].blocksTasks",
            "qualityGates[0].name",
            "qualityGates[0].afterTasks",
            "qualityGates[0].minScore",
            "team[0].name",
        ] {
            let is_told = told.iter().any(|t| t.starts_with(&format!("{field}: ")));
            assert!(is_told, "{field}: {told:#?}");
        }
        assert_eq!(read("not json").expect_err("a refusal").details.len(), 1);
        assert!(causes(json!({ "tasks": [] }))[0].starts_with("tasks"));
    }

    #[test]
    fn the_form_of_the_documentation_becomes_a_document() {
        let team = json!({ "name": "crew", "agents": ["bob", { "name": "ada" }] });
        let document = assembled([
            ("tasks", Some(json!([]))),
            ("team", Some(team)),
            ("qualityGates", Some(json!([]))),
            ("checkpoints", None),
            ("delays", Some(json!(null))),
        ]);
        assert_eq!(
            document,
            json!({ "tasks": [], "team": [{ "name": "ada" }] })
        );
    }
}
