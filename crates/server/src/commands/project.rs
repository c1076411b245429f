//! `guildhall project create NAME`, also while a server runs.

use std::process::ExitCode;

use anyhow::Result;
use app::ops::environments::Create;
use domain::policy::Actor;

use super::{print, tell};
use crate::Settings;
use crate::serve::{ensure_operator, open, told};

pub(crate) async fn project(settings: Settings, name: String) -> Result<ExitCode> {
    let app = open(&settings).await?;
    let made = make(&app, &settings, name).await;
    app.store().close().await;
    made.map(|()| ExitCode::SUCCESS)
}

async fn make(app: &app::App, settings: &Settings, name: String) -> Result<()> {
    // On a new database the project comes before the first start; the
    // operator, who owns it, is made with it.
    if let Some(key) = ensure_operator(app, settings).await.map_err(told)? {
        tell("the operator's key, shown only this once:");
        tell(key.reveal());
    }
    let created = app
        .call(&Actor::System, Create { name })
        .await
        .map_err(told)?;
    tell("the live key and the test key, shown only this once:");
    print(created.live.reveal());
    print(created.test.reveal());
    Ok(())
}
