//! The arguments of a call, which a model made up: every refusal tells it what
//! to do better.

use domain::{Error, Result};
use serde_json::{Map, Value};

/// The arguments of one call.
pub(super) struct Args<'a>(&'a Map<String, Value>);

impl<'a> Args<'a> {
    /// Takes arguments, which must be an object.
    pub(super) fn of(arguments: &'a Value) -> Result<Self> {
        let object = arguments.as_object();
        object.map(Self).ok_or_else(|| {
            Error::invalid("invalid_arguments", "the arguments must be a JSON object")
        })
    }

    /// A text that may be left out.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&'a str>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::field(name, "must be a text")),
        }
    }

    /// Anything that must be there.
    pub(super) fn json(&self, name: &'static str) -> Result<&'a Value> {
        let found = self.0.get(name).filter(|value| !value.is_null());
        found.ok_or_else(|| Error::field(name, "is required"))
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&'a str> {
        self.text(name)?
            .ok_or_else(|| Error::field(name, "is required: a text"))
    }

    /// A whole number from 1 on that may be left out.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<usize>> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            // Some models write whole numbers with a point.
            Some(value) => value.as_f64().filter(|number| number.fract() == 0.0),
        };
        let fits = number.filter(|number| (1.0..=1e9).contains(number));
        // It is whole and in bounds.
        fits.map(|number| Some(number as usize))
            .ok_or_else(|| Error::field(name, "must be a whole number from 1 on"))
    }

    /// A truth; false when left out.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(_) => Err(Error::field(name, "must be true or false")),
        }
    }

    /// One of some words.
    pub(super) fn word(
        &self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>> {
        let Some(given) = self.text(name)? else {
            return Ok(None);
        };
        let known = words.iter().find(|word| **word == given);
        known
            .copied()
            .map(Some)
            .ok_or_else(|| Error::field(name, format!("must be one of: {}", words.join(", "))))
    }

    /// Anything that may be left out.
    pub(super) fn any(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}
