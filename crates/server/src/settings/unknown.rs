//! Names that are no settings: they are refused, with the name that was
//! probably meant.
//!
//! Sections refuse what they do not have (`deny_unknown_fields`); what they say
//! is put into words here. A variable of the environment that is no setting and
//! like none was put there by somebody else (Kubernetes tells pods beside a
//! service `guildhall` its `GUILDHALL_PORT`): it is passed over, and the log
//! says so.
//!
//! **Invariant:** no value is repeated, only names: it may be a secret.

use figment::error::Kind;
use figment::value::{Dict, Value};

use super::providers::Provider;
use super::{PREFIX, Settings};

/// The operator's key has this short form in the environment.
const SHORT: &str = "operator_key";
/// What parts the names in a variable's.
const PARTING: &str = "__";
/// Stands for any provider's name.
const NAME: &str = "NAME";

/// What a variable of the environment is.
#[derive(Debug, PartialEq, Eq)]
enum Variable {
    /// A setting, as far as its first part tells.
    Setting,
    /// Nearly one.
    Mistyped(Option<String>),
    /// Nothing of ours.
    Stray(Option<String>),
}

/// Every setting there is.
struct Known {
    /// Such as `limits.enabled`.
    keys: Vec<String>,
    /// Such as `limits`.
    sections: Vec<String>,
}

impl Known {
    fn new() -> Self {
        let mut all = Settings::default();
        all.providers.insert(NAME.into(), Provider::default());
        let mut known = Self {
            keys: vec![SHORT.into()],
            sections: Vec::new(),
        };
        // Defaults are texts, numbers and lists: there is nothing to refuse.
        if let Ok(Value::Dict(_, all)) = Value::serialize(all) {
            known.sections.extend(all.keys().cloned());
            known.add("", &all);
        }
        known
    }

    fn add(&mut self, before: &str, fields: &Dict) {
        for (name, value) in fields {
            let key = format!("{before}{name}");
            match value {
                Value::Dict(_, fields) if !fields.is_empty() => {
                    self.add(&format!("{key}."), fields);
                }
                _ => self.keys.push(key),
            }
        }
    }

    /// Those that are in no section.
    fn alone(&self) -> impl Iterator<Item = &String> {
        self.keys.iter().filter(|key| !key.contains('.'))
    }

    fn judge(&self, rest: &str) -> Variable {
        let key = key_of(rest);
        let first = key.split('.').next().unwrap_or_default();
        if key == SHORT || self.sections.iter().any(|section| section == first) {
            return Variable::Setting;
        }
        if key.contains('.') {
            return Variable::Mistyped(nearest(&key, self.keys.iter()));
        }
        match nearest(&key, self.alone()) {
            Some(meant) => Variable::Mistyped(Some(meant)),
            None => Variable::Stray(nearest(&key, self.keys.iter())),
        }
    }
}

/// A setting's key, of what a variable's name has behind our beginning.
fn key_of(rest: &str) -> String {
    rest.to_lowercase().replace(PARTING, ".")
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', PARTING))
}

/// Variables that begin as ours do, without that beginning.
fn variables() -> impl Iterator<Item = String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned))
}

/// Variables that are nothing of ours, without their beginning.
///
/// # Errors
/// When one looks like a setting that was mistyped.
pub(super) fn strays() -> anyhow::Result<Vec<String>> {
    let known = Known::new();
    let mut strays = Vec::new();
    for rest in variables() {
        match known.judge(&rest) {
            Variable::Setting => {}
            Variable::Stray(_) => strays.push(rest),
            Variable::Mistyped(meant) => {
                let meant = meant.as_deref().map(variable_of);
                anyhow::bail!(told(&format!("{PREFIX}{rest}"), meant));
            }
        }
    }
    Ok(strays)
}

/// A line for the log about each of them.
pub(crate) fn remarks() -> Vec<String> {
    let known = Known::new();
    let told = variables().filter_map(|rest| match known.judge(&rest) {
        Variable::Setting | Variable::Mistyped(_) => None,
        Variable::Stray(meant) => Some(told(
            &format!("{PREFIX}{rest}"),
            meant.as_deref().map(variable_of),
        )),
    });
    told.collect()
}

