//! Secrets are taken out of what is shown and stored.
//!
//! **Invariant:** what an agent got from its vault, and what its MCP servers are
//! sent under a secret's name, is masked wherever it turns up, also inside a
//! longer text and in the usual spellings; what stands under a name such as
//! `password` is masked whatever it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

const MASK: &str = "[REDACTED]";
/// Endings of names, without anything but letters and digits.
const NAMES: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "key",
    "authorization",
    "credential",
    "cookie",
];
/// Bytes that a value must have to be looked for: shorter ones are everywhere.
const LEAST: usize = 4;

/// What is masked.
#[derive(Default)]
pub(super) struct Mask {
    /// Values, the longest first, so that a part of one leaves nothing of it.
    values: Vec<String>,
}

impl Mask {
    /// Adds a field from the vault: its value as it is and as it may be
    /// written, or the pair where the value alone says too little.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let quoted = Value::from(value).to_string();
        if value.len() < LEAST {
            self.values.push(format!("{}:{quoted}", Value::from(name)));
            return;
        }
        let escaped = quoted.trim_matches('"').to_owned();
        let spellings = [
            value.to_owned(),
            escaped,
            STANDARD.encode(value),
            percent(value),
        ];
        for spelling in spellings {
            if !self.values.contains(&spelling) {
                self.values.push(spelling);
            }
        }
        self.values
            .sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// Adds what an agent's document trusts its MCP servers with: they may say
    /// it again.
    pub(super) fn add_servers(&mut self, document: &Map<String, Value>) {
        let servers = document.get("mcpServers").and_then(Value::as_object);
        for how in servers.into_iter().flat_map(Map::values) {
            let fields = [&how["headers"], &how["env"]];
            let fields = fields.into_iter().filter_map(Value::as_object).flatten();
            for (name, value) in fields {
                let Some(value) = value.as_str().filter(|_| is_secret(name)) else {
                    continue;
                };
                self.add(name, value);
                // `Bearer ...`
                if let Some((_, token)) = value.split_once(' ') {
                    self.add(name, token);
                }
            }
        }
    }

    /// A value without secrets.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Object(fields) => {
                let masked = fields.iter().map(|(name, value)| {
                    let value = match is_secret(name) && !value.is_null() {
                        true => Value::from(MASK),
                        false => self.value(value),
                    };
                    (name.clone(), value)
                });
                Value::Object(masked.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.values {
            if masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), MASK);
            }
        }
        masked
    }
}

fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let singular = plain.strip_suffix('s').unwrap_or(&plain);
    // `keys` are names of fields, `tokens` are counted.
    let is_counted = plain.ends_with("keys") || plain.ends_with("tokens");
    !is_counted
        && NAMES
            .iter()
            .any(|ending| singular.ends_with(ending) || plain.ends_with(ending))
}

fn percent(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    let written = value.bytes().map(|b| match plain(b) {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Mask;

    #[test]
    fn what_servers_are_trusted_with_is_masked() {
        let document = json!({ "mcpServers": {
            "a": { "headers": { "Authorization": "Bearer hush-1", "Accept": "text/plain" } },
            "b": { "env": { "API_KEY": "hush-2", "LANG": "de_DE" } },
            "c": 7,
        } });
        let mut mask = Mask::default();
        mask.add_servers(document.as_object().expect("an object"));
        let said = "Bearer hush-1, hush-1, hush-2, text/plain, de_DE";
        let hidden = "[REDACTED], [REDACTED], [REDACTED], text/plain, de_DE";
        assert_eq!(mask.value(&json!(said)), json!(hidden));
    }

    #[test]
    fn names_and_values_are_masked() {
        let mut mask = Mask::default();
        mask.add("password", "hu\"sh & hush");
        mask.add("pin", "abc");
        let shown = mask.value(&json!({
            "apiKey": "x", "Authorization": "Bearer y", "credentials": { "a": 1 }, "password": 7,
            "keys": ["user"], "max_tokens": 5, "token": null,
            "said": ["it is hu\"sh & hush", "hu\\\"sh & hush", "hu%22sh%20%26%20hush", "aHUic2ggJiBodXNo", "abc", "{\"pin\":\"abc\"}"],
        }));
        let hidden = "[REDACTED]";
        assert_eq!(
            shown,
            json!({
                "apiKey": hidden, "Authorization": hidden, "credentials": hidden, "password": hidden,
                "keys": ["user"], "max_tokens": 5, "token": null,
                "said": [format!("it is {hidden}"), hidden, hidden, hidden, "abc", format!("{{{hidden}}}")],
            })
        );
    }
}
