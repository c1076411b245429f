//! Superset envelopes (POLT 2.2): a reader of either plausible form finds its
//! data.

use app::Answer;
use domain::page::{Listed, Page};
use serde::Serialize;

/// A JSON object under construction. Names are ours and need no escaping.
pub(super) struct Envelope(Vec<u8>);

impl Envelope {
    pub(super) fn new() -> Self {
        Self::sized(EXPECTED_BYTES)
    }

    /// With room for so many bytes.
    fn sized(bytes: usize) -> Self {
        let mut json = Vec::with_capacity(bytes);
        json.push(b'{');
        Self(json)
    }

    /// Begins with the fields of an object.
    fn of_fields(object: &[u8]) -> Self {
        let mut envelope = Self::sized(2 * object.len() + EXPECTED_BYTES);
        let fields = object.strip_prefix(b"{").and_then(|o| o.strip_suffix(b"}"));
        envelope.0.extend_from_slice(fields.unwrap_or_default());
        envelope
    }

    /// Adds an entry.
    pub(super) fn with(mut self, name: &'static str, value: &impl Serialize) -> Self {
        self.begin(name);
        // Our own wire structs always serialise: their keys are strings.
        let _ = serde_json::to_writer(&mut self.0, value);
        self
    }

    /// Adds an entry that is JSON already.
    fn with_json(mut self, name: &'static str, json: &[u8]) -> Self {
        self.begin(name);
        self.0.extend_from_slice(json);
        self
    }

    fn begin(&mut self, name: &'static str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    pub(super) fn answer(mut self, status: u16) -> Answer {
        self.0.push(b'}');
        Answer {
            status,
            body: self.0.into(),
        }
    }
}

/// Bytes of an answer that is not a list, generously.
const EXPECTED_BYTES: usize = 1_024;
/// Bytes of an item of a list, so that its answer is rarely moved while it
/// grows.
const EXPECTED_ITEM_BYTES: usize = 1_024;

fn encoded(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// A list under its plural name, with paging twice.
pub(super) fn list<T: Serialize>(name: &'static str, listed: &Listed<T>) -> Answer {
    let envelope = Envelope::sized(EXPECTED_BYTES + EXPECTED_ITEM_BYTES * listed.items.len());
    with_paging(envelope.with(name, &listed.items), listed).answer(200)
}

/// Adds what is known about the pages of a list.
pub(super) fn with_paging<T>(envelope: Envelope, listed: &Listed<T>) -> Envelope {
    #[derive(Serialize)]
    struct Paging {
        page: u32,
        limit: u32,
        total: i64,
        total_pages: i64,
    }
    let Page { number, rows } = listed.page;
    let paging = Paging {
        page: number,
        limit: rows,
        total: listed.total,
        total_pages: listed.pages(),
    };
    let json = encoded(&paging);
    envelope
        .with("page", &paging.page)
        .with("limit", &paging.limit)
        .with("total", &paging.total)
        .with("total_pages", &paging.total_pages)
        .with_json("pagination", &json)
}

/// A whole list, which is not paged.
pub(super) fn all<T: Serialize>(name: &'static str, items: Vec<T>) -> Answer {
    let rows = u32::try_from(items.len()).unwrap_or(u32::MAX);
    list(
        name,
        &Listed {
            page: Page::first(rows.max(1)),
            total: i64::from(rows),
            items,
        },
    )
}

/// An object's fields at the top, and the same object under its singular name.
pub(super) fn object(name: &'static str, object: &impl Serialize) -> Answer {
    let json = encoded(object);
    Envelope::of_fields(&json)
        .with_json(name, &json)
        .answer(200)
}

/// A sentence and what changed.
pub(super) fn message(sentence: &str) -> Envelope {
    Envelope::new().with("message", &sentence)
}

#[cfg(test)]
mod tests {
    use super::{all, message, object};
    use serde_json::{Value, json};

    fn read(answer: &app::Answer) -> Value {
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    #[test]
    fn an_object_is_there_twice() {
        let answer = object("task", &json!({"id": 1}));
        assert_eq!(read(&answer), json!({"id": 1, "task": {"id": 1}}));
    }

    #[test]
    fn a_list_carries_its_paging_twice() {
        let expected = json!({"page": 1, "limit": 2, "total": 2, "total_pages": 1});
        let read = read(&all("tasks", vec![1, 2]));
        assert_eq!(
            (&read["tasks"], &read["pagination"], &read["total"]),
            (&json!([1, 2]), &expected, &json!(2))
        );
    }

    #[test]
    fn a_change_has_a_sentence() {
        let answer = message("a \"quoted\" word")
            .with("vote", &None::<i64>)
            .answer(201);
        assert_eq!(
            read(&answer),
            json!({"message": "a \"quoted\" word", "vote": null})
        );
    }
}
