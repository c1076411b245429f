//! Notifications are looked at (Polpo 2.13).

use domain::page::Part;
use domain::{Error, Result, limits};
use serde_json::Value;
use store::tables::notifications;

use super::shown;
use crate::ops::environments::own;
use crate::{Cx, Op};

/// Lists what was sent, the last one first.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Which of them.
    pub part: Part,
    /// Only those of this status.
    pub status: Option<String>,
    /// Only those to this channel.
    pub channel: Option<String>,
    /// Only those of the gate or checkpoint of this name or id.
    pub rule: Option<String>,
}

impl Op for List {
    type Output = Vec<Value>;
    operation!("notifications.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = own(cx).await?;
        let all = notifications::latest(cx.tx, environment.id, limits::NOTIFICATIONS).await?;
        let wanted = [
            ("status", self.status),
            ("channel", self.channel),
            ("ruleId", self.rule),
        ];
        let fits = |told: &Value| {
            wanted
                .iter()
                .all(|(field, wanted)| wanted.as_ref().is_none_or(|word| told[*field] == **word))
        };
        Ok(self.part.of(all.iter().map(shown).filter(fits).collect()))
    }
}

/// Counts what was sent and is kept.
#[derive(Clone, Debug)]
pub struct Stats;

impl Op for Stats {
    type Output = i64;
    operation!("notifications.stats", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<i64> {
        let environment = own(cx).await?;
        let total = notifications::count(cx.tx, environment.id).await?;
        // Those behind are about to be forgotten, and in no list.
        Ok(total.min(limits::NOTIFICATIONS.into()))
    }
}

/// Refuses to send anything elsewhere.
#[derive(Clone, Debug)]
pub struct Send;

impl Op for Send {
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
