//! JSON Schema 2020-12 of an output (AGI ATM 4).
//!
//! A schema is rewritten before it is compiled: only the keywords that assert
//! something are kept, and what has subschemas, references or patterns is
//! preceded by a keyword of ours that pays the meter (see `schema/prices.rs`).
//!
//! **Invariant:** nothing outside of the schema is looked at: references are
//! local, `format` is not asserted, other drafts are refused.

mod places;
mod prices;
mod rewrite;

use std::borrow::Cow;

use domain::error::Detail;
use domain::limits;
use jsonschema::{Keyword, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use super::meter::{Spent, charge, metered};
use super::patterns::{CACHE_BYTES, PROGRAM_BYTES};
use super::{CAUSES, cut, unfit};
use prices::{Price, STEP};

/// Bytes of stack for compiling, which goes as deep as the schema says.
const COMPILER_STACK_BYTES: usize = 64 << 20;
/// Steps for finding out what is wrong, once it is known that something is.
const EXPLAIN_STEPS: u64 = 50_000;

/// A schema that can be checked against.
pub(super) struct Schema {
    validator: Validator,
    /// About how many bytes it takes.
    pub(super) bytes: u64,
}

impl Schema {
    /// Compiles a schema, on a thread of its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(text: &str) -> Result<Self, Vec<Detail>> {
        std::thread::scope(|scope| {
            let compiler = std::thread::Builder::new()
                .stack_size(COMPILER_STACK_BYTES)
                .spawn_scoped(scope, || compile(text).map_err(|detail| vec![detail]));
            let Ok(compiler) = compiler else {
                return Err(vec![unfit(
                    "",
                    "",
                    "cannot be checked now: try again later",
                )]);
            };
            compiler
                .join()
                .unwrap_or_else(|_| Err(vec![unfit("", "", "cannot be compiled: make it simpler")]))
        })
    }

    /// Whether an output satisfies it. Pays the meter that is set.
    pub(super) fn accepts(&self, output: &Value) -> bool {
        self.validator.is_valid(output)
    }

    /// Why an output does not satisfy it.
    pub(super) fn causes(&self, output: &Value) -> Vec<Detail> {
        let found = metered(EXPLAIN_STEPS, || {
            let errors = self.validator.iter_errors(output);
            errors.take(CAUSES).map(|error| cause(&error)).collect()
        });
        match found {
            Ok(causes) => causes,
            Err(Spent) => vec![unfit(
                "",
                "schema",
                "the output does not satisfy the schema, in too many places to list",
            )],
        }
    }
}

fn cause(error: &ValidationError<'_>) -> Detail {
    Detail {
        field: error.instance_path().to_string().into(),
        rule: error.kind().keyword().to_owned().into(),
        problem: cut(&error.masked().to_string()).into(),
    }
}

fn compile(text: &str) -> Result<Schema, Detail> {
    let schema: Value = serde_json::from_str(text)
        .map_err(|_| unfit("", "json", "is no JSON, or is nested too deeply"))?;
    if text.len() > limits::SCHEMA_BYTES {
        return Err(unfit(
            "",
            "size",
            &format!("is larger than {} bytes", limits::SCHEMA_BYTES),
        ));
    }
    if depth(&schema) > limits::SCHEMA_DEPTH {
        return Err(unfit(
            "",
            "depth",
            &format!(
                "is nested deeper than {} levels: move parts to $defs",
                limits::SCHEMA_DEPTH
            ),
        ));
    }
    let rewritten = rewrite::rewrite(&schema)?;
    jsonschema::draft202012::meta::validate(&schema).map_err(|error| cause(&error))?;
    let validator = jsonschema::draft202012::options()
        .offline()
        .should_validate_formats(false)
        .with_pattern_options(
            PatternOptions::regex()
                .size_limit(PROGRAM_BYTES)
                .dfa_size_limit(CACHE_BYTES),
        )
        .with_keyword(STEP, step)
        .build(&rewritten.schema)
        .map_err(|error| unfit("", "schema", &error.masked().to_string()))?;
    Ok(Schema {
        validator,
        bytes: rewritten.bytes,
    })
}

/// Levels of a value.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The keyword of ours, which accepts everything and pays for what follows.
struct Step(Price);

#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature is that of a keyword's factory"
)]
fn step<'a>(
    _: &'a Map<String, Value>,
    price: &'a Value,
    _: jsonschema::paths::Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(Step(Price::read(price))))
}

impl<'i> Keyword<'i> for Step {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        charge(self.0.of(instance));
        Ok(())
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        charge(self.0.of(instance));
        true
    }
}

/// A pointer's token as it is written in a pointer.
fn escaped(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        return token.replace('~', "~0").replace('/', "~1").into();
    }
    token.into()
}

#[cfg(test)]
mod tests;
