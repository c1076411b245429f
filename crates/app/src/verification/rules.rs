//! Declarative checks of an output beside its schema (AGI ATM 4):
//! `{"checks": [{"type", "pointer", "value"}]}`.
//!
//! To add a kind of check, add a variant to [`Expect`], read it in
//! [`read_check`] and decide it in [`Check::problem`].

use domain::error::Detail;
use domain::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::meter::charge;
use super::patterns::{self, CACHE_BYTES, PATTERNS, PROGRAMS_BYTES, Pattern};
use super::unfit;

/// Checks of one task.
const CHECKS: usize = 50;
/// Bytes that are hashed or compared in one step.
const BYTES_PER_STEP: usize = 64;

/// The checks of a task.
#[derive(Default)]
pub(super) struct Rules {
    checks: Vec<Check>,
    /// About how many bytes they take.
    pub(super) bytes: u64,
}

struct Check {
    pointer: String,
    expect: Expect,
}

/// What is expected of the value at a pointer.
enum Expect {
    /// It is this JSON.
    Equals(Value),
    /// It is a text in which this is found.
    Matches(Pattern),
    /// It has so many items or members.
    Count(u64, u64),
    /// Its text, or the JSON it is, has this hash, in hexadecimal digits.
    Sha256(String),
}

impl Rules {
    /// Reads the checks.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn compile(text: &str) -> Result<Self, Vec<Detail>> {
        let rules: Value = serde_json::from_str(text)
            .map_err(|_| vec![unfit("", "json", "is no JSON, or is nested too deeply")])?;
        let checks = rules.get("checks").and_then(Value::as_array);
        let checks =
            checks.ok_or_else(|| vec![unfit("/checks", "required", "must be a list of checks")])?;
        if checks.len() > CHECKS {
            let problem = format!("must be at most {CHECKS} checks");
            return Err(vec![unfit("/checks", "size", &problem)]);
        }
        let read = |(at, check)| read_check(&format!("/checks/{at}"), check);
        let checks = checks.iter().enumerate().map(read);
        let checks: Vec<_> = checks
            .collect::<Result<_, _>>()
            .map_err(|detail| vec![detail])?;
        let programs = checks.iter().filter_map(|check| match &check.expect {
            Expect::Matches(pattern) => Some(pattern.bytes),
            _ => None,
        });
        let programs: Vec<_> = programs.collect();
        let bytes: usize = programs.iter().sum();
        if programs.len() > PATTERNS || bytes > PROGRAMS_BYTES {
            let problem = "has too many or too large patterns";
            return Err(vec![unfit("/checks", "pattern", problem)]);
        }
        Ok(Self {
            checks,
            bytes: (text.len() * 8 + bytes + programs.len() * CACHE_BYTES) as u64,
        })
    }

    /// What an output does not satisfy. Pays the meter that is set.
    pub(super) fn causes(&self, output: &Value) -> Vec<Detail> {
        let failed = |check: &Check| {
            charge(1);
            let problem = check.problem(output)?;
            Some(unfit(&check.pointer, check.expect.name(), &problem))
        };
        self.checks.iter().filter_map(failed).collect()
    }
}

fn read_check(at: &str, check: &Value) -> Result<Check, Detail> {
    let text = |name: &str| check.get(name).and_then(Value::as_str);
    let pointer = text("pointer").unwrap_or("");
    if !(pointer.is_empty() || pointer.starts_with('/')) {
        return Err(unfit(
            &format!("{at}/pointer"),
            "pointer",
            "must be a JSON Pointer, such as /items/0, or empty for the whole output",
        ));
    }
    let here = format!("{at}/value");
    let value = check
        .get("value")
        .ok_or_else(|| unfit(&here, "required", "is required"))?;
    let words = || value.as_str();
    let expect = match text("type") {
        Some("equals") => Expect::Equals(value.clone()),
        Some("matches") => {
            let pattern =
                words().ok_or_else(|| unfit(&here, "type", "must be a regular expression"))?;
            Expect::Matches(patterns::compile(&here, pattern)?)
        }
        Some("count") => read_count(value).ok_or_else(|| {
            unfit(
                &here,
                "type",
                "must be a number, or an object with min and max",
            )
        })?,
        Some("sha256") => words()
            .filter(|digits| hex::is_sha256(digits))
            .map(|digits| Expect::Sha256(digits.to_ascii_lowercase()))
            .ok_or_else(|| unfit(&here, "type", "must be 64 hexadecimal digits"))?,
        _ => {
            return Err(unfit(
                &format!("{at}/type"),
                "enum",
                "must be one of: equals, matches, count, sha256",
            ));
        }
    };
    Ok(Check {
        pointer: pointer.to_owned(),
        expect,
    })
}

fn read_count(value: &Value) -> Option<Expect> {
    if let Some(count) = value.as_u64() {
        return Some(Expect::Count(count, count));
    }
    let bounds = value.as_object()?;
    let bound = |name: &str, usual| match bounds.get(name) {
        Some(bound) => bound.as_u64(),
        None => Some(usual),
    };
    let (min, max) = (bound("min", 0)?, bound("max", u64::MAX)?);
    (min <= max && !(min == 0 && max == u64::MAX)).then_some(Expect::Count(min, max))
}

