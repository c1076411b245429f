//! Counts requests under `/api/v1` that nothing answers: little of the
//! original's wire is public, so an endpoint that agents call and that is
//! missing here is to be noticed (AGI ATM 0).
//!
//! **Invariant:** a shape holds no id, name or other part of somebody's data,
//! and there are few of them: further ones count as `other`.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Shapes that are told apart.
const SHAPES: usize = 200;
/// Parts of a path that are looked at.
const PARTS: usize = 8;
/// Letters of a word of a path.
const WORD: usize = 24;

static SEEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Counts a request for a path that does not exist.
pub(crate) fn count(method: &str, path: &str) {
    let Some(rest) = path.strip_prefix("/api/v1/") else {
        return;
    };
    let shape = known(shape(rest));
    let labels = [("method", verb(method)), ("path", shape)];
    metrics::counter!("guildhall_unknown_requests_total", &labels).increment(1);
}

fn verb(method: &str) -> String {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" => method.to_owned(),
        _ => "other".to_owned(),
    }
}

/// A path with its ids taken out.
fn shape(rest: &str) -> String {
    let is_word = |part: &str| {
        part.len() <= WORD && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    let parts = rest
        .trim_end_matches('/')
        .split('/')
        .take(PARTS)
        .map(|part| if is_word(part) { part } else { "{}" });
    format!("/api/v1/{}", parts.collect::<Vec<_>>().join("/"))
}

fn known(shape: String) -> String {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.contains(&shape) || (seen.len() < SHAPES && seen.insert(shape.clone())) {
        return shape;
    }
    "other".to_owned()
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn a_shape_has_no_ids() {
        for (path, expected) in [
            ("agent/inbox", "/api/v1/agent/inbox"),
            (
                "agent/tasks/01890a5d-ac96-774b-bcce-b302099a8057/notes/",
                "/api/v1/agent/tasks/{}/notes",
            ),
            ("human/ada@example.org", "/api/v1/human/{}"),
            ("a/b/c/d/e/f/g/h/i/j", "/api/v1/a/b/c/d/e/f/g/h"),
        ] {
            assert_eq!(shape(path), expected);
        }
    }
}
