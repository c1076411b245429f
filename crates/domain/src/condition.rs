//! Conditions of approval gates and of quality gates: a small language of
//! comparisons.
//!
//! ```text
//! condition  = all { "||" all }
//! all        = comparison { "&&" comparison }
//! comparison = path operator value
//! operator   = == != > >= < <=
//! path       = words separated by dots, such as task.assignTo
//! value      = "text" or 'text', a number, true, false, null
//! ```
//!
//! A path that leads nowhere is null. Texts compare by their letters, numbers
//! by size; values of two kinds are unequal, and neither is greater.

use std::cmp::Ordering;

use crate::{Error, Result};

/// A value in a condition, or what a path leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// In the order in which they are looked for: the longer ones first.
const OPERATORS: &[(&str, Operator)] = &[
    ("===", Operator::Equal),
    ("!==", Operator::Unequal),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
];

#[derive(Clone, Debug, PartialEq)]
struct Comparison {
    path: String,
    operator: Operator,
    value: Value,
}

/// A condition that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Vec<Vec<Comparison>>);

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// `Invalid`, saying where reading ended.
    pub fn parse(text: &str) -> Result<Self> {
        let mut rest = text.trim_start();
        let mut any = Vec::new();
        let mut all = Vec::new();
        loop {
            let (comparison, behind) = comparison(rest).ok_or_else(|| unread(rest))?;
            all.push(comparison);
            rest = behind.trim_start();
            if let Some(behind) = rest.strip_prefix("&&") {
                rest = behind.trim_start();
            } else if let Some(behind) = rest.strip_prefix("||") {
                any.push(std::mem::take(&mut all));
                rest = behind.trim_start();
            } else if rest.is_empty() {
                any.push(all);
                return Ok(Self(any));
            } else {
                return Err(unread(rest));
            }
        }
    }

    /// The paths that it names.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let all = self.0.iter().flatten();
        all.map(|comparison| comparison.path.as_str())
    }

    /// Whether it holds, with what paths lead to.
    pub fn holds(&self, find: impl Fn(&str) -> Value) -> bool {
        let holds = |c: &Comparison| c.operator.holds(&find(&c.path), &c.value);
        self.0.iter().any(|all| all.iter().all(holds))
    }
}

fn unread(rest: &str) -> Error {
    let rest: String = rest.chars().take(40).collect();
    Error::field(
        "condition",
        format!(
            "must be comparisons such as task.assignTo == \"ada\" && task.retries >= 2; \
             not understood at: {}",
            if rest.is_empty() { "its end" } else { &rest }
        ),
    )
}

fn comparison(text: &str) -> Option<(Comparison, &str)> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '$');
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    let (path, rest) = text.split_at_checked(end).filter(|(p, _)| !p.is_empty())?;
    let rest = rest.trim_start();
    let (operator, rest) = OPERATORS
        .iter()
        .find_map(|(word, operator)| Some((*operator, rest.strip_prefix(word)?)))?;
    let (value, rest) = value(rest.trim_start())?;
    let path = path.to_owned();
    Some((
        Comparison {
            path,
            operator,
            value,
        },
        rest,
    ))
}

fn value(text: &str) -> Option<(Value, &str)> {
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            let (inner, rest) = rest.split_once(quote)?;
            return Some((Value::Text(inner.to_owned()), rest));
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '&' | '|'));
    let (word, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let value = match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" | "undefined" => Value::Null,
        number => Value::Number(number.parse().ok().filter(|n: &f64| n.is_finite())?),
    };
    Some((value, rest))
}

impl Operator {
    fn holds(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
            (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
            _ => None,
        };
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, Value};

    fn find(path: &str) -> Value {
        match path {
            "task.assignTo" => Value::Text("ada".into()),
            "task.retries" => Value::Number(2.0),
            "task.sideEffects" => Value::Bool(true),
            _ => Value::Null,
        }
    }

    #[test]
    fn comparisons_hold_or_do_not() {
        for (text, expected) in [
            ("task.assignTo == \"ada\"", true),
            ("task.assignTo=='bob'", false),
            ("task.assignTo != 'bob' && task.retries >= 2", true),
            ("task.retries > 2 || task.sideEffects == true", true),
            ("task.retries < 2 || task.sideEffects === false", false),
            ("task.group == null", true),
            ("task.retries > 'a'", false),
            ("task.retries == '2'", false),
        ] {
            let condition = Condition::parse(text).unwrap();
            assert_eq!(condition.holds(find), expected, "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_condition() {
        for bad in [
            "",
            "task",
            "task ==",
            "== 1",
            "a == 'b",
            "a == 1 b == 2",
            "a == 1 &&",
            "a == b",
            "a == 1; drop",
        ] {
            assert!(Condition::parse(bad).is_err(), "{bad}");
        }
    }
}
