//! When a schedule executes its mission: a cron expression of five fields, or
//! a time (Polpo 2.13).
//!
//! Cron is read in the usual way: where both the day of the month and the day
//! of the week are restricted, either is enough; Sunday is 0 or 7. The clock on
//! the wall is that of UTC unless a time zone is given.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use domain::{Error, Result, Time, limits};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar;

/// An expression that was read.
pub(crate) enum Expression {
    /// Once.
    Once(Time),
    /// Whenever the pattern fits.
    Cron(Box<Cron>, TimeZone),
}

impl Expression {
    /// Reads an expression.
    pub(crate) fn parse(text: &str, timezone: Option<&str>) -> Result<Self> {
        if text.len() > limits::CRON_CHARS {
            return Err(invalid("it is too long"));
        }
        let zone = match timezone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                Error::field("timezone", "must be a name such as Europe/Berlin or UTC")
            })?,
        };
        if let Some(time) = calendar::read(text) {
            return Ok(Self::Once(time));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(text.trim());
        let cron = cron.map_err(|error| invalid(&error.to_string()))?;
        Ok(Self::Cron(Box::new(cron), zone))
    }

    /// Whether it fits more than once.
    pub(crate) fn repeats(&self) -> bool {
        matches!(self, Self::Cron(..))
    }

    /// The first time behind `now` at which it fits.
    pub(crate) fn next(&self, now: Time) -> Option<Time> {
        match self {
            Self::Once(time) => (*time > now).then_some(*time),
            Self::Cron(cron, zone) => {
                let stamp = Timestamp::from_microsecond(now.0).ok()?;
                let zoned = stamp.to_zoned(zone.clone());
                let next = cron.find_next_occurrence(&zoned, false).ok()?;
                Some(Time(next.timestamp().as_microsecond()))
            }
        }
    }
}

/// An expression for which a next time exists, and that time.
pub(crate) fn coming(text: &str, timezone: Option<&str>, now: Time) -> Result<(Expression, Time)> {
    let expression = Expression::parse(text, timezone)?;
    match expression.next(now) {
        Some(next) => Ok((expression, next)),
        None if expression.repeats() => Err(invalid("it never comes")),
        None => Err(invalid("this time has passed")),
    }
}

fn invalid(why: &str) -> Error {
    Error::invalid(
        "invalid_expression",
        format!(
            "not a schedule: {why}; write five fields of cron such as \"0 9 * * 1-5\", or a time such as 2026-03-13T15:30:00Z"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{Expression, coming};
    use crate::calendar::{iso, read};

    fn next(expression: &str, zone: Option<&str>, now: &str) -> Option<String> {
        let expression = Expression::parse(expression, zone).unwrap();
        expression.next(read(now).unwrap()).map(iso)
    }

    #[test]
    fn cron_fits_as_usual() {
        // 2026-03-13 is a Friday.
        for (expression, zone, now, expected) in [
            (
                "30 9 * * *",
                None,
                "2026-03-13T09:30:00Z",
                "2026-03-14T09:30:00.000Z",
            ),
            (
                "*/15 * * * *",
                None,
                "2026-03-13T09:31:10Z",
                "2026-03-13T09:45:00.000Z",
            ),
            (
                "0 0 20 * 1",
                None,
                "2026-03-13T00:00:00Z",
                "2026-03-16T00:00:00.000Z",
            ),
            (
                "0 0 * * 7",
                None,
                "2026-03-13T00:00:00Z",
                "2026-03-15T00:00:00.000Z",
            ),
            (
                "0 9 * * *",
                Some("Europe/Berlin"),
                "2026-07-01T00:00:00Z",
                "2026-07-01T07:00:00.000Z",
            ),
            (
                "0 9 * * *",
                Some("Europe/Berlin"),
                "2026-01-01T00:00:00Z",
                "2026-01-01T08:00:00.000Z",
            ),
            (
                "2026-05-01T00:00:00Z",
                None,
                "2026-03-13T00:00:00Z",
                "2026-05-01T00:00:00.000Z",
            ),
        ] {
            assert_eq!(
                next(expression, zone, now).as_deref(),
                Some(expected),
                "{expression}"
            );
        }
    }

    #[test]
    fn nonsense_is_no_schedule() {
        let now = read("2026-03-13T00:00:00Z").unwrap();
        for bad in [
            "",
            "soon",
            "* * * *",
            "60 * * * *",
            "0 0 31 2 *",
            "2020-01-01T00:00:00Z",
            "* * * * * *",
        ] {
            let error = coming(bad, None, now)
                .err()
                .unwrap_or_else(|| panic!("{bad}"));
            assert_eq!(error.code, "invalid_expression", "{bad}");
        }
        assert!(coming("* * * * *", Some("Nowhere/At_All"), now).is_err());
    }
}
