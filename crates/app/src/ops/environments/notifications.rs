//! Notifications, of which there are none (Polpo 2.13).

use domain::{Error, Result};

use super::own;
use crate::{Cx, Op};

/// Lists what was sent: nothing.
#[derive(Clone, Debug)]
pub struct Notifications;

impl Op for Notifications {
    type Output = ();
    operation!("notifications.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        own(cx).await.map(drop)
    }
}

/// Counts what was sent: nothing.
#[derive(Clone, Debug)]
pub struct NotificationStats;

impl Op for NotificationStats {
    type Output = ();
    operation!("notifications.stats", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        own(cx).await.map(drop)
    }
}

/// Refuses to send anything.
#[derive(Clone, Debug)]
pub struct SendNotification;

impl Op for SendNotification {
    type Output = ();
    operation!("notifications.send", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        own(cx).await?;
        Err(Error::invalid(
            "not_configured",
            "no channel for notifications is set up here: follow the events, or register a webhook",
        ))
    }
}
