//! The lists in the document of a mission, and what an edit of one means for
//! the others.

use domain::plan::Kind;
use domain::{Error, Result};
use serde_json::{Map, Value};

/// A list of the document.
pub trait Part: Clone + Send + Sync + 'static {
    /// Its key.
    const KEY: &'static str;
    /// The field by which its entries are told apart.
    const NAME: &'static str;
    /// What an entry is called.
    const WHAT: &'static str;
}

macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident = $key:literal, $name:literal, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $part;

        impl Part for $part {
            const KEY: &'static str = $key;
            const NAME: &'static str = $name;
            const WHAT: &'static str = $what;
        }
    )*};
}

parts! {
    /// What is to be done.
    Tasks = "tasks", "title", "task";
    /// Where it waits for somebody.
    Checkpoints = "checkpoints", "name", "checkpoint";
    /// Where it waits for a time.
    Delays = "delays", "name", "delay";
    /// Where it must be good enough.
    QualityGates = "qualityGates", "name", "quality gate";
    /// Agents that it brings.
    Team = "team", "name", "team member";
}

/// An object's text, if it is one.
fn named(entry: &Value, field: &str) -> Option<String> {
    entry.get(field).and_then(Value::as_str).map(str::to_owned)
}

/// The entries of a list; none where there is no list.
pub(crate) fn list<P: Part>(document: &mut Map<String, Value>) -> Vec<Value> {
    match document.remove(P::KEY) {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    }
}

/// Puts a list back; an emptied one disappears (Polpo 2.9).
pub(crate) fn put<P: Part>(document: &mut Map<String, Value>, entries: Vec<Value>) {
    // That a mission needs a task is told by the check of the document.
    if !entries.is_empty() || P::KEY == Tasks::KEY {
        document.insert(P::KEY.into(), entries.into());
    }
}

/// Where the entry of a name stands.
pub(crate) fn place<P: Part>(entries: &[Value], name: &str) -> Result<usize> {
    let is_it = |entry: &Value| named(entry, P::NAME).as_deref() == Some(name);
    entries.iter().position(is_it).ok_or_else(|| {
        Error::not_found(
            "entry_not_found",
            format!("this mission has no {} \"{name}\"", P::WHAT),
        )
    })
}

/// That no entry has a name yet.
pub(crate) fn ensure_free<P: Part>(entries: &[Value], name: &str) -> Result<()> {
    if place::<P>(entries, name).is_err() {
        return Ok(());
    }
    Err(Error::conflict(
        "name_taken",
        format!(
            "this mission has a {} \"{name}\" already: change that one, or choose another {}",
            P::WHAT,
            P::NAME
        ),
    ))
}

/// Puts what was said into an entry; null takes a field away.
pub(crate) fn merge(entry: &mut Value, said: &Map<String, Value>) {
    if let Value::Object(entry) = entry {
        for (key, value) in said {
            match value {
                Value::Null => entry.remove(key),
                value => entry.insert(key.clone(), value.clone()),
            };
        }
    }
}

/// Lets everything that names a task name it otherwise or, where the task is
/// gone, no more. What then holds nothing back is gone, too.
pub(crate) fn follow(document: &mut Map<String, Value>, from: &str, to: Option<&str>) {
    for task in entries_mut(document, Tasks::KEY) {
        rename(task, "dependsOn", from, to);
    }
    for kind in Kind::ALL {
        for entry in entries_mut(document, kind.as_str()) {
            rename(entry, "afterTasks", from, to);
            rename(entry, "blocksTasks", from, to);
        }
        let is_empty = |entry: &Value, key| {
            let list = entry.get(key).and_then(Value::as_array);
            list.is_some_and(Vec::is_empty)
        };
        if to.is_none()
            && let Some(Value::Array(entries)) = document.get_mut(kind.as_str())
        {
            entries.retain(|e| !is_empty(e, "afterTasks") && !is_empty(e, "blocksTasks"));
            if entries.is_empty() {
                document.remove(kind.as_str());
            }
        }
    }
}

fn entries_mut<'a>(
    document: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Value> {
    let list = document.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten()
}

fn rename(entry: &mut Value, key: &str, from: &str, to: Option<&str>) {
    let Some(Value::Array(titles)) = entry.get_mut(key) else {
        return;
    };
    match to {
        None => titles.retain(|title| title != from),
        Some(to) => {
            for title in titles.iter_mut().filter(|title| *title == from) {
                *title = to.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::follow;
    use serde_json::{Value, json};

    #[test]
    fn what_names_a_task_follows_it() {
        let document = json!({
            "tasks": [{ "title": "a" }, { "title": "b", "dependsOn": ["a"] }],
            "checkpoints": [{ "name": "c", "afterTasks": ["a"], "blocksTasks": ["b"] }],
        });
        let Value::Object(mut document) = document else {
            panic!("an object");
        };
        follow(&mut document, "a", Some("x"));
        assert_eq!(document["tasks"][1]["dependsOn"], json!(["x"]));
        assert_eq!(document["checkpoints"][0]["afterTasks"], json!(["x"]));
        follow(&mut document, "x", None);
        assert_eq!(document["tasks"][1]["dependsOn"], json!([]));
        assert!(!document.contains_key("checkpoints"));
    }
}