impl Expect {
    fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::Matches(_) => "matches",
            Self::Count(..) => "count",
            Self::Sha256(_) => "sha256",
        }
    }
}

impl Check {
    fn problem(&self, output: &Value) -> Option<String> {
        let Some(value) = output.pointer(&self.pointer) else {
            return Some("there is nothing at this place".to_owned());
        };
        let holds = match &self.expect {
            Expect::Equals(expected) => value == expected,
            Expect::Matches(pattern) => match value.as_str() {
                Some(text) => {
                    charge(pattern.price().saturating_mul(text.len() as u64));
                    pattern.regex.is_match(text)
                }
                None => return Some("must be a text".to_owned()),
            },
            Expect::Count(min, max) => match count(value) {
                Some(count) => (*min..=*max).contains(&count),
                None => return Some("must be a list or an object".to_owned()),
            },
            Expect::Sha256(expected) => digest(value) == *expected,
        };
        (!holds).then(|| self.expected())
    }

    fn expected(&self) -> String {
        match &self.expect {
            Expect::Equals(_) => "is not the value that the rule names".to_owned(),
            Expect::Matches(pattern) => format!("does not match {}", pattern.regex.as_str()),
            Expect::Count(min, u64::MAX) => format!("must have at least {min} entries"),
            Expect::Count(min, max) if min == max => format!("must have {min} entries"),
            Expect::Count(min, max) => format!("must have {min} to {max} entries"),
            Expect::Sha256(expected) => format!("must have the SHA-256 {expected}"),
        }
    }
}

fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Array(items) => Some(items.len() as u64),
        Value::Object(members) => Some(members.len() as u64),
        _ => None,
    }
}

fn digest(value: &Value) -> String {
    let compact;
    let text = match value {
        Value::String(text) => text,
        // Members in the order of their names and no spaces.
        other => {
            compact = other.to_string();
            &compact
        }
    };
    charge((text.len() / BYTES_PER_STEP) as u64);
    hex::encode(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::Rules;
    use crate::verification::meter::metered;
    use serde_json::{Value, json};

    fn failed(checks: &Value, output: &Value) -> Vec<String> {
        let rules = Rules::compile(&json!({ "checks": checks }).to_string()).unwrap_or_default();
        let causes = metered(1_000_000, || rules.causes(output)).expect("cheap");
        let named = |cause: domain::error::Detail| format!("{}: {}", cause.field, cause.rule);
        causes.into_iter().map(named).collect()
    }

    #[test]
    fn each_kind_of_check_passes_and_fails() {
        let checks = json!([
            { "type": "equals", "pointer": "/kind", "value": "report" },
            { "type": "matches", "pointer": "/day", "value": r"^\d{4}-\d{2}-\d{2}$" },
            { "type": "count", "pointer": "/items", "value": { "min": 2 } },
            { "type": "count", "pointer": "", "value": 4 },
            { "type": "sha256", "pointer": "/kind",
              "value": "845E1A6E9ACB7FE90391C4B11B48AE3C15FB7D77A15C5D5FA3E5E63D7BF9CCB1" },
        ]);
        let good = json!({ "kind": "report", "day": "2026-01-02", "items": [1, 2], "x": 0 });
        let bad = json!({ "kind": 7, "day": "yesterday", "items": [1] });
        let digest = domain::hex::encode(&<sha2::Sha256 as sha2::Digest>::digest("report"));
        let mut checks = checks;
        checks[4]["value"] = digest.to_uppercase().into();
        assert_eq!(failed(&checks, &good), Vec::<String>::new());
        assert_eq!(
            failed(&checks, &bad),
            [
                "/kind: equals",
                "/day: matches",
                "/items: count",
                ": count",
                "/kind: sha256"
            ]
        );
        assert_eq!(failed(&checks, &json!([])).len(), 5);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let many: Vec<_> = (0..51)
            .map(|_| json!({ "type": "equals", "pointer": "", "value": 1 }))
            .collect();
        for (bad, place) in [
            (json!([]), "/checks"),
            (json!({ "checks": 1 }), "/checks"),
            (json!({ "checks": many }), "/checks"),
            (
                json!({ "checks": [{ "type": "runs", "value": 1 }] }),
                "/checks/0/type",
            ),
            (
                json!({ "checks": [{ "type": "equals" }] }),
                "/checks/0/value",
            ),
            (
                json!({ "checks": [{ "type": "equals", "pointer": "a", "value": 1 }] }),
                "/checks/0/pointer",
            ),
            (
                json!({ "checks": [{ "type": "matches", "value": "(" }] }),
                "/checks/0/value",
            ),
            (
                json!({ "checks": [{ "type": "count", "value": { "min": 3, "max": 2 } }] }),
                "/checks/0/value",
            ),
            (
                json!({ "checks": [{ "type": "count", "value": -1 }] }),
                "/checks/0/value",
            ),
            (
                json!({ "checks": [{ "type": "sha256", "value": "ab" }] }),
                "/checks/0/value",
            ),
        ] {
            let refusal = Rules::compile(&bad.to_string()).err().expect("refused");
            assert_eq!(refusal[0].field, place, "{bad}");
        }
    }
}
