//! Answers at this door: an object under its name, lists under `items` and
//! their own name at once (AGI ATM 2.1).

use app::Answer;
use domain::Time;
use domain::page::Listed;
use serde::{Serialize, Serializer};

/// `{"task": {...}}`.
pub(super) fn single(status: u16, name: &'static str, object: &impl Serialize) -> Answer {
    Fields::new().with(name, object).answer(status)
}

/// A list: `items`, the same under `plural`, and where in the whole it is.
pub(super) fn list<T: Serialize>(plural: &'static str, listed: &Listed<T>) -> Answer {
    let Listed { items, page, total } = listed;
    let shown = page.offset().saturating_add(items.len() as i64);
    Fields::new()
        .with("items", items)
        .with(plural, items)
        .with("page", &page.number)
        .with("pageSize", &page.rows)
        .with("total", total)
        .with("hasMore", &(shown < *total))
        .answer(200)
}

/// An object that is put together field by field.
pub(super) struct Fields(Vec<u8>);

impl Fields {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(EXPECTED_BYTES))
    }

    pub(super) fn with(mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        // Our own wire structs always serialise: their keys are strings.
        let _ = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, value);
        self
    }

    pub(super) fn answer(mut self, status: u16) -> Answer {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        Answer {
            status,
            body: self.0.into(),
        }
    }
}

const EXPECTED_BYTES: usize = 1_024;

/// A time, in ISO 8601 with milliseconds and `Z` (AGI ATM 2.1).
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) Time);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&crate::calendar::IsoMillis(self.0))
    }
}

/// Stored JSON, as it is; what is no JSON is a text.
#[derive(Clone, Copy)]
pub(super) struct Json<'a>(pub(super) &'a str);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&serde_json::value::RawValue>(self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(self.0),
        }
    }
}
