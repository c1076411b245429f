//! What a mapping reads, said by itself: it is shown a request that nobody
//! sent, and what it asks that for is written down.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::shape::{Unknown, schema_of};

/// What a mapping asks for, being written down.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<Questions>);

/// What a mapping asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Questions {
    /// Of the body, the first time; `None` where it does not look at it.
    pub(crate) body: Option<Wanted>,
    /// Parameters of the query.
    pub(crate) query: BTreeSet<String>,
}

/// What a body must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// JSON with this schema.
    Json {
        /// Its schema; or the type that could not be described.
        schema: Result<Value, Unknown>,
        /// Whether it may be left out.
        is_optional: bool,
    },
    /// A form with files.
    Form,
    /// Anything; it is read as it stands.
    Anything,
}

impl Asked {
    /// What was asked for.
    pub(crate) fn questions(&self) -> Questions {
        self.held().clone()
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Questions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn described(schema: Result<Value, Unknown>, is_optional: bool) -> Wanted {
    Wanted::Json {
        schema,
        is_optional,
    }
}

/// The schema of an object that has the fields of both.
pub(super) fn together<T: DeserializeOwned, U: DeserializeOwned>() -> Result<Value, Unknown> {
    let (mut schema, other) = (schema_of::<T>()?, schema_of::<U>()?);
    let Value::Object(other) = other else {
        return Ok(schema);
    };
    for (name, more) in other {
        match (schema.get_mut(&name), more) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (Some(_), _) => {}
            (None, more) => schema[&name] = more,
        }
    }
    Ok(schema)
}
