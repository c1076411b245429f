//! What a playbook says: its parameters, and its mission with places for them.
//!
//! A place is `{{name}}` inside a text; what is put in is text, so a value
//! never becomes structure.

use std::collections::{BTreeMap, BTreeSet};

use domain::error::Detail;
use domain::{Error, Result, limits, text};
use serde_json::{Map, Value};

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    name: String,
    kind: Kind,
    required: bool,
    default: Option<Value>,
    choices: Option<Vec<Value>>,
}

domain::words! {
    /// What may be put in for a parameter.
    pub enum Kind {
        /// A text.
        String = "string",
        /// A number.
        Number = "number",
        /// True or false.
        Boolean = "boolean",
    }
}

impl Kind {
    /// Reads a value of this kind; a text may spell it.
    fn read(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_)) => Some(value.clone()),
            (Self::Number, Value::String(text)) => {
                let number: serde_json::Number = text.trim().parse().ok()?;
                Some(Value::Number(number))
            }
            (Self::Boolean, Value::String(text)) => text.trim().parse().ok().map(Value::Bool),
            _ => None,
        }
    }
}

/// A refusal with every cause.
pub(super) fn refusal(causes: Vec<String>) -> Error {
    let message = match causes.as_slice() {
        [only] => only.clone(),
        _ => format!("there are {} faults: see details", causes.len()),
    };
    let mut error = Error::invalid("invalid_playbook", message);
    let details = causes.into_iter().take(limits::PLAN_CAUSES);
    error.details = details
        .map(|cause| Detail {
            field: "".into(),
            rule: "".into(),
            problem: cause.into(),
        })
        .collect();
    error
}

/// That a name is one: small letters, digits and single hyphens.
pub(super) fn check_name(name: &str) -> Result<()> {
    let fits = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !part.is_empty() && part.chars().all(plain)
    };
    if name.len() <= limits::NAME_CHARS && name.split('-').all(fits) {
        return Ok(());
    }
    Err(refusal(vec![format!(
        "name must be kebab-case, such as weekly-report, and at most {} characters",
        limits::NAME_CHARS
    )]))
}

/// Reads the parameters of a playbook.
pub(super) fn parameters(given: &Value, causes: &mut Vec<String>) -> Vec<Parameter> {
    let list = match given {
        Value::Null => return Vec::new(),
        Value::Array(list)
            if list.len() <= limits::PLAYBOOK_PARAMETERS
                && given.to_string().len() <= limits::PLAYBOOK_PARAMETERS_BYTES =>
        {
            list
        }
        _ => {
            causes.push(format!(
                "parameters must be a list of at most {}, and of {} bytes",
                limits::PLAYBOOK_PARAMETERS,
                limits::PLAYBOOK_PARAMETERS_BYTES
            ));
            return Vec::new();
        }
    };
    let mut names = BTreeSet::new();
    let mut parameters = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        match parameter(entry) {
            Ok(parameter) if names.insert(parameter.name.clone()) => parameters.push(parameter),
            Ok(parameter) => causes.push(format!("parameters name \"{}\" twice", parameter.name)),
            Err(problem) => causes.push(format!("parameters[{index}] {problem}")),
        }
    }
    parameters
}

fn parameter(entry: &Value) -> Result<Parameter, String> {
    let name = entry
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !is_name(name) {
        return Err("needs a name of letters, digits, _ and -".to_owned());
    }
    let kind = match entry.get("type").filter(|kind| !kind.is_null()) {
        None => Kind::String,
        Some(kind) => kind.as_str().and_then(Kind::parse).ok_or_else(|| {
            format!("\"{name}\" must have one of these types: string, number, boolean")
        })?,
    };
    let read = |value: &Value| {
        kind.read(value)
            .ok_or_else(|| format!("\"{name}\" has a value that is no {}", kind.as_str()))
    };
    let choices = match entry.get("enum") {
        None | Some(Value::Null) => None,
        Some(Value::Array(choices)) if !choices.is_empty() => {
            Some(choices.iter().map(read).collect::<Result<Vec<_>, _>>()?)
        }
        Some(_) => return Err(format!("\"{name}\" must have a list as its enum")),
    };
    let default = entry.get("default").filter(|default| !default.is_null());
    let default = default.map(read).transpose()?;
    if let (Some(choices), Some(default)) = (&choices, &default)
        && !choices.contains(default)
    {
        return Err(format!("\"{name}\" has a default that is not in its enum"));
    }
    Ok(Parameter {
        name: name.to_owned(),
        kind,
        required: entry.get("required") == Some(&Value::Bool(true)),
        default,
        choices,
    })
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= limits::NAME_CHARS && name.chars().all(fits)
}

/// What is put in, by the parameters' names.
pub(super) type Values = BTreeMap<String, String>;

fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Reads what is given for the parameters. Answers warnings, too.
pub(super) fn values(
    parameters: &[Parameter],
    given: &Map<String, Value>,
    causes: &mut Vec<String>,
) -> (Values, Vec<String>) {
    let mut values = Values::new();
    for parameter in parameters {
        let name = &parameter.name;
        let said = given.get(name).filter(|value| !value.is_null());
        match said {
            Some(value) => match accepted(parameter, value) {
                Ok(text) => {
                    values.insert(name.clone(), text);
                }
                Err(cause) => causes.push(cause),
            },
            None => match &parameter.default {
                Some(default) => {
                    values.insert(name.clone(), spelled(default));
                }
                None if parameter.required => {
                    causes.push(format!("the parameter \"{name}\" is required"));
                }
                None => {}
            },
        }
    }
    let known = |name: &&String| parameters.iter().any(|p| p.name == **name);
    let unknown = given.keys().filter(|name| !known(name));
    let warnings = unknown.map(|name| format!("there is no parameter \"{name}\": it was ignored"));
    (values, warnings.collect())
}

