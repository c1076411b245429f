//! Which tools there are, and which of them an agent may use (Polpo 4).

use app::ports::agents::Toolbox;
use serde_json::{Map, Value, json};

use super::market;

/// A tool of the house: its name, what it does, its parameters.
type Core = (&'static str, &'static str, &'static str);

/// A text that a call must have or may have, and so on, as JSON Schema.
const CORE: &[Core] = &[
    (
        "read",
        "Reads a text file of the work folder. Long files are read in parts: offset is the first line, from 1.",
        r#"{"path":{"type":"string"},"offset":{"type":"integer","minimum":1},"limit":{"type":"integer","minimum":1}}!path"#,
    ),
    (
        "write",
        "Writes a file of the work folder, whole, with the folders that it is in. Replaces what is there.",
        r#"{"path":{"type":"string"},"content":{"type":"string"}}!path,content"#,
    ),
    (
        "edit",
        "Replaces a text in a file by another. old_text must occur exactly once, unless replace_all is true.",
        r#"{"path":{"type":"string"},"old_text":{"type":"string"},"new_text":{"type":"string"},"replace_all":{"type":"boolean"}}!path,old_text,new_text"#,
    ),
    (
        "ls",
        "Lists a folder of the work folder.",
        r#"{"path":{"type":"string"}}!"#,
    ),
    (
        "glob",
        "Finds files by a pattern of their names, such as *.md or src/**/*.rs.",
        r#"{"pattern":{"type":"string"},"path":{"type":"string"}}!pattern"#,
    ),
    (
        "grep",
        "Finds lines of text files by a regular expression. include is a pattern of names, such as *.rs.",
        r#"{"pattern":{"type":"string"},"path":{"type":"string"},"include":{"type":"string"},"ignore_case":{"type":"boolean"}}!pattern"#,
    ),
    (
        "bash",
        "Runs a command of the shell in the work folder, /work. Nothing of it goes on behind its end.",
        r#"{"command":{"type":"string"},"timeout_seconds":{"type":"integer","minimum":1,"maximum":600}}!command"#,
    ),
    (
        "http_fetch",
        "Calls a public address over HTTPS. Redirects are told, not followed.",
        r#"{"url":{"type":"string"},"method":{"type":"string","enum":["GET","POST"]},"headers":{"type":"object","additionalProperties":{"type":"string"}},"body":{"type":"string"}}!url"#,
    ),
    (
        "memory_get",
        "Reads what you remember (own), or what all agents share (shared).",
        r#"{"scope":{"type":"string","enum":["own","shared"]}}!"#,
    ),
    (
        "memory_set",
        "Replaces what you remember (own), or what all agents share (shared).",
        r#"{"content":{"type":"string"},"scope":{"type":"string","enum":["own","shared"]}}!content"#,
    ),
    (
        "memory_append",
        "Adds to what you remember (own), or to what all agents share (shared).",
        r#"{"content":{"type":"string"},"scope":{"type":"string","enum":["own","shared"]}}!content"#,
    ),
    (
        "vault_get",
        "Gets your credential for a service. Use its values, and show them to nobody.",
        r#"{"service":{"type":"string"}}!service"#,
    ),
    (
        "vault_list",
        "Lists the services for which you have credentials, without values.",
        r#"{}!"#,
    ),
    (
        "register_outcome",
        "Tells what you produced: a file (with path), a text, a url, json (with data) or media (with path).",
        r#"{"type":{"type":"string","enum":["file","text","url","json","media"]},"label":{"type":"string"},"path":{"type":"string"},"text":{"type":"string"},"url":{"type":"string"},"data":{},"mimeType":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}!type,label"#,
    ),
    (
        "market_search",
        "Finds paid work of others on the market.",
        r#"{"query":{"type":"string"}}!"#,
    ),
    (
        "market_claim",
        "Takes work from the market and shows what it needs. Take only what you will deliver.",
        r#"{"task_id":{"type":"string"}}!task_id"#,
    ),
    (
        "market_deliver",
        "Delivers what you made for work that you took: an output that satisfies its schema.",
        r#"{"task_id":{"type":"string"},"output":{},"summary":{"type":"string"}}!task_id,output"#,
    ),
    (
        "market_status",
        "Shows how work stands that you took.",
        r#"{"task_id":{"type":"string"}}!task_id"#,
    ),
    (
        ASK,
        "Asks the person you talk with, and ends your turn. The answer is their next message.",
        r#"{"questions":{"type":"array","minItems":1,"maxItems":10,"items":{"type":"object","properties":{"id":{"type":"string"},"question":{"type":"string"},"header":{"type":"string"},"options":{"type":"array","items":{"type":"object","properties":{"label":{"type":"string"},"description":{"type":"string"}},"required":["label"]}},"multiple":{"type":"boolean"},"custom":{"type":"boolean"}},"required":["question","options"]}}}!questions"#,
    ),
];

/// The tool by which an agent asks.
const ASK: &str = "ask_user_question";
/// The tools that only look.
const LOOKING: [&str; 4] = ["read", "ls", "glob", "grep"];

/// Which tools an agent may use.
pub(super) struct Choice {
    toolbox: Toolbox,
    /// What its document names; everything when it names nothing.
    allowed: Option<Vec<String>>,
}

impl Choice {
    pub(super) fn of(toolbox: Toolbox, document: &Map<String, Value>) -> Self {
        let listed = document.get("allowedTools").and_then(Value::as_array);
        let words = |list: &Vec<Value>| {
            let words = list.iter().filter_map(Value::as_str);
            words.map(str::to_owned).collect()
        };
        Self {
            toolbox,
            allowed: listed.map(words),
        }
    }

    /// Whether a tool may be used.
    pub(super) fn wants(&self, name: &str) -> bool {
        match self.toolbox {
            Toolbox::Empty => false,
            Toolbox::Reading => LOOKING.contains(&name),
            // Whether it may ask is up to those it talks with, not to the list.
            Toolbox::Working | Toolbox::Talking if name == ASK => self.toolbox == Toolbox::Talking,
            Toolbox::Working | Toolbox::Talking => self.is_listed(name),
        }
    }

    fn is_listed(&self, name: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        };
        match &self.allowed {
            Some(list) => list.iter().any(fits),
            // To work for others is a decision of the project.
            None => !name.starts_with(market::PREFIX),
        }
    }

    /// The tools of the house that may be used.
    pub(super) fn core(&self, has_shell: bool) -> Vec<Value> {
        let there = CORE
            .iter()
            .filter(|(name, ..)| has_shell || *name != "bash");
        let wanted = there.filter(|(name, ..)| self.wants(name));
        wanted.map(spec).collect()
    }
}

