//! What stands in the log of a run without what looks like a secret (Polpo
//! 2.10).

use domain::limits;
use serde_json::{Map, Value};

/// Parts of names under which secrets stand.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "apikey",
    "api_key",
    "api-key",
    "privatekey",
    "private_key",
    "credential",
    "authorization",
    "cookie",
];
const MASK: &str = "[REDACTED]";

/// A value whose secret-looking parts are masked and whose texts are not too
/// long.
pub(super) fn masked(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let value = if is_secret(name) && !value.is_null() {
                    MASK.into()
                } else {
                    masked(value)
                };
                (name.clone(), value)
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::String(text) => shortened(text).into(),
        other => other.clone(),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "key" || SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// The beginning of a text, as long as an entry may be.
pub(super) fn shortened(text: &str) -> String {
    let text = text.replace('\0', "");
    match text.char_indices().nth(limits::RUN_ENTRY_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::masked;
    use serde_json::json;

    #[test]
    fn what_looks_like_a_secret_is_masked() {
        let input = json!({
            "url": "https://x",
            "headers": { "Authorization": "Bearer a" },
            "apiKey": "b",
            "list": [{ "password": "c", "key": "d" }],
            "monkey": "e",
        });
        let expected = json!({
            "url": "https://x",
            "headers": { "Authorization": "[REDACTED]" },
            "apiKey": "[REDACTED]",
            "list": [{ "password": "[REDACTED]", "key": "[REDACTED]" }],
            "monkey": "e",
        });
        assert_eq!(masked(&input), expected);
    }
}
