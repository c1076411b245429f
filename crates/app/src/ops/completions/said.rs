//! What was said, as a client sends it: checked, and put into the form that
//! models are asked in.

use std::collections::BTreeMap;

use domain::{Error, Result, limits};
use serde_json::{Value, json};

/// A conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// What the application tells the agent.
    pub(crate) system: Vec<String>,
    /// What was said, without that.
    pub(crate) messages: Vec<Value>,
    /// What the user said first.
    pub(crate) first: Option<String>,
    /// What the user said last, where that is new: not where a tool of the
    /// client's answers.
    pub(crate) last: Option<String>,
    /// The attachments that are named, until they are shown.
    pub(crate) named: Vec<Named>,
}

/// An attachment that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its id, as the client says.
    pub(crate) id: String,
    /// Where, for refusals.
    pub(crate) place: String,
}

impl Said {
    /// Reads it.
    ///
    /// # Errors
    /// `Invalid`, saying which message is wrong.
    pub(crate) fn read(messages: &[Value]) -> Result<Self> {
        if messages.is_empty() {
            return Err(wrong("must have at least one message"));
        }
        if messages.len() > limits::CHAT_MESSAGES {
            let most = limits::CHAT_MESSAGES;
            return Err(wrong(&format!("must have at most {most} messages")));
        }
        let mut said = Self::default();
        for (number, message) in messages.iter().enumerate() {
            let place = said.named.len();
            let heard = said.hear(message);
            for named in said.named.iter_mut().skip(place) {
                named.place = format!("messages[{number}]{}", named.place);
            }
            heard.map_err(|problem| wrong(&format!("[{number}]{problem}")))?;
        }
        Ok(said)
    }

    fn hear(&mut self, message: &Value) -> Result<(), String> {
        let fields = message.as_object().ok_or(" must be an object")?;
        let content = fields.get("content").unwrap_or(&Value::Null);
        match fields.get("role").and_then(Value::as_str) {
            Some("system" | "developer") => self.system.push(text(content)?),
            Some("user") => self.hear_user(content)?,
            Some("assistant") => {
                let calls = fields.get("tool_calls").filter(|calls| !calls.is_null());
                self.messages.push(assistant(content, calls)?);
            }
            Some("tool") => {
                let id = fields.get("tool_call_id").and_then(Value::as_str);
                let id = id.ok_or(".tool_call_id is required where the role is tool")?;
                let content = text(content)?;
                let message = json!({ "role": "tool", "tool_call_id": id, "content": content });
                self.messages.push(message);
                self.last = None;
            }
            _ => return Err(".role must be one of: system, user, assistant, tool".into()),
        }
        Ok(())
    }

    fn hear_user(&mut self, content: &Value) -> Result<(), String> {
        let (content, shown) = match content {
            Value::String(text) => (content.clone(), plain(text)?),
            Value::Array(parts) => spoken(parts, &mut self.named)?,
            _ => return Err(".content must be a text or a list of parts".into()),
        };
        self.messages
            .push(json!({ "role": "user", "content": content }));
        self.first.get_or_insert_with(|| shown.clone());
        self.last = Some(shown);
        Ok(())
    }

    /// Puts attachments into their places: by their ids what they are called
    /// and what the model reads, which it does once.
    pub(crate) fn show(&mut self, mut shown: BTreeMap<String, (String, Value)>) {
        let parts = self.messages.iter_mut();
        let parts = parts.filter_map(|message| message["content"].as_array_mut());
        for part in parts.flatten() {
            let id = part["file_id"].as_str();
            let Some((name, read)) = id.and_then(|id| shown.get_mut(id)) else {
                continue;
            };
            *part = match read.take() {
                Value::Null => json!({ "type": "text", "text": mark(name) }),
                read => read,
            };
        }
        for (id, (name, _)) in &shown {
            for text in [&mut self.first, &mut self.last].into_iter().flatten() {
                *text = text.replace(&mark(id), &mark(name));
            }
        }
    }
}

/// What stands for a file where people read.
fn mark(name: &str) -> String {
    format!("[file {name}]")
}

/// The parts of what a user said, for the model and for people.
fn spoken(parts: &[Value], named: &mut Vec<Named>) -> Result<(Value, String), String> {
    if parts.is_empty() {
        return Err(".content must not be an empty list".into());
    }
    let mut kept = Vec::with_capacity(parts.len());
    let mut shown = Vec::with_capacity(parts.len());
    for (number, part) in parts.iter().enumerate() {
        let at = |problem: &str| format!(".content[{number}]{problem}");
        match part["type"].as_str() {
            Some("text") => {
                let text = part["text"]
                    .as_str()
                    .ok_or_else(|| at(".text must be a text"))?;
                kept.push(json!({ "type": "text", "text": text }));
                shown.push(plain(text)?);
            }
            Some("image_url") => {
                let url = part["image_url"]["url"].as_str();
                url.filter(|url| !url.is_empty())
                    .ok_or_else(|| at(".image_url.url must be a text"))?;
                kept.push(json!({ "type": "image_url", "image_url": part["image_url"] }));
                shown.push("[image]".to_owned());
            }
            Some("file") => {
                let id = part["file_id"]
                    .as_str()
                    .or_else(|| part["file"]["file_id"].as_str());
                let id = id.ok_or_else(|| at(".file_id must be a text"))?;
                named.push(Named {
                    id: id.to_owned(),
                    place: at(".file_id"),
                });
                kept.push(json!({ "type": "file", "file_id": id }));
                shown.push(mark(id));
            }
            _ => return Err(at(".type must be one of: text, image_url, file")),
        }
    }
    Ok((Value::Array(kept), shown.join("\n")))
}

