//! What a mapping decodes from: the parameters of the path and the query, and
//! the body, with refusals that name the field.

mod asked;

use std::borrow::Cow;

use axum::http::request::Parts;
use bytes::Bytes;
use domain::error::Detail;
use domain::id::Id;
use domain::page::Page;
use domain::{Error, Result, limits};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Settings;
use crate::shape::{fields_of, schema_of};
use asked::{described, together};

pub(crate) use asked::{Asked, Questions, Wanted};

/// A request as a mapping sees it.
pub(crate) struct Input<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) settings: &'a Settings,
    /// Set where nobody sent this and a mapping is to say what it would read.
    pub(crate) asked: Option<&'a Asked>,
}

/// A body after the dialect's rules about media types.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// None was sent.
    Missing,
    /// Well-formed JSON.
    Json(Bytes),
    /// Something else that may be sent but is no JSON.
    Other(Bytes),
}

impl Body {
    /// The rule of most doors: a body is JSON or nothing, whatever its media
    /// type says.
    pub(crate) fn json_or_nothing(_: &Parts, bytes: Bytes) -> Result<Self> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::Missing);
        }
        Self::json(bytes)
    }

    /// A body that must be JSON in UTF-8.
    pub(crate) fn json(bytes: Bytes) -> Result<Self> {
        let well_formed = std::str::from_utf8(&bytes).is_ok()
            && serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
        if well_formed {
            return Ok(Self::Json(bytes));
        }
        Err(Error::invalid(
            "invalid_json_body",
            "the body is not valid JSON in UTF-8",
        ))
    }
}

impl Input<'_> {
    /// A parameter of the path; routes that have it always do.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.opt_param(name).unwrap_or_default()
    }

    /// A parameter that only some routes of the operation have.
    pub(crate) fn opt_param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// An id in the path. What is no id names nothing: the operation answers
    /// that there is no such thing.
    pub(crate) fn id(&self, name: &str) -> Uuid {
        named_id(self.param(name))
    }

    /// A parameter of the query, unless missing or empty.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        let query = self.query_for(name)?;
        let found = form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name);
        found
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }

    /// A parameter of the query that may be repeated or hold several texts
    /// with commas between them.
    pub(crate) fn queries(&self, name: &str) -> Vec<String> {
        let query = self.query_for(name).unwrap_or("");
        let named = form_urlencoded::parse(query.as_bytes()).filter(|(n, _)| n == name);
        let mut texts = Vec::new();
        for (_, value) in named {
            let parts = value.split(',').map(str::trim);
            texts.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
        }
        texts
    }

    /// A word of a closed list in the query.
    pub(crate) fn word<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        words: &str,
    ) -> Result<Option<T>> {
        let Some(given) = self.query(name) else {
            return Ok(None);
        };
        parse(&given)
            .map(Some)
            .ok_or_else(|| Error::field(name, format!("must be one of: {words}")))
    }

    /// A whole number in the query.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<i64>> {
        let Some(given) = self.query(name) else {
            return Ok(None);
        };
        given
            .parse()
            .map(Some)
            .map_err(|_| Error::field(name, "must be a whole number"))
    }

    /// `page` and `limit`.
    pub(crate) fn page(&self) -> Result<Page> {
        Page::new(self.number("page")?, self.number("limit")?)
    }

    /// The id in the path, at doors that tell a malformed one from an unknown
    /// one.
    pub(crate) fn path_id<I: Id>(&self, name: &'static str) -> Result<I> {
        read_id(name, self.param(name))
    }

    /// An id in the query.
    pub(crate) fn query_id<I: Id>(&self, name: &'static str) -> Result<Option<I>> {
        let given = self.query(name);
        given.map(|text| read_id(name, &text)).transpose()
    }

    /// How many rows are asked for and how many to pass over; what is not a
    /// number, or not one that makes sense, is read as nothing (OpenPod 2.0).
    pub(crate) fn stretch(&self, rows: u32, most: u32) -> (u32, i64) {
        let number = |name| self.query(name).and_then(|text| text.parse::<i64>().ok());
        let rows = number("limit")
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .unwrap_or(rows);
        let last = i64::from(limits::PAGE_LAST);
        let offset = number("offset").filter(|n| (0..=last).contains(n));
        (rows.min(most), offset.unwrap_or(0))
    }

    /// A list of texts separated by commas, under any of some names.
    pub(crate) fn listed(&self, names: &[&'static str]) -> Result<Vec<String>> {
        let given = names
            .iter()
            .find_map(|name| Some((*name, self.query(name)?)));
        let Some((name, given)) = given else {
            return Ok(Vec::new());
        };
        let texts = given
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let texts: Vec<_> = texts.map(str::to_owned).collect();
        domain::text::words(
            name,
            &texts,
            app::tables::profiles::SKILLS_ASKED,
            limits::SKILL_CHARS,
        )?;
        Ok(texts)
    }

    /// Says what this mapping wants of the body, where that is the question.
    ///
    /// # Errors
    /// Then; the mapping has nothing more to do.
    pub(crate) fn wants(&self, wanted: impl FnOnce() -> Wanted) -> Result<()> {
        let Some(asked) = self.asked else {
            return Ok(());
        };
        asked.held().body.get_or_insert_with(wanted);
        Err(invalid_body("nobody sent this"))
    }

    /// The query, of which a parameter is asked for.
    fn query_for(&self, name: &str) -> Option<&str> {
        if let Some(asked) = self.asked {
            asked.held().query.insert(name.to_owned());
        }
        self.parts.uri.query()
    }

    /// The body as an object with these fields and those.
    pub(crate) fn json_and<T: DeserializeOwned, U: DeserializeOwned>(&self) -> Result<(T, U)> {
        self.wants(|| described(together::<T, U>(), false))?;
        Ok((self.json()?, self.json()?))
    }

    /// The body as an object with these fields, and all others as they are.
    pub(crate) fn json_and_rest<T: DeserializeOwned>(&self) -> Result<(T, Map<String, Value>)> {
        let (named, mut rest): (T, Map<String, Value>) = self.json_and()?;
        for name in fields_of::<T>() {
            rest.remove(*name);
        }
        Ok((named, rest))
    }

    /// The body as an object with these fields.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.wants(|| described(schema_of::<T>(), false))?;
        match &self.body {
            Body::Json(bytes) => object(bytes),
            Body::Missing => Err(invalid_body(
                "a JSON object is required as the body, with 'Content-Type: application/json'",
            )),
            Body::Other(_) => Err(invalid_body(
                "the body must be a JSON object, with 'Content-Type: application/json'",
            )),
        }
    }

    /// The body as an object, or an empty one when none was sent.
    pub(crate) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T> {
        self.wants(|| described(schema_of::<T>(), true))?;
        match &self.body {
            Body::Json(bytes) if bytes.trim_ascii() != b"null" => object(bytes),
            _ => Ok(T::default()),
        }
    }
}

