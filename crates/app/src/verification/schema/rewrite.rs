//! A schema as it is compiled: only what asserts something, with the meter's
//! keyword before everything that can take long.
//!
//! `S` becomes `{"allOf": [{"x-guildhall-step": price}, S]}`, because the
//! evaluator goes through `allOf` in order and through everything else in an
//! order of its own. References follow to where their targets have moved.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::error::Detail;
use serde_json::{Map, Value, json};

use super::places::{Holds, below, holds};
use super::prices::{STEP, is_light, price};
use super::{escaped, unfit};
use crate::verification::patterns::{self, CACHE_BYTES, PATTERNS, PROGRAMS_BYTES};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Levels that schemas and their references go down at most.
const LEVELS: usize = 128;
/// Bytes that a compiled schema takes for each byte of its text, about.
const COMPILED_BYTES: u64 = 32;

/// A schema that is ready to be compiled.
pub(super) struct Rewritten {
    /// The schema.
    pub(super) schema: Value,
    /// About how many bytes it takes when it is compiled.
    pub(super) bytes: u64,
}

/// A schema within the schema.
struct Place<'s> {
    schema: &'s Value,
    /// Where it will be.
    moved: String,
}

/// What is known of the whole schema.
struct Whole<'s> {
    /// Every schema in it by its pointer.
    places: BTreeMap<String, Place<'s>>,
    /// The pointers of those that have a name.
    anchors: BTreeMap<&'s str, String>,
    programs: usize,
    patterns: usize,
}

/// Rewrites a schema.
///
/// # Errors
/// What is wrong with it.
pub(super) fn rewrite(schema: &Value) -> Result<Rewritten, Detail> {
    let draft = schema
        .get("$schema")
        .and_then(Value::as_str)
        .unwrap_or(DRAFT);
    if draft.trim_end_matches('#') != DRAFT {
        return Err(unfit(
            "/$schema",
            "$schema",
            &format!("must be {DRAFT}, or left out"),
        ));
    }
    let mut whole = Whole {
        places: BTreeMap::new(),
        anchors: BTreeMap::new(),
        programs: 0,
        patterns: 0,
    };
    whole.collect(schema, String::new(), String::new())?;
    whole.measure("", &mut Vec::new(), &mut BTreeMap::new())?;
    let rewritten = whole.rewritten(schema, "")?;
    let text = schema.to_string().len() as u64;
    Ok(Rewritten {
        schema: rewritten,
        bytes: text * COMPILED_BYTES + (whole.programs + whole.patterns * CACHE_BYTES) as u64,
    })
}

impl<'s> Whole<'s> {
    /// Finds every schema and where it will be.
    fn collect(&mut self, schema: &'s Value, at: String, moved: String) -> Result<(), Detail> {
        if let Value::Object(keywords) = schema {
            self.name(keywords, &at)?;
            let inside = if is_light(schema) { "" } else { "/allOf/1" };
            for (rest, below) in below(keywords) {
                self.collect(
                    below,
                    format!("{at}{rest}"),
                    format!("{moved}{inside}{rest}"),
                )?;
            }
        }
        self.places.insert(at, Place { schema, moved });
        Ok(())
    }

