//! `guildhall serve`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::tell;
use crate::settings::remarks;
use crate::{Settings, instruments, start};

pub(crate) async fn serve(settings: Settings) -> Result<ExitCode> {
    let _guard = instruments::logs(&settings)?;
    for remark in remarks() {
        tracing::warn!("{remark}");
    }
    let database = settings.database_shown();
    // Before the server is up, so that no signal is missed.
    let mut terminate = signal(SignalKind::terminate()).context("signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals")?;
    let running = start(settings).await?;
    if let Some(key) = running.generated_key() {
        tell(&format!(
            "operator key, shown only this once: {}\n(to use one of your own, set GUILDHALL_OPERATOR_KEY)",
            key.reveal()
        ));
    }
    tell(&format!(
        "guildhall {} listening on http://{} with {database}",
        env!("CARGO_PKG_VERSION"),
        running.address()
    ));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tell("guildhall is stopping: requests that are being answered finish first");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}
