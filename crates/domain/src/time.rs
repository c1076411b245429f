//! Time as a value: microseconds since 1970, UTC. Operations get it from
//! their context; nothing below the server reads a clock.

/// A point in time, in microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// A length of time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

const MICROS: i64 = 1_000_000;
/// 9999-12-31T23:59:59Z, the last second a deadline may name.
const LAST_SECOND: i64 = 253_402_300_799;

impl Time {
    /// The latest representable time; sorts after every real one.
    pub const NEVER: Self = Self(i64::MAX);

    /// From Unix seconds, `None` before 1970 or after the year 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        (0..=LAST_SECOND)
            .contains(&seconds)
            .then_some(Self(seconds.wrapping_mul(MICROS)))
    }

    /// Whole Unix seconds, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// This time plus a span, saturating.
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This time minus a span, saturating.
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Span {
    /// A span of whole milliseconds, saturating.
    pub const fn millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// A span of whole seconds, saturating.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// A span of whole hours, saturating.
    pub const fn hours(hours: i64) -> Self {
        Self::seconds(hours.saturating_mul(3600))
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn seconds_outside_the_calendar_are_refused() {
        assert_eq!(
            Time::from_unix_seconds(1_707_350_400),
            Some(Time(1_707_350_400_000_000))
        );
        for bad in [-1, i64::MIN, i64::MAX, 253_402_300_800] {
            assert_eq!(Time::from_unix_seconds(bad), None, "{bad}");
        }
    }
}
