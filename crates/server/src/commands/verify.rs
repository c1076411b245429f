//! `guildhall verify`: what the server says about an output, for anybody who
//! wants to repeat it. Needs no database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use domain::brief::Brief;

use super::print;
use crate::cli::Verify;

/// Checks an output and prints the receipt.
pub(crate) fn verify(verify: &Verify) -> Result<ExitCode> {
    let Verify {
        input,
        module,
        schema,
        rules,
        requirements,
    } = verify;
    let text = |file: &Option<PathBuf>| file.as_deref().map(read).transpose();
    let brief = Brief {
        schema: text(schema)?,
        rules: text(rules)?,
        requirements: text(requirements)?,
        ..Brief::default()
    };
    let module = module
        .as_ref()
        .map(|file| std::fs::read(file).with_context(|| format!("cannot read {}", file.display())));
    let module = module.transpose()?;
    let report = match app::verification::verify(&brief, module.as_deref(), &read(input)?) {
        Ok(report) => report,
        Err(refusal) => bail!("{}", refusal.message),
    };
    print(&report.receipt);
    Ok(match report.causes.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// JSON as it is published: without what stands around it.
fn read(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim().to_owned())
}
