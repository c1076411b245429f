//! Checking outputs against what a task's publisher agreed to: its JSON
//! Schema, its declarative rules, its WebAssembly verifier (AGI ATM 4).
//!
//! **Invariant:** what is checked decides and nothing else: the same terms and
//! the same output come to the same report, so that anyone can repeat it. No
//! check reads a file, a clock, a network or the database, and each has its
//! bounds in size, depth, memory and time.
//!
//! ```text
//! terms ── compiled once (terms.rs), kept by their hash (checks.rs), asked for by examine.rs
//! output ─ schema (schema.rs) ─ rules (rules.rs) ─ verifier (sandbox.rs) ─ receipt.rs
//!          └── steps are counted (meter.rs) ──┘     fuel is counted
//! ```

mod checks;
mod examine;
mod form;
mod meter;
mod patterns;
mod receipt;
mod rules;
mod sandbox;
mod schema;
mod terms;
mod wasi;

use domain::brief::{Brief, Hash};
use domain::error::Detail;
use domain::hex;
use domain::{Error, Kind, Result};
use sha2::{Digest, Sha256};

pub(crate) use checks::Checks;
use checks::Code;
pub(crate) use form::Form;

/// Causes that a report has at most.
const CAUSES: usize = 50;
/// Characters of what is said about one cause.
const PROBLEM_CHARS: usize = 300;

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

/// Checks an output here and now, without a server: what [`crate::App`] does
/// with a submission, for anybody who wants to repeat it.
///
/// # Errors
/// `Unsatisfied` where the terms make no sense or the verifier broke its
/// bounds.
pub fn verify(brief: &Brief, module: Option<&[u8]>, output: &str) -> Result<Report> {
    let mut brief = brief.clone();
    brief.verifier = module.map(|module| Sha256::digest(module).into());
    brief.acceptance = acceptance(&brief);
    let code = module.map_or(Code::Unknown, |module| Code::Bytes(module.to_vec()));
    Checks::default().compile(&brief, code)?.examine(output)
}

/// SHA-256 over what work is accepted by: shown as `acceptanceHash`, so that a
/// worker can see that the terms are those it agreed to.
pub(crate) fn acceptance(brief: &Brief) -> Hash {
    let mut hasher = Sha256::new();
    let verifier = brief.verifier.map(|hash| hex::encode(&hash));
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

/// One thing that is wrong, at a JSON Pointer.
fn unfit(field: &str, rule: &str, problem: &str) -> Detail {
    Detail {
        field: field.to_owned().into(),
        rule: rule.to_owned().into(),
        problem: cut(problem).into(),
    }
}

/// As much of a text as is worth saying.
fn cut(text: &str) -> String {
    match text.char_indices().nth(PROBLEM_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Terms are refused.
fn refused(code: &'static str, what: &str, causes: Vec<Detail>) -> Error {
    let first = causes.first();
    let first = first.map_or(String::new(), |cause| {
        format!(": {}", format!("{} {}", cause.field, cause.problem).trim())
    });
    let mut error = Error::new(
        Kind::Unsatisfied,
        code,
        format!("{what} cannot be used{first}"),
    );
    error.details = causes;
    error
}