/// What an agent said earlier, as text.
fn assistant(content: &Value, calls: Option<&Value>) -> Result<Value, String> {
    let mut message = json!({ "role": "assistant" });
    message["content"] = match (content, calls) {
        (Value::Null, Some(_)) => Value::Null,
        (content, _) => text(content)?.into(),
    };
    if let Some(calls) = calls {
        let is_call = |call: &Value| {
            call["id"].is_string()
                && call["function"]["name"].is_string()
                && call["function"]["arguments"].is_string()
        };
        let fits = calls
            .as_array()
            .is_some_and(|calls| calls.iter().all(is_call));
        if !fits {
            return Err(
                ".tool_calls must be a list of {id, type, function: {name, arguments}}".into(),
            );
        }
        message["tool_calls"] = calls.clone();
    }
    Ok(message)
}

/// A text, whole or in parts.
fn text(content: &Value) -> Result<String, String> {
    let wrong = || ".content must be a text or a list of text parts".to_owned();
    match content {
        Value::String(text) => plain(text),
        Value::Array(parts) => {
            let texts = parts
                .iter()
                .map(|part| plain(part["text"].as_str().ok_or_else(wrong)?));
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
        }
        _ => Err(wrong()),
    }
}

/// A text that can be stored.
fn plain(text: &str) -> Result<String, String> {
    match text.contains('\0') {
        true => Err(".content must not contain a NUL character".into()),
        false => Ok(text.to_owned()),
    }
}

fn wrong(problem: &str) -> Error {
    let join = if problem.starts_with('[') { "" } else { " " };
    let mut error = Error::field("messages", problem.to_owned());
    error.message = format!("messages{join}{problem}").into();
    error
}

#[cfg(test)]
mod tests {
    use super::Said;
    use serde_json::{Value, json};

    fn read(messages: &Value) -> Result<Said, String> {
        let messages = messages.as_array().cloned().unwrap_or_default();
        Said::read(&messages).map_err(|error| error.message.into_owned())
    }

    #[test]
    fn what_was_said_is_put_into_one_form() {
        let said = read(&json!([
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [{ "type": "text", "text": "Look:" },
                { "type": "image_url", "image_url": { "url": "https://x/y.png" } }, { "type": "file", "file_id": "f1" }] },
            { "role": "assistant", "content": [{ "type": "text", "text": "Nice" }] },
            { "role": "user", "content": "And?" },
        ]))
        .expect("fine");
        assert_eq!(said.system, ["Be brief."]);
        assert_eq!(said.first.as_deref(), Some("Look:\n[image]\n[file f1]"));
        assert_eq!(said.last.as_deref(), Some("And?"));
        assert_eq!(said.messages.len(), 3);
        assert_eq!(
            said.messages[1],
            json!({ "role": "assistant", "content": "Nice" })
        );
    }

    #[test]
    fn attachments_are_shown_once_in_their_places() {
        let file = json!({ "type": "file", "file_id": "f1" });
        let mut said = read(&json!([
            { "role": "user", "content": [file, { "type": "file", "file": { "file_id": "f1" } }] },
        ]))
        .expect("fine");
        let places: Vec<_> = said.named.iter().map(|it| &*it.place).collect();
        assert_eq!(
            places,
            [
                "messages[0].content[0].file_id",
                "messages[0].content[1].file_id"
            ]
        );
        let shown = json!({ "type": "text", "text": "hello" });
        said.show([("f1".to_owned(), ("a.md".to_owned(), shown.clone()))].into());
        let again = json!({ "type": "text", "text": "[file a.md]" });
        assert_eq!(said.messages[0]["content"], json!([shown, again]));
        assert_eq!(said.last.as_deref(), Some("[file a.md]\n[file a.md]"));
    }

    #[test]
    fn a_tools_answer_is_nothing_that_the_user_said() {
        let call = json!({ "id": "c", "type": "function", "function": { "name": "f", "arguments": "{}" } });
        let said = read(&json!([
            { "role": "user", "content": "Go" },
            { "role": "assistant", "content": null, "tool_calls": [call] },
            { "role": "tool", "tool_call_id": "c", "content": "done" },
        ]))
        .expect("fine");
        assert_eq!((said.first.as_deref(), said.last), (Some("Go"), None));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        for (messages, place) in [
            (json!([]), "messages must"),
            (json!(["x"]), "messages[0] must"),
            (json!([{ "content": "x" }]), "messages[0].role"),
            (json!([{ "role": "user" }]), "messages[0].content"),
            (
                json!([{ "role": "user", "content": "a\0" }]),
                "messages[0].content must not contain",
            ),
            (
                json!([{ "role": "user", "content": "a" }, { "role": "user", "content": 1 }]),
                "messages[1].content",
            ),
            (
                json!([{ "role": "user", "content": [{ "type": "video" }] }]),
                "messages[0].content[0].type",
            ),
            (
                json!([{ "role": "assistant", "content": null }]),
                "messages[0].content",
            ),
            (
                json!([{ "role": "tool", "content": "x" }]),
                "messages[0].tool_call_id",
            ),
        ] {
            let problem = read(&messages).expect_err(place);
            assert!(problem.starts_with(place), "{problem} of {messages}");
        }
    }
}
