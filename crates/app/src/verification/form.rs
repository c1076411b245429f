//! A JSON Schema beside any task: the form that an answer must have.

use domain::error::Detail;
use domain::{Error, Result};
use serde_json::Value;

use super::meter::{Spent, metered};
use super::schema::Schema;
use super::unfit;

/// Steps that one check may take.
const STEPS: u64 = 1_000_000;

/// A form.
pub(crate) struct Form(Schema);

impl Form {
    /// Compiles a schema. Drafts differ little in what answers of models are
    /// held to, so that which one a schema names is passed over.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong with it.
    pub(crate) fn compile(schema: &Value) -> Result<Self> {
        let mut schema = schema.clone();
        if let Some(fields) = schema.as_object_mut() {
            fields.remove("$schema");
        }
        Schema::compile(&schema.to_string())
            .map(Self)
            .map_err(|causes| {
                let first = causes.first();
                let told = first.map_or_else(String::new, |cause| {
                    format!(" {} {}", cause.field, cause.problem)
                });
                let mut error = Error::field(
                    "response_format",
                    format!("has a JSON Schema that cannot be used:{told}"),
                );
                error.code = "invalid_response_format";
                error
            })
    }

    /// Why an answer does not have it; nothing when it does.
    pub(crate) fn causes(&self, answer: &Value) -> Vec<Detail> {
        match metered(STEPS, || self.0.accepts(answer)) {
            Ok(true) => Vec::new(),
            Ok(false) => self.0.causes(answer),
            Err(Spent) => vec![unfit("", "schema", "takes too long to be checked")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Form;
    use serde_json::json;

    #[test]
    fn an_answer_has_the_form_or_not() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } },
        });
        let form = Form::compile(&schema).expect("a form");
        assert!(form.causes(&json!({ "n": 1 })).is_empty());
        assert!(!form.causes(&json!({ "n": "1" })).is_empty());
        let bad = Form::compile(&json!({ "type": 7 })).map(|_| ());
        assert_eq!(
            bad.map_err(|error| error.code),
            Err("invalid_response_format")
        );
    }
}
