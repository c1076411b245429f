//! What an agent tells: what it produced, and what it wants to know.

use domain::{Error, Result, limits, text};
use serde_json::{Map, Value, json};

use super::Kit;
use super::args::Args;

/// Outcomes that one turn registers.
const OUTCOMES: usize = 100;
/// Characters of the heading of a question (Polpo 2.6).
const HEADER_CHARS: usize = 30;
/// Questions at once, and answers to choose from.
const QUESTIONS: usize = 10;

impl Kit {
    pub(super) async fn register_outcome(&mut self, args: &Args<'_>) -> Result<String> {
        let sorts = ["file", "text", "url", "json", "media"];
        let sort = args.word("type", &sorts)?;
        let sort = sort.ok_or_else(|| {
            Error::field("type", format!("is required, one of: {}", sorts.join(", ")))
        })?;
        let label = args.required("label")?;
        text::required("label", label, limits::TITLE_CHARS)?;
        if self.effects.outcomes.len() >= OUTCOMES {
            return Err(Error::conflict(
                "too_many_outcomes",
                "that is enough of outcomes for one turn",
            ));
        }
        let needed = match sort {
            "file" | "media" => "path",
            "json" => "data",
            other => other,
        };
        if args.any(needed).is_none() {
            return Err(Error::field("type", format!("{sort} needs {needed}")));
        }
        let is_there = |path: &&str| {
            let allowed = self.confines.check(&self.workspace, path);
            allowed.is_ok() && self.workspace.exists(path)
        };
        if let Some(path) = args.text("path")?.filter(|path| !is_there(path)) {
            return Err(Error::field(
                "path",
                format!("leads to nothing: there is no {path}"),
            ));
        }
        let number = self.effects.outcomes.len() + 1;
        let mut outcome = json!({
            "id": format!("out_{}_{number}", self.run.0.simple()),
            "type": sort,
            "label": label,
            "producedBy": &*self.agent,
            "producedAt": stamp(self.app.now()),
        });
        for name in ["path", "text", "url", "mimeType"] {
            if let Some(given) = args.text(name)? {
                text::optional(name, given, limits::TEXT_CHARS)?;
                outcome[name] = json!(given);
            }
        }
        for name in ["data", "tags"] {
            if let Some(given) = args
                .any(name)
                .filter(|given| given.to_string().len() <= limits::OUTPUT_BYTES)
            {
                outcome[name] = given.clone();
            }
        }
        self.effects.outcomes.push(self.mask.value(&outcome));
        Ok(format!("registered {label}"))
    }
}

fn stamp(time: domain::Time) -> String {
    let stamp = jiff::Timestamp::from_microsecond(time.0).unwrap_or(jiff::Timestamp::MAX);
    format!("{stamp:.3}")
}

/// Questions in the form in which they are put to a person (Polpo 2.6).
pub(super) fn question(args: &Args<'_>) -> Result<Value> {
    let given = args.any("questions").and_then(Value::as_array);
    let given = given.filter(|list| !list.is_empty() && list.len() <= QUESTIONS);
    let given =
        given.ok_or_else(|| Error::field("questions", "must be a list of 1 to 10 questions"))?;
    let mut asked = Vec::new();
    for (number, one) in (1..).zip(given) {
        let fields = one.as_object().ok_or_else(wrong)?;
        asked.push(Value::Object(put(number, fields)?));
    }
    Ok(json!({ "questions": asked }))
}

fn put(number: usize, fields: &Map<String, Value>) -> Result<Map<String, Value>> {
    let said = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let question = said("question").ok_or_else(wrong)?;
    text::optional("questions", question, limits::SUMMARY_CHARS)?;
    let options = fields.get("options").and_then(Value::as_array);
    let mut choices = Vec::new();
    for option in options.into_iter().flatten().take(QUESTIONS) {
        // A plain text is as clear as an object with a label.
        let label = option
            .as_str()
            .or_else(|| option["label"].as_str())
            .ok_or_else(wrong)?;
        let mut choice = json!({ "label": text::cut(label.to_owned(), limits::TITLE_CHARS) });
        if let Some(description) = option["description"].as_str() {
            choice["description"] = json!(text::cut(description.to_owned(), limits::SUMMARY_CHARS));
        }
        choices.push(choice);
    }
    let flag = |name: &str, otherwise| {
        fields
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(otherwise)
    };
    let id = said("id").map_or_else(
        || format!("q{number}"),
        |id| text::cut(id.to_owned(), limits::NAME_CHARS),
    );
    let mut put = Map::new();
    put.insert("id".into(), json!(id));
    put.insert("question".into(), json!(question));
    if let Some(header) = said("header") {
        put.insert(
            "header".into(),
            json!(text::cut(header.to_owned(), HEADER_CHARS)),
        );
    }
    put.insert("options".into(), Value::Array(choices));
    put.insert("multiple".into(), json!(flag("multiple", false)));
    put.insert("custom".into(), json!(flag("custom", true)));
    Ok(put)
}

fn wrong() -> Error {
    Error::field(
        "questions",
        "must be objects such as {\"question\": \"Which colour?\", \"options\": [{\"label\": \"Red\"}]}",
    )
}
