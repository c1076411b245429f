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

use domain::{Error, Result, limits, text};
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

/// Reads the channels that something tells (`notifyChannels`).
///
/// # Errors
/// `Invalid` when it is no list of so many names.
pub(crate) fn channels(given: Option<&Value>) -> Result<Vec<String>> {
    let given = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(given) => given.as_array(),
    };
    let names: Option<Vec<_>> = given.and_then(|list| list.iter().map(Value::as_str).collect());
    let names = names.filter(|names| names.len() <= limits::NOTIFIED_CHANNELS);
    let names = names.ok_or_else(|| {
        let problem = format!(
            "must be a list of at most {} names of channels",
            limits::NOTIFIED_CHANNELS
        );
        Error::field("notifyChannels", problem)
    })?;
    for name in &names {
        text::required("notifyChannels", name, limits::CHANNEL_CHARS)?;
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}