fn spec((name, description, parameters): &Core) -> Value {
    let (properties, required) = parameters.rsplit_once('!').unwrap_or((parameters, ""));
    let properties: Value = serde_json::from_str(properties).unwrap_or_default();
    let required: Vec<_> = required
        .split(',')
        .filter(|name| !name.is_empty())
        .collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    function(name, description, schema)
}

/// A tool in the form of OpenAI's `tools`.
pub(super) fn function(name: &str, description: &str, parameters: Value) -> Value {
    json!({
        "type": "function",
        "function": { "name": name, "description": description, "parameters": parameters },
    })
}

#[cfg(test)]
mod tests {
    use app::ports::agents::Toolbox;
    use serde_json::{Value, json};

    use super::{CORE, Choice};

    fn names(toolbox: Toolbox, document: &Value) -> Vec<String> {
        let document = document.as_object().expect("an object");
        let specs = Choice::of(toolbox, document).core(true);
        let name = |spec: &Value| spec["function"]["name"].as_str().map(str::to_owned);
        specs.iter().filter_map(name).collect()
    }

    #[test]
    fn every_tool_has_a_schema() {
        let document = json!({ "allowedTools": ["*"] });
        let document = document.as_object().expect("an object");
        let all = Choice::of(Toolbox::Talking, document).core(true);
        assert_eq!(all.len(), CORE.len());
        for spec in all {
            let schema = &spec["function"]["parameters"];
            assert!(schema["properties"].is_object(), "{spec}");
            for name in schema["required"].as_array().expect("a list") {
                assert!(
                    schema["properties"]
                        .get(name.as_str().expect("a name"))
                        .is_some(),
                    "{spec}"
                );
            }
        }
    }

    #[test]
    fn a_list_allows_what_it_names() {
        let all = json!({});
        assert_eq!(
            names(Toolbox::Reading, &all),
            ["read", "ls", "glob", "grep"]
        );
        assert!(names(Toolbox::Empty, &all).is_empty());
        assert!(!names(Toolbox::Working, &all).contains(&"ask_user_question".to_owned()));
        let some = json!({ "allowedTools": ["read", "memory_*", "browser_*"] });
        assert_eq!(
            names(Toolbox::Working, &some),
            ["read", "memory_get", "memory_set", "memory_append"]
        );
        assert_eq!(
            names(Toolbox::Talking, &json!({ "allowedTools": [] })),
            ["ask_user_question"]
        );
        assert_eq!(
            names(Toolbox::Working, &json!({ "allowedTools": ["*"] })).len(),
            CORE.len() - 1
        );
    }
}