/// Reads an id; anything else names nothing that exists.
pub(crate) fn named_id(text: &str) -> Uuid {
    domain::id::TaskId::parse(text).map_or(Uuid::max(), |id| id.0)
}

/// Reads an id that must be one.
pub(crate) fn read_id<I: Id>(field: &'static str, text: &str) -> Result<I> {
    let id = domain::id::TaskId::parse(text.trim());
    id.map(|id| I::from_uuid(id.0))
        .ok_or_else(|| Error::field(field, "must be a UUID"))
}

fn invalid_body(message: impl Into<Cow<'static, str>>) -> Error {
    Error::invalid("invalid_body", message)
}

fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(invalid_body("the body must be a JSON object"));
    }
    serde_json::from_slice(bytes).map_err(|_| explain::<T>(bytes))
}

/// Reads a refused body again, more slowly, to say which field is wrong.
fn explain<T: DeserializeOwned>(bytes: &[u8]) -> Error {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut reader) else {
        return invalid_body("the body must be one JSON object");
    };
    let field = error.path().to_string();
    let problem = error.inner().to_string();
    let problem = problem
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned();
    // A field that is missing has no path; the problem names it.
    let missing = problem
        .strip_prefix("missing field `")
        .and_then(|p| p.strip_suffix('`'));
    let (field, problem) = match missing {
        Some(missing) => (missing.to_owned(), "is required".to_owned()),
        None => (field, format!("is not valid: {problem}")),
    };
    let mut refusal = match field.as_str() {
        "." => invalid_body(format!("the body {problem}")),
        field => invalid_body(format!("{field} {problem}")),
    };
    refusal.details.push(Detail {
        rule: "".into(),
        field: field.into(),
        problem: problem.into(),
    });
    refusal
}
