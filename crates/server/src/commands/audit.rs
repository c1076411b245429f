//! `guildhall audit`.

use std::process::ExitCode;

use anyhow::Result;
use app::ops::server::Audit;
use domain::policy::Actor;

use super::print;
use crate::Settings;
use crate::serve::{location, open, told};

pub(crate) async fn audit(settings: Settings) -> Result<ExitCode> {
    location(&settings)?.require_existing().map_err(told)?;
    let app = open(&settings).await?;
    let findings = app.call(&Actor::System, Audit).await.map_err(told)?;
    let mut violated = 0;
    for finding in &findings {
        let holds = finding.violations == 0;
        violated += usize::from(!holds);
        let mark = if holds { "ok      " } else { "VIOLATED" };
        let count = if holds {
            String::new()
        } else {
            format!(" ({} times)", finding.violations)
        };
        print(&format!("{mark} {}{count}", finding.says));
    }
    print(&format!(
        "{} of {} invariants hold",
        findings.len() - violated,
        findings.len()
    ));
    app.store().close().await;
    Ok(if violated == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
