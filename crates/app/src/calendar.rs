//! Times in documents and events, which are JSON by nature: ISO 8601 in UTC
//! with milliseconds.

use domain::Time;
use jiff::Timestamp;

/// A time as `2026-03-13T15:30:00.000Z`.
pub fn iso(time: Time) -> String {
    let stamp = Timestamp::from_microsecond(time.0).unwrap_or(Timestamp::MAX);
    format!("{stamp:.3}")
}
