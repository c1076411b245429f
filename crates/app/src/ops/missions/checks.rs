//! Checks of one object in the document of a mission, each adding its cause.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use domain::error::Detail;
use domain::{Result, limits, plan, text};
use serde_json::{Map, Value};

use crate::ops::notifications::channels;
use crate::ops::{hosted, jobs};

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Causes(Vec<Detail>);

impl Causes {
    pub(crate) fn push(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        problem: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(Detail {
            field: field.into(),
            rule: Cow::Borrowed(""),
            problem: problem.into(),
        });
    }

    /// Adds further causes, unless the same field was told already.
    pub(crate) fn extend(&mut self, further: Vec<Detail>) {
        let new = |detail: &Detail| !self.0.iter().any(|known| known.field == detail.field);
        let further: Vec<_> = further.into_iter().filter(new).collect();
        self.0.extend(further);
    }

    pub(crate) fn into_list(self) -> Vec<Detail> {
        self.0
    }
}

/// An object and where it stands in the document.
pub(crate) struct Checked<'a> {
    place: &'a str,
    object: &'a Map<String, Value>,
}

impl<'a> Checked<'a> {
    pub(crate) fn new(place: &'a str, object: &'a Map<String, Value>) -> Self {
        Self { place, object }
    }

    fn field(&self, key: &str) -> String {
        match self.place {
            "" => key.to_owned(),
            place if key.is_empty() => place.to_owned(),
            place => format!("{place}.{key}"),
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn ensure(&self, fits: bool, key: &str, problem: &'static str, causes: &mut Causes) {
        if !fits {
            causes.push(self.field(key), problem);
        }
    }

    /// A text, empty where there is none.
    pub(crate) fn string(&self, key: &str) -> &'a str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// The texts of a list.
    pub(crate) fn strings(&self, key: &str) -> Vec<String> {
        let list = self.get(key).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// A text that must be there.
    pub(crate) fn named(&self, key: &'static str, chars: usize, causes: &mut Causes) {
        match self.get(key) {
            Some(Value::String(name)) => {
                if let Err(error) = text::required(key, name, chars) {
                    let problem = error.details.into_iter().next().map(|d| d.problem);
                    causes.push(self.field(key), problem.unwrap_or_default());
                }
            }
            _ => causes.push(self.field(key), "is required and must be a text"),
        }
    }

    /// A text that may be missing.
    pub(crate) fn text(&self, key: &'static str, chars: usize, causes: &mut Causes) {
        let fits = match self.get(key) {
            None => true,
            Some(Value::String(given)) => text::optional(key, given, chars).is_ok(),
            Some(_) => false,
        };
        if !fits {
            let problem = format!("must be a text of at most {chars} characters");
            causes.push(self.field(key), problem);
        }
    }

    /// A list of texts that may be missing.
    pub(crate) fn words(&self, key: &str, causes: &mut Causes) {
        let fits = self.get(key).is_none_or(is_texts);
        self.ensure(fits, key, "must be a list of texts", causes);
    }

    /// Channels that are told something.
    pub(crate) fn channels(&self, causes: &mut Causes) {
        let fits = channels(self.get("notifyChannels")).is_ok();
        let problem = "must be a list of at most 20 names of channels";
        self.ensure(fits, "notifyChannels", problem, causes);
    }

    /// The condition of a quality gate.
    pub(crate) fn condition(&self, causes: &mut Causes) {
        let text = self.string("condition");
        if text.is_empty() {
            return;
        }
        if let Err(error) = plan::gate_condition(text) {
            let problem = error.details.into_iter().next().map(|d| d.problem);
            causes.push(self.field("condition"), problem.unwrap_or_default());
        }
    }

    /// A list of titles; that it names one is looked at with the others.
    pub(crate) fn titles(&self, key: &str, causes: &mut Causes) {
        let fits = self.get(key).is_some_and(is_texts);
        self.ensure(fits, key, "must be a list of titles of tasks", causes);
    }

    /// A number that may be missing.
    pub(crate) fn number(&self, key: &str, range: RangeInclusive<f64>, causes: &mut Causes) {
        let fits = match self.get(key) {
            None => true,
            Some(value) => value.as_f64().is_some_and(|number| range.contains(&number)),
        };
        if !fits {
            let problem = format!("must be a number from {} to {}", range.start(), range.end());
            causes.push(self.field(key), problem);
        }
    }

    /// A whole number that may be missing.
    fn whole(&self, key: &str, range: RangeInclusive<i64>, causes: &mut Causes) {
        let fits = match self.get(key) {
            None => true,
            Some(value) => value.as_i64().is_some_and(|number| range.contains(&number)),
        };
        if !fits {
            let (least, most) = range.into_inner();
            let problem = format!("must be a whole number from {least} to {most}");
            causes.push(self.field(key), problem);
        }
    }

    /// True or false, or missing.
    pub(crate) fn flag(&self, key: &str, causes: &mut Causes) {
        let fits = self.get(key).is_none_or(Value::is_boolean);
        self.ensure(fits, key, "must be true or false", causes);
    }

    /// An object that may be missing.
    pub(crate) fn object_or_null(&self, key: &str, causes: &mut Causes) {
        let fits = self.get(key).is_none_or(Value::is_object);
        self.ensure(fits, key, "must be an object", causes);
    }

    /// The fields of a task.
    pub(crate) fn task(&self, causes: &mut Causes) {
        self.named("title", limits::PLAN_NAME_CHARS, causes);
        self.named("description", limits::TEXT_CHARS, causes);
        self.text("assignTo", limits::AGENT_NAME_CHARS, causes);
        self.words("dependsOn", causes);
        self.whole("maxRetries", 0..=limits::JOB_RETRIES_MAX, causes);
        self.whole("maxDuration", 1..=limits::RUN_MS_MAX, causes);
        self.flag("sideEffects", causes);
        self.object_or_null("retryPolicy", causes);
        self.object_or_null("notifications", causes);
        self.each("metrics", causes, metric);
        self.each("expectations", causes, expectation);
        self.each("expectedOutcomes", causes, outcome);
        // Whatever else would be refused when the job is written.
        self.also(jobs::checked(self.object).map(drop), causes);
    }

    /// What an agent is made of.
    pub(crate) fn agent(&self, causes: &mut Causes) {
        self.also(hosted::checked(self.object).map(drop), causes);
    }

    /// Tells a refusal of the whole object, too.
    fn also(&self, outcome: Result<()>, causes: &mut Causes) {
        let Err(error) = outcome else {
            return;
        };
        let told = match error.details.is_empty() {
            true => vec![Detail {
                field: Cow::Borrowed(""),
                rule: Cow::Borrowed(""),
                problem: error.message,
            }],
            false => error.details,
        };
        let further = told.into_iter().map(|detail| Detail {
            field: self.field(&detail.field).into(),
            ..detail
        });
        causes.extend(further.collect());
    }

    /// Every object of a list that may be missing.
    fn each(&self, key: &'static str, causes: &mut Causes, check: fn(&Checked<'_>, &mut Causes)) {
        let list = match self.get(key) {
            None => return,
            Some(Value::Array(list)) if list.len() <= limits::PLAN_ENTRIES => list,
            Some(_) => {
                let problem = format!("must be a list of at most {} objects", limits::PLAN_ENTRIES);
                return causes.push(self.field(key), problem);
            }
        };
        for (index, entry) in list.iter().enumerate() {
            let place = format!("{}[{index}]", self.field(key));
            match entry {
                Value::Object(entry) => check(&Checked::new(&place, entry), causes),
                _ => causes.push(place, "must be an object"),
            }
        }
    }
}

fn is_texts(value: &Value) -> bool {
    let list = value.as_array();
    list.is_some_and(|list| list.len() <= limits::PLAN_TITLES && list.iter().all(Value::is_string))
}

/// How the result of a job is checked (Polpo 3.2).
fn expectation(entry: &Checked<'_>, causes: &mut Causes) {
    match entry.string("type") {
        "test" | "script" => entry.named("command", limits::TEXT_CHARS, causes),
        "file_exists" => {
            let paths = entry.strings("paths");
            let fits = !paths.is_empty() && entry.get("paths").is_some_and(is_texts);
            entry.ensure(fits, "paths", "must be a list that names a file", causes);
        }
        "llm_review" => {
            entry.text("criteria", limits::TEXT_CHARS, causes);
            entry.number("threshold", 1.0..=5.0, causes);
            entry.each("dimensions", causes, |dimension, causes| {
                dimension.named("name", limits::PLAN_NAME_CHARS, causes);
                dimension.number("weight", 0.0..=1.0, causes);
            });
        }
        _ => causes.push(
            entry.field("type"),
            "must be one of: test, script, file_exists, llm_review",
        ),
    }
}

/// What is measured of a result (Polpo 3.2).
fn metric(entry: &Checked<'_>, causes: &mut Causes) {
    entry.named("name", limits::PLAN_NAME_CHARS, causes);
    entry.named("command", limits::TEXT_CHARS, causes);
    let threshold = entry.get("threshold").and_then(Value::as_f64);
    entry.ensure(
        threshold.is_some(),
        "threshold",
        "is required and must be a number",
        causes,
    );
}

fn outcome(entry: &Checked<'_>, causes: &mut Causes) {
    entry.named("label", limits::PLAN_NAME_CHARS, causes);
    let known = ["file", "text", "url", "json", "media"];
    let fits = known.contains(&entry.string("type"));
    let problem = "must be one of: file, text, url, json, media";
    entry.ensure(fits, "type", problem, causes);
}