    fn name(&mut self, schema: &'s Map<String, Value>, at: &str) -> Result<(), Detail> {
        for foreign in ["$id", "$schema", "$vocabulary", "$recursiveRef"] {
            if schema.contains_key(foreign) && !(at.is_empty() && foreign != "$recursiveRef") {
                return Err(unfit(
                    &format!("{at}/{foreign}"),
                    foreign,
                    "may not stand here: a schema is one document",
                ));
            }
        }
        for word in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = schema.get(word).and_then(Value::as_str) {
                self.anchors.insert(name, at.to_owned());
            }
        }
        Ok(())
    }

    /// The pointer of what a reference at `at` names.
    fn target(&self, at: &str, reference: &str) -> Result<String, Detail> {
        let found = reference.strip_prefix('#').and_then(|fragment| {
            let fragment = unquoted(fragment)?;
            if fragment.is_empty() || fragment.starts_with('/') {
                let tokens = fragment.split('/').skip(1);
                let pointer = tokens.fold(String::new(), |pointer, token| {
                    let token = token.replace("~1", "/").replace("~0", "~");
                    format!("{pointer}/{}", escaped(&token))
                });
                return self.places.contains_key(&pointer).then_some(pointer);
            }
            self.anchors.get(fragment.as_str()).cloned()
        });
        found.ok_or_else(|| {
            unfit(
                at,
                "$ref",
                "must name a schema of this document, such as #/$defs/name",
            )
        })
    }

    /// How deep evaluation goes below a schema, by its parts and references.
    fn measure(
        &self,
        at: &str,
        above: &mut Vec<String>,
        known: &mut BTreeMap<String, usize>,
    ) -> Result<usize, Detail> {
        if above.iter().any(|place| place == at) {
            return Ok(0);
        }
        if let Some(levels) = known.get(at) {
            return Ok(*levels);
        }
        let schema = self
            .places
            .get(at)
            .and_then(|place| place.schema.as_object());
        let Some(schema) = schema else {
            return Ok(1);
        };
        let mut next: Vec<_> = below(schema)
            .into_iter()
            .map(|(rest, _)| format!("{at}{rest}"))
            .collect();
        for word in ["$ref", "$dynamicRef"] {
            if let Some(reference) = schema.get(word).and_then(Value::as_str) {
                next.push(self.target(&format!("{at}/{word}"), reference)?);
            }
        }
        above.push(at.to_owned());
        let mut levels = 0;
        for place in next {
            if above.len() <= LEVELS {
                levels = levels.max(self.measure(&place, above, known)?);
            }
            if above.len() + levels > LEVELS {
                return Err(unfit(
                    at,
                    "depth",
                    &format!("leads more than {LEVELS} levels down by its references"),
                ));
            }
        }
        above.pop();
        known.insert(at.to_owned(), levels + 1);
        Ok(levels + 1)
    }

    fn rewritten(&mut self, schema: &Value, at: &str) -> Result<Value, Detail> {
        let Value::Object(keywords) = schema else {
            return Ok(schema.clone());
        };
        let mut kept = Map::new();
        for (keyword, value) in keywords {
            let here = format!("{at}/{keyword}");
            let value = match (holds(keyword), value) {
                (Holds::Nothing, _) => continue,
                (Holds::Plain, Value::String(reference))
                    if keyword == "$ref"
                        || (keyword == "$dynamicRef" && reference.starts_with("#/")) =>
                {
                    self.followed(&here, reference)?.into()
                }
                (Holds::One, value) => self.rewritten(value, &here)?,
                (Holds::Named, Value::Object(named)) => {
                    let mut moved = Map::new();
                    for (name, value) in named {
                        let place = format!("{here}/{}", escaped(name));
                        moved.insert(name.clone(), self.rewritten(value, &place)?);
                    }
                    moved.into()
                }
                (Holds::Listed, Value::Array(listed)) => {
                    let mut moved = Vec::with_capacity(listed.len());
                    for (number, value) in listed.iter().enumerate() {
                        moved.push(self.rewritten(value, &format!("{here}/{number}"))?);
                    }
                    moved.into()
                }
                (_, value) => value.clone(),
            };
            kept.insert(keyword.clone(), value);
        }
        if is_light(schema) {
            return Ok(kept.into());
        }
        let (text, names) = (
            self.pattern(keywords, at)?,
            self.name_patterns(keywords, at)?,
        );
        let mut wrapped = Map::new();
        for word in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = keywords.get(word) {
                wrapped.insert(word.into(), name.clone());
            }
        }
        let step = json!({ STEP: price(keywords, text, names).written() });
        wrapped.insert("allOf".into(), json!([step, kept]));
        Ok(wrapped.into())
    }

    /// A reference to where its target will be.
    fn followed(&self, at: &str, reference: &str) -> Result<String, Detail> {
        let target = self.target(at, reference)?;
        let moved = self.places.get(&target).map_or("", |place| &place.moved);
        Ok(format!("#{}", quoted(moved)))
    }

    fn pattern(&mut self, schema: &Map<String, Value>, at: &str) -> Result<u64, Detail> {
        match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) => self.priced(&format!("{at}/pattern"), pattern),
            None => Ok(0),
        }
    }

    fn name_patterns(&mut self, schema: &Map<String, Value>, at: &str) -> Result<u64, Detail> {
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let mut price: u64 = 0;
        for pattern in patterns.into_iter().flat_map(Map::keys) {
            let at = format!("{at}/patternProperties/{}", escaped(pattern));
            price = price.saturating_add(self.priced(&at, pattern)?);
        }
        Ok(price)
    }

    fn priced(&mut self, at: &str, pattern: &str) -> Result<u64, Detail> {
        let pattern = patterns::compile(at, pattern)?;
        self.patterns += 1;
        self.programs += pattern.bytes;
        if self.patterns > PATTERNS || self.programs > PROGRAMS_BYTES {
            return Err(unfit(
                at,
                "pattern",
                "is one too many: use fewer or smaller patterns",
            ));
        }
        Ok(pattern.price())
    }
}

/// A pointer as a fragment of an address.
fn quoted(pointer: &str) -> String {
    pointer.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/~$-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// The text of a fragment; `None` where it is none.
fn unquoted(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}
