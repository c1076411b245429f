//! The fields of a chat request beside its messages, checked (Polpo 2.6).

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Error, Result, limits, text};
use serde_json::{Value, json};

use crate::verification::Form;

/// What a caller wants beside an answer.
#[derive(Clone, Copy, Debug)]
pub struct Wishes {
    /// Whether the agent may ask back.
    pub asks: bool,
    /// Whether next messages are suggested.
    pub suggests: bool,
    /// Whether the run goes on when its caller goes away.
    pub is_durable: bool,
    /// Whether a stream says at its end what was used.
    pub shows_usage: bool,
}

/// The form that an answer must have.
#[derive(Clone, Default)]
pub(crate) enum Shape {
    /// Any.
    #[default]
    Free,
    /// JSON.
    Json,
    /// JSON of a schema.
    Schema(Arc<Form>),
}

impl Shape {
    /// Reads `response_format`.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong with it.
    pub(crate) async fn read(format: Option<&Value>) -> Result<Self> {
        let Some(format) = format.filter(|format| !format.is_null()) else {
            return Ok(Self::Free);
        };
        match format["type"].as_str() {
            Some("text") => Ok(Self::Free),
            Some("json_object") => Ok(Self::Json),
            Some("json_schema") => Self::schema(&format["json_schema"]).await,
            _ => Err(wrong("type must be one of: text, json_object, json_schema")),
        }
    }

    async fn schema(given: &Value) -> Result<Self> {
        let name = given["name"].as_str().unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > limits::METADATA_KEY_CHARS || !name.chars().all(fits) {
            return Err(wrong(
                "json_schema.name must be 1 to 64 letters, digits, '_' or '-'",
            ));
        }
        let schema = given["schema"].clone();
        if !schema.is_object() {
            return Err(wrong("json_schema.schema must be a JSON Schema"));
        }
        let form = tokio::task::spawn_blocking(move || Form::compile(&schema)).await;
        let form = form.map_err(|_| Error::internal())??;
        Ok(Self::Schema(Arc::new(form)))
    }

    /// Whether an answer has it.
    ///
    /// # Errors
    /// `Unsatisfied` (`invalid_response_format_output`).
    pub(crate) async fn check(&self, answer: &str) -> Result<()> {
        if matches!(self, Self::Free) {
            return Ok(());
        }
        let Ok(value) = serde_json::from_str::<Value>(answer) else {
            return Err(unfit("it is no JSON"));
        };
        let Self::Schema(form) = self.clone() else {
            return Ok(());
        };
        let causes = tokio::task::spawn_blocking(move || form.causes(&value)).await;
        let causes = causes.map_err(|_| Error::internal())?;
        match causes.first() {
            None => Ok(()),
            Some(cause) => Err(unfit(&format!("{} {}", cause.field, cause.problem))),
        }
    }
}

fn wrong(problem: &str) -> Error {
    let mut error = Error::field("response_format", problem.to_owned());
    error.message = format!("response_format.{problem}").into();
    error
}

fn unfit(problem: &str) -> Error {
    let mut error = Error::field(
        "response_format",
        "is not the form of what the model answered",
    );
    error.kind = domain::Kind::Unsatisfied;
    error.code = "invalid_response_format_output";
    error.message =
        format!("the model's answer does not have the form of response_format: {problem}").into();
    error
}

/// Checks tools of the caller's own.
pub(crate) fn check_tools(tools: &[Value]) -> Result<()> {
    if tools.len() > limits::CLIENT_TOOLS {
        let most = limits::CLIENT_TOOLS;
        return Err(Error::field("tools", format!("must be at most {most}")));
    }
    let fits = |tool: &Value| {
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        tool["type"] == json!("function")
            && !name.is_empty()
            && name.len() <= limits::METADATA_KEY_CHARS
            && name.chars().all(plain)
    };
    if tools.iter().all(fits) {
        return Ok(());
    }
    Err(Error::field(
        "tools",
        "must each be {type: \"function\", function: {name}} with a name of 1 to 64 letters, digits, '_' or '-'",
    ))
}

/// Checks what a session is found by.
pub(crate) fn check_marks(user: Option<&str>, metadata: &BTreeMap<String, String>) -> Result<()> {
    if let Some(user) = user {
        text::required("user", user, limits::END_USER_CHARS)?;
    }
    let fits = |(key, value): (&String, &String)| {
        text::required("metadata", key, limits::METADATA_KEY_CHARS).is_ok()
            && text::optional("metadata", value, limits::METADATA_VALUE_CHARS).is_ok()
    };
    if metadata.len() <= limits::METADATA_KEYS && metadata.iter().all(fits) {
        return Ok(());
    }
    Err(Error::field(
        "metadata",
        "must be at most 16 texts of up to 512 characters, with keys of 1 to 64",
    ))
}

/// The session that is asked for; nothing where a new one is.
pub(crate) fn check_session(id: Option<&str>) -> Result<Option<String>> {
    let Some(id) = id
        .map(str::trim)
        .filter(|id| !id.is_empty() && *id != "new")
    else {
        return Ok(None);
    };
    let fits = |c: char| c.is_ascii_graphic();
    if id.len() > limits::SESSION_ID_CHARS || !id.chars().all(fits) {
        return Err(Error::field(
            "x-session-id",
            "must be 1 to 128 visible ASCII characters",
        ));
    }
    Ok(Some(id.to_owned()))
}
