//! Times as the doors with calendar dates write and read them.

use std::fmt;

use domain::Time;
use jiff::Timestamp;

/// A time as `2026-03-13T15:30:00.000000Z`.
pub(crate) struct Iso(pub(crate) Time);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = Timestamp::from_microsecond(self.0.0).unwrap_or(Timestamp::MAX);
        write!(f, "{stamp:.6}")
    }
}

/// A time as `2026-03-13T15:30:00.000Z`.
pub(crate) struct IsoMillis(pub(crate) Time);

impl fmt::Display for IsoMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = Timestamp::from_microsecond(self.0.0).unwrap_or(Timestamp::MAX);
        write!(f, "{stamp:.3}")
    }
}

/// Reads a date, or a date and time with or without an offset (UTC then). A
/// plus sign that a query turned into a space is read as one.
pub(crate) fn read(text: &str) -> Option<Time> {
    let text = text.trim();
    let repaired = match text.rsplit_once(' ') {
        Some((head, zone)) if head.contains('T') => format!("{head}+{zone}"),
        _ => text.to_owned(),
    };
    let stamp = repaired.parse::<Timestamp>().ok().or_else(|| {
        let civil = repaired.parse::<jiff::civil::DateTime>().ok()?;
        civil
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp())
    });
    stamp.map(|stamp| Time(stamp.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::{Iso, read};
    use domain::Time;

    #[test]
    fn times_are_written_and_read() {
        let time = Time(1_773_415_800_000_001);
        assert_eq!(Iso(time).to_string(), "2026-03-13T15:30:00.000001Z");
        let whole = Some(Time(1_773_415_800_000_000));
        for text in [
            "2026-03-13T15:30:00Z",
            "2026-03-13T15:30:00.000Z",
            "2026-03-13T16:30:00+01:00",
            "2026-03-13T16:30:00 01:00",
            "2026-03-13T15:30:00",
        ] {
            assert_eq!(read(text), whole, "{text}");
        }
        assert_eq!(read("2026-03-13"), Some(Time(1_773_360_000_000_000)));
        for bad in ["", "yesterday", "2026-13-01", "12"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
