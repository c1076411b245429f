//! Notifications: what the gates, checkpoints and delays of missions and the
//! approval gates tell the channels that they name (Polpo 2.13, 3.3, 3.5).
//!
//! A channel is a name. What it is told is in the list of notifications and
//! among the events of the environment, where whoever bears a key follows it;
//! nothing is called from here.
//!
//! **Invariant:** a notification is written in the transaction of what it tells.

mod list;
mod tell;

pub use list::{List, Send, Stats};
pub(crate) use tell::{Notice, Severity, outcomes, tell};

use serde_json::{Map, Value};
use store::tables::notifications::Notification;

use crate::calendar::iso;

/// A notification as everybody sees it.
fn shown(notification: &Notification) -> Value {
    let Notification {
        environment: _,
        id,
        channel,
        document,
        created_at,
    } = notification;
    let mut shown: Map<String, Value> = serde_json::from_str(document).unwrap_or_default();
    let fixed = [
        ("id", id.to_string()),
        ("timestamp", iso(*created_at)),
        ("channel", channel.clone()),
        ("channelType", "events".to_owned()),
        ("status", "sent".to_owned()),
    ];
    shown.extend(fixed.map(|(key, value)| (key.to_owned(), value.into())));
    Value::Object(shown)
}
