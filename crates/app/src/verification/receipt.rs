//! What is kept of a check: with the task's terms and the output, anybody can
//! come to the same receipt again (`guildhall verify`).

use domain::brief::Hash;
use domain::error::Detail;
use domain::hex;
use serde_json::{Value, json};

use super::sandbox::{ENGINE, Verdict};

/// How a check came out.
pub(super) struct Judgement {
    /// Whether the output satisfies the schema; true without one.
    pub(super) schema_valid: bool,
    /// What it does not satisfy.
    pub(super) causes: Vec<Detail>,
    /// What the verifier said, if it was asked.
    pub(super) verdict: Option<Verdict>,
}

impl Judgement {
    /// Nothing was to be checked.
    pub(super) fn fits() -> Self {
        Self {
            schema_valid: true,
            causes: Vec::new(),
            verdict: None,
        }
    }

    /// It does not satisfy the schema.
    pub(super) fn refused(causes: Vec<Detail>) -> Self {
        Self {
            schema_valid: false,
            causes,
            verdict: None,
        }
    }
}

/// The receipt, as JSON.
pub(super) fn written(judgement: &Judgement, verifier: Option<Hash>, acceptance: Hash) -> String {
    let Judgement {
        schema_valid,
        causes,
        verdict,
    } = judgement;
    let errors: Vec<_> = causes.iter().map(error).collect();
    let asked = verdict.as_ref().zip(verifier);
    let verifier = asked.map(|(verdict, hash)| {
        json!({
            "sha256": hex::encode(&hash),
            "inputSha256": hex::encode(&verdict.input),
            "fuelUsed": verdict.fuel_used,
            "verdict": verdict.said,
            "engine": ENGINE,
        })
    });
    let receipt: Value = json!({
        "schemaValid": schema_valid,
        "errors": errors,
        "verifier": verifier,
        "acceptanceHash": hex::encode(&acceptance),
    });
    receipt.to_string()
}

fn error(cause: &Detail) -> Value {
    json!({ "path": cause.field, "rule": cause.rule, "message": cause.problem })
}
