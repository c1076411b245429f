//! The compiled terms of one task, and what they say about an output.

use std::sync::Arc;

use domain::brief::Hash;
use domain::{Error, Kind, Result};
use serde_json::Value;

use super::meter::{Spent, metered};
use super::receipt::{self, Judgement};
use super::rules::Rules;
use super::sandbox::{Module, Sandbox};
use super::schema::Schema;
use super::{CAUSES, Report, unfit};

/// Steps that checking one output may take: about half a second at worst.
const STEPS: u64 = 5_000_000;

/// The compiled terms of a task.
pub(super) struct Terms {
    pub(super) schema: Option<Arc<Schema>>,
    pub(super) rules: Option<Arc<Rules>>,
    pub(super) verifier: Option<(Hash, Arc<Module>)>,
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) acceptance: Hash,
}

impl Terms {
    /// Checks an output against everything.
    ///
    /// # Errors
    /// `Unsatisfied` where a check broke its bounds.
    pub(super) fn examine(&self, output: &str) -> Result<Report> {
        let judgement = self.check(output, STEPS).map_err(|Spent| too_costly())?;
        let Some((hash, module)) = &self.verifier else {
            return Ok(self.report(judgement));
        };
        if !judgement.causes.is_empty() {
            return Ok(self.report(judgement));
        }
        let verdict = self.sandbox.run(module, output.as_bytes());
        let verdict = verdict.map_err(|broken| {
            tracing::info!(verifier = %domain::hex::encode(hash), %broken, "a verifier broke its bounds");
            Error::new(
                Kind::Unsatisfied,
                "verifier_failed",
                format!("the task's verifier came to no verdict: {broken}; its publisher must publish the task again with a better one"),
            )
        })?;
        Ok(self.report(Judgement {
            causes: verdict.causes.clone(),
            verdict: Some(verdict),
            ..judgement
        }))
    }

    /// The schema and, where that passes, the rules.
    pub(super) fn check(&self, output: &str, steps: u64) -> Result<Judgement, Spent> {
        if self.schema.is_none() && self.rules.is_none() && self.verifier.is_none() {
            // Whatever it is, nobody asked for JSON.
            return Ok(Judgement::fits());
        }
        let Ok(value) = serde_json::from_str::<Value>(output) else {
            let problem = "the output must be JSON, nested at most 127 levels deep";
            return Ok(Judgement::refused(vec![unfit("", "json", problem)]));
        };
        let failed = metered(steps, || {
            let schema = self.schema.as_ref();
            if schema.is_some_and(|schema| !schema.accepts(&value)) {
                return None;
            }
            Some(self.rules.as_ref().map(|rules| rules.causes(&value)))
        })?;
        let Some(causes) = failed else {
            let causes = self.schema.as_ref().map(|schema| schema.causes(&value));
            return Ok(Judgement::refused(causes.unwrap_or_default()));
        };
        let mut causes = causes.unwrap_or_default();
        causes.truncate(CAUSES);
        Ok(Judgement {
            schema_valid: true,
            causes,
            verdict: None,
        })
    }

    pub(super) fn report(&self, judgement: Judgement) -> Report {
        let verifier = self.verifier.as_ref().map(|(hash, _)| *hash);
        let receipt = receipt::written(&judgement, verifier, self.acceptance);
        Report {
            causes: judgement.causes,
            receipt,
        }
    }
}

/// A check broke its bounds.
pub(super) fn too_costly() -> Error {
    Error::new(
        Kind::Unsatisfied,
        "schema_too_costly",
        "checking this output against the task's schema and rules takes too long: hand in a smaller output; its publisher can publish the task again with a simpler schema",
    )
}
