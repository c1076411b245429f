//! `guildhall key issue|rotate|revoke`. A running server hears of it within a
//! second.

use std::process::ExitCode;

use anyhow::Result;
use app::App;
use app::ops::keys::{Issue, Issued, Revoke};
use domain::id::KeyId;
use domain::policy::Actor;

use super::{print, tell};
use crate::Settings;
use crate::cli::Key;
use crate::serve::{KEY_PREFIX, location, open, told};

pub(crate) async fn key(settings: Settings, what: Key) -> Result<ExitCode> {
    location(&settings)?.require_existing().map_err(told)?;
    let app = open(&settings).await?;
    let done = run(&app, what).await;
    app.store().close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn run(app: &App, what: Key) -> Result<()> {
    match what {
        Key::Issue { username, label } => issue(app, username, label).await,
        Key::Rotate { username } => {
            revoke(app, Revoke::Account(username.clone())).await?;
            issue(app, username, "rotation".into()).await
        }
        Key::Revoke { which } => {
            revoke(
                app,
                KeyId::parse(&which).map_or(Revoke::Account(which), Revoke::Key),
            )
            .await
        }
    }
}

async fn issue(app: &App, username: String, label: String) -> Result<()> {
    let Issued {
        account: _,
        id,
        key,
    } = app
        .call(
            &Actor::System,
            Issue {
                username,
                label,
                prefix: KEY_PREFIX,
            },
        )
        .await
        .map_err(told)?;
    tell(&format!("key {id}, shown only this once:"));
    print(key.reveal());
    Ok(())
}

async fn revoke(app: &App, which: Revoke) -> Result<()> {
    let revoked = app.call(&Actor::System, which).await.map_err(told)?;
    for key in revoked {
        tell(&format!("key {key} no longer works"));
    }
    Ok(())
}