/// What to say about a key that a section does not have; nothing where
/// something else is wrong.
pub(super) fn field(error: &figment::Error) -> Option<String> {
    let Kind::UnknownField(name, beside) = &error.kind else {
        return None;
    };
    let mut path = error.path.clone();
    path.push(name.clone());
    let key = path.join(".");
    // An item of a list is in no default.
    let mut known = Known::new();
    path.pop();
    let siblings = beside
        .iter()
        .map(|name| [&path[..], &[(*name).to_owned()]].concat().join("."));
    known.keys.extend(siblings);
    let meant = nearest(&key, known.keys.iter());
    let variable = variables().find(|rest| key_of(rest) == key);
    Some(match variable {
        Some(rest) => told(
            &format!("{PREFIX}{rest}"),
            meant.as_deref().map(variable_of),
        ),
        None => told(&key, meant),
    })
}

fn told(name: &str, meant: Option<String>) -> String {
    match meant {
        Some(meant) => format!("{name} is not a setting; did you mean {meant}?"),
        None => format!("{name} is not a setting"),
    }
}

/// The key that is most like one, where one is like it: as a whole, or in its
/// last part, for what was put into another section.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    let provider = key
        .strip_prefix("providers.")
        .and_then(|rest| rest.split_once('.'));
    let key = match provider {
        Some((_, rest)) => format!("providers.{NAME}.{rest}"),
        None => key.to_owned(),
    };
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let own = last(&key);
    let distance = |known: &String| {
        let whole = strsim::damerau_levenshtein(&key, known);
        let in_part = strsim::damerau_levenshtein(&own, &last(known));
        whole.min(in_part.saturating_add(1))
    };
    let (distance, meant) = known.map(|known| (distance(known), known)).min()?;
    let meant = match provider {
        Some((name, _)) => meant.replace(NAME, name),
        None => meant.clone(),
    };
    (distance <= own.len() / 4 + 1).then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::{Known, Variable, nearest};

    #[test]
    fn variables_are_told_apart() {
        let known = Known::new();
        for setting in [
            "DATABASE",
            "OPERATOR_KEY",
            "LIMITS__ENABLED",
            "PROVIDERS__X__API_KEY",
            "ASSETS",
            "POLT",
        ] {
            assert_eq!(known.judge(setting), Variable::Setting, "{setting}");
        }
        for (mistyped, meant) in [
            ("DATABSE", "database"),
            ("OPERATR_KEY", "operator_key"),
            ("LIMIT__ENABLED", "limits.enabled"),
            ("LISTEN__ON", ""),
        ] {
            let meant = (!meant.is_empty()).then(|| meant.to_owned());
            assert_eq!(
                known.judge(mistyped),
                Variable::Mistyped(meant),
                "{mistyped}"
            );
        }
        for stray in [
            "PORT",
            "SERVICE_HOST",
            "PORT_4300_TCP_ADDR",
            "VERSION",
            "ENV",
        ] {
            assert!(matches!(known.judge(stray), Variable::Stray(_)), "{stray}");
        }
        let elsewhere = Some("server.listen".to_owned());
        assert_eq!(known.judge("LISTEN"), Variable::Stray(elsewhere));
    }

    #[test]
    fn the_key_that_is_meant_is_found() {
        let known = Known::new();
        for (key, meant) in [
            ("limits.requets_per_minute", "limits.requests_per_minute"),
            ("listen", "server.listen"),
            ("server.public_uri", "server.public_url"),
            ("providers.groq.apikey", "providers.groq.api_key"),
            ("vault.keyfile", "vault.key_file"),
            ("hosting.zebra", ""),
        ] {
            let found = nearest(key, known.keys.iter());
            assert_eq!(found.as_deref().unwrap_or_default(), meant, "{key}");
        }
    }
}
