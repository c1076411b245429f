//! Times and lengths of time in documents and events, which are JSON by
//! nature: ISO 8601 in UTC with milliseconds (Polpo 2.4).

use domain::Time;
use domain::time::Span;
use jiff::{SignedDuration, Timestamp};

/// A time as `2026-03-13T15:30:00.000Z`.
pub fn iso(time: Time) -> String {
    let stamp = Timestamp::from_microsecond(time.0).unwrap_or(Timestamp::MAX);
    format!("{stamp:.3}")
}

/// Reads a date, or a date and time with or without an offset (UTC then).
pub(crate) fn read(text: &str) -> Option<Time> {
    let text = text.trim();
    let stamp = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    });
    stamp.map(|stamp| Time(stamp.as_microsecond()))
}

/// Reads an ISO 8601 duration such as `PT30M` or `P1D`; a day has 24 hours, a
/// week seven days, a month 30 and a year 365. Only what is longer than
/// nothing is one.
pub(crate) fn length(text: &str) -> Option<Span> {
    let text = text.trim();
    if !text.starts_with(['P', 'p']) {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    let days = i64::from(span.get_years())
        .checked_mul(365)?
        .checked_add(i64::from(span.get_months()).checked_mul(30)?)?
        .checked_add(i64::from(span.get_weeks()).checked_mul(7)?)?
        .checked_add(i64::from(span.get_days()))?;
    let rest = span.years(0).months(0).weeks(0).days(0);
    let length = SignedDuration::try_from(rest).ok()?;
    let length = length.checked_add(SignedDuration::from_hours(days.checked_mul(24)?))?;
    let micros = i64::try_from(length.as_micros()).ok()?;
    (micros > 0).then_some(Span(micros))
}

#[cfg(test)]
mod tests {
    use super::{iso, length, read};
    use domain::Time;
    use domain::time::Span;

    #[test]
    fn lengths_are_read() {
        for (text, seconds) in [
            ("PT30M", 1_800),
            ("PT1H30M", 5_400),
            ("P1D", 86_400),
            ("P1W", 7 * 86_400),
            ("P1DT1S", 86_401),
            ("PT2S", 2),
        ] {
            assert_eq!(length(text), Some(Span::seconds(seconds)), "{text}");
        }
        for bad in ["", "P", "PT", "30m", "1 hour", "-PT1S", "PT0S", "PT1X"] {
            assert_eq!(length(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_written_and_read() {
        let time = Time(1_773_415_800_000_000);
        assert_eq!(iso(time), "2026-03-13T15:30:00.000Z");
        for text in ["2026-03-13T15:30:00Z", "2026-03-13T16:30:00+01:00"] {
            assert_eq!(read(text), Some(time), "{text}");
        }
        assert_eq!(read("tomorrow"), None);
    }
}
