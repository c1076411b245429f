<<<<<<< HEAD
//! Times in documents and events, which are JSON by nature: ISO 8601 in UTC
//! with milliseconds.
=======
//! Times as documents and events write them: ISO 8601 in UTC with
//! milliseconds (Polpo 2.4).
>>>>>>> slice-c

use domain::Time;
use jiff::Timestamp;

/// A time as `2026-03-13T15:30:00.000Z`.
<<<<<<< HEAD
pub fn iso(time: Time) -> String {
    let stamp = Timestamp::from_microsecond(time.0).unwrap_or(Timestamp::MAX);
    format!("{stamp:.3}")
}
=======
pub(crate) fn iso(time: Time) -> String {
    let stamp = Timestamp::from_microsecond(time.0).unwrap_or(Timestamp::MAX);
    format!("{stamp:.3}")
}

/// Reads a date with a time and an offset.
pub(crate) fn read(text: &str) -> Option<Time> {
    let stamp: Timestamp = text.trim().parse().ok()?;
    Some(Time(stamp.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::{iso, read};
    use domain::Time;

    #[test]
    fn times_are_written_with_milliseconds_and_read() {
        let time = Time(1_773_415_800_001_000);
        assert_eq!(iso(time), "2026-03-13T15:30:00.001Z");
        assert_eq!(read("2026-03-13T15:30:00.001Z"), Some(time));
        assert_eq!(read("2026-03-13T16:30:00.001+01:00"), Some(time));
        assert_eq!(read("tomorrow"), None);
    }
}
>>>>>>> slice-c
