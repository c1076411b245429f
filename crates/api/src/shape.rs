//! What a body is read as, found out by having it read: a type's own
//! `Deserialize` is run on a probe that answers whatever it is asked for and
//! writes down the question. So what is described is what is read, by
//! construction, and there is no list that could differ from it.
//!
//! **Invariant:** every type that a mapping reads can be probed to its end
//! (the tests of `discovery`), so that also what is required is known.
//!
//! Types must not use `#[serde(flatten)]`, which hides its fields from
//! whoever reads: [`Input::json_and`](crate::input::Input::json_and) reads two
//! types from one body.

mod probe;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::{Value, json};

use probe::Probe;

/// The fields that a type reads by name; none where it is no struct.
pub(crate) fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // Always fails: it is told nothing.
    let _ = T::deserialize(Names(&mut fields));
    fields
}

/// The JSON Schema of what a type reads.
///
/// # Errors
/// When the type cannot be probed: it refused every value it was shown.
pub(crate) fn schema_of<T: DeserializeOwned>() -> Result<Value, Unknown> {
    let mut trace = Trace::default();
    // Every round either ends or learns something.
    let schema = loop {
        match trace.run::<T>() {
            (schema, Ok(())) => break schema,
            (_, Err(Wrong::Twice(name))) if trace.tell_apart(name) => {}
            (_, Err(_)) if trace.try_next() => {}
            (_, Err(_)) => return Err(Unknown(std::any::type_name::<T>())),
        }
    };
    Ok(trace.finished::<T>(schema))
}

/// A type that could not be probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) &'static str);

/// Every object of a schema with the names of its fields.
fn objects(schema: &Value, at: String, found: &mut Vec<(String, Vec<String>)>) {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        found.push((at.clone(), fields.keys().cloned().collect()));
        for (name, field) in fields {
            objects(field, format!("{at}/properties/{name}"), found);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(schema) = schema.get(inner) {
            objects(schema, format!("{at}/{inner}"), found);
        }
    }
}

/// What is learnt over several rounds.
#[derive(Default)]
struct Trace {
    /// A field that is left out: the object and its name.
    omitted: Option<(String, String)>,
    /// Second spellings, which would be a field given twice: the object and
    /// the name, and the field's own name.
    aliases: BTreeMap<(String, String), &'static str>,
    /// Fields that have such, which are given first.
    spelled: BTreeSet<(String, String)>,
    /// What is shown to those who take anything, by its place among
    /// [`SHOWN`].
    shown: usize,
    /// The field that was given last.
    last: RefCell<(String, String)>,
}

/// How many kinds of values are shown to those who take anything.
const SHOWN: usize = 6;

impl Trace {
    fn run<T: DeserializeOwned>(&self) -> (Value, Result<(), Wrong>) {
        let schema = RefCell::new(json!({}));
        let probe = Probe {
            trace: self,
            at: String::new(),
            schema: &schema,
        };
        let read = T::deserialize(probe).map(drop);
        (schema.into_inner(), read)
    }

    /// Learns that the field that was given last is another of the same
    /// object, or that it came behind one that is another spelling of it.
    fn tell_apart(&mut self, name: &'static str) -> bool {
        let last = self.last.borrow().clone();
        if last.1 == name {
            return self.spelled.insert(last);
        }
        self.spelled.insert((last.0.clone(), name.to_owned()));
        self.aliases.insert(last, name).is_none()
    }

    /// A schema with what is required, and with second spellings as the first
    /// ones. A field that has such is not said to be required: any will do.
    fn finished<T: DeserializeOwned>(&mut self, mut schema: Value) -> Value {
        let mut all = Vec::new();
        objects(&schema, String::new(), &mut all);
        for (at, names) in all {
            let required = names.iter().filter(|name| self.requires::<T>(&at, name));
            let required: Vec<_> = required.map(|name| Value::from(name.as_str())).collect();
            let Some(object) = schema.pointer_mut(&at) else {
                continue;
            };
            if !required.is_empty() {
                object["required"] = required.into();
            }
            for ((_, alias), name) in self.aliases.iter().filter(|((of, _), _)| *of == at) {
                object["properties"][alias] = object["properties"][*name].clone();
            }
        }
        schema
    }

    fn requires<T: DeserializeOwned>(&mut self, at: &str, name: &str) -> bool {
        let field = (at.to_owned(), name.to_owned());
        if self.spelled.contains(&field) {
            return false;
        }
        self.omitted = Some(field);
        matches!(self.run::<T>().1, Err(Wrong::Missing(missing)) if missing == name)
    }

    fn try_next(&mut self) -> bool {
        self.shown += 1;
        self.shown < SHOWN
    }

    fn has_spellings(&self, at: &str, name: &str) -> bool {
        self.spelled.contains(&(at.to_owned(), name.to_owned()))
    }

    fn gives(&self, at: &str, name: &str) -> bool {
        let field = (at.to_owned(), name.to_owned());
        let is_given = self.omitted.as_ref() != Some(&field) && !self.aliases.contains_key(&field);
        if is_given {
            *self.last.borrow_mut() = field;
        }
        is_given
    }
}

/// Why a type did not take what it was shown.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Missing(&'static str),
    Twice(&'static str),
    Refused,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was shown is not taken")
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Twice(field)
    }
}

/// Asks for the names of a struct's fields and nothing else.
struct Names<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::Refused)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Wrong> {
        *self.0 = names;
        Err(Wrong::Refused)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
