//! `guildhall backup` and `guildhall restore`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use app::Entropy;
use domain::Time;

use super::{print, tell};
use crate::Settings;
use crate::serve::{location, told};

pub(crate) fn backup(settings: &Settings, file: &Path) -> Result<ExitCode> {
    store::backup(&location(settings)?, file, progress("copied")).map_err(told)?;
    print(&format!(
        "{} is a complete copy of {}",
        file.display(),
        settings.database_shown()
    ));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn restore(settings: &Settings, file: &Path) -> Result<ExitCode> {
    let incarnation = Entropy::system().id(Time(0));
    store::restore(
        file,
        &location(settings)?,
        incarnation,
        progress("restored"),
    )
    .map_err(told)?;
    print(&format!(
        "{} is now what {} holds",
        settings.database_shown(),
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Tells every tenth of the way.
fn progress(done: &'static str) -> impl FnMut(i32, i32) {
    let mut told = 0;
    move |left, all| {
        let percent = 100 - 100 * i64::from(left) / i64::from(all.max(1));
        if percent / 10 > told {
            told = percent / 10;
            tell(&format!("{percent} % of {all} pages {done}"));
        }
    }
}