fn accepted(parameter: &Parameter, value: &Value) -> Result<String, String> {
    let Parameter {
        name,
        kind,
        choices,
        ..
    } = parameter;
    let read = kind.read(value);
    let value =
        read.ok_or_else(|| format!("the parameter \"{name}\" must be a {}", kind.as_str()))?;
    if let Some(choices) = choices
        && !choices.contains(&value)
    {
        let words: Vec<_> = choices.iter().map(spelled).collect();
        let words = words.join(", ");
        return Err(format!("the parameter \"{name}\" must be one of: {words}"));
    }
    let spelled = spelled(&value);
    text::optional("params", &spelled, limits::PLAYBOOK_VALUE_CHARS)
        .map_err(|error| format!("the parameter \"{name}\": {}", error.message))?;
    Ok(spelled)
}

/// What could be put in, to try a playbook out; and whether every value is one
/// that its author named.
pub(super) fn samples(parameters: &[Parameter]) -> (Values, bool) {
    let mut is_certain = true;
    let mut sample = |parameter: &Parameter| {
        let choice = parameter
            .choices
            .as_ref()
            .and_then(|choices| choices.first());
        let named = parameter.default.as_ref().or(choice);
        is_certain &= named.is_some();
        let value = named.map_or_else(
            || match parameter.kind {
                Kind::String => parameter.name.clone(),
                Kind::Number => "1".to_owned(),
                Kind::Boolean => "true".to_owned(),
            },
            spelled,
        );
        (parameter.name.clone(), value)
    };
    let values = parameters.iter().map(&mut sample).collect();
    (values, is_certain)
}

/// A mission with its places filled. Names of places that are left are put
/// into `left`.
pub(super) fn filled(value: &Value, values: &Values, left: &mut BTreeSet<String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, values, left)),
        Value::Array(list) => list.iter().map(|v| filled(v, values, left)).collect(),
        Value::Object(object) => {
            let mut entries = Map::with_capacity(object.len());
            for (key, value) in object {
                entries.insert(key.clone(), filled(value, values, left));
            }
            Value::Object(entries)
        }
        other => other.clone(),
    }
}

fn fill(text: &str, values: &Values, left: &mut BTreeSet<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let place = behind.split_once("}}");
        match place.filter(|(name, _)| is_name(name.trim())) {
            Some((name, after)) => {
                match values.get(name.trim()) {
                    Some(value) => filled.push_str(value),
                    None => {
                        left.insert(name.trim().to_owned());
                    }
                }
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = behind;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{check_name, filled, parameters, values};
    use serde_json::{Value, json};

    #[test]
    fn places_are_filled_with_text() {
        let mission =
            json!({ "tasks": [{ "title": "Ask {{who}}", "n": 1, "d": "{{ who }} {{x}} {{ {" }] });
        let given = [("who".to_owned(), "a\"b {{x}}".to_owned())].into();
        let mut left = BTreeSet::new();
        let filled = filled(&mission, &given, &mut left);
        assert_eq!(filled["tasks"][0]["title"], "Ask a\"b {{x}}");
        assert_eq!(left.into_iter().collect::<Vec<_>>(), ["x"]);
    }

    #[test]
    fn names_are_kebab_case() {
        assert!(check_name("weekly-report-2").is_ok());
        for bad in ["", "Weekly", "a_b", "-a", "a--b", "a b", "../x"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_have_types_defaults_and_choices() {
        let list = json!([
            { "name": "who", "required": true },
            { "name": "count", "type": "number", "default": 3 },
            { "name": "tone", "enum": ["kind", "short"] },
        ]);
        let mut causes = Vec::new();
        let known = parameters(&list, &mut causes);
        assert!(causes.is_empty(), "{causes:?}");
        let read = |given: Value| {
            let mut causes = Vec::new();
            let given = given.as_object().cloned().unwrap_or_default();
            let (values, warnings) = values(&known, &given, &mut causes);
            (values, warnings.len(), causes.len())
        };
        let (read_values, warnings, causes) = read(json!({ "who": "ada", "count": "4", "y": 1 }));
        assert_eq!((warnings, causes), (1, 0));
        assert_eq!(read_values.get("count").map(String::as_str), Some("4"));
        assert_eq!(read(json!({})).2, 1);
        assert_eq!(read(json!({ "who": 1, "count": "x", "tone": "loud" })).2, 3);
        let mut causes = Vec::new();
        for bad in [
            json!([{}]),
            json!([{ "name": "a", "type": "list" }]),
            json!([{ "name": "a", "default": 1 }]),
            json!([{ "name": "a" }, { "name": "a" }]),
            json!("x"),
        ] {
            causes.clear();
            parameters(&bad, &mut causes);
            assert_eq!(causes.len(), 1, "{bad}");
        }
    }
}
