//! The clock operations see. Every reading is later than the one before, so
//! ids made from it sort in the order of their making.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Time;
use domain::time::Span;

/// A source of the present, shared by all clones.
#[derive(Clone)]
pub struct Clock {
    last: Arc<AtomicI64>,
    /// How far ahead of the system the present is; moved in tests.
    ahead: Arc<AtomicI64>,
    source: fn() -> Time,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::from_source(system_time)
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn fixed(start: Time) -> Self {
        let clock = Self::from_source(|| Time(0));
        clock.advance(Span(start.0));
        clock
    }

    fn from_source(source: fn() -> Time) -> Self {
        Self {
            last: Arc::new(AtomicI64::new(0)),
            ahead: Arc::new(AtomicI64::new(0)),
            source,
        }
    }

    /// Now: at least a microsecond after the reading before.
    pub fn now(&self) -> Time {
        let now = (self.source)()
            .plus(Span(self.ahead.load(Ordering::Relaxed)))
            .0;
        let next = |last: i64| now.max(last.saturating_add(1));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(next(last))
            });
        Time(next(last.unwrap_or_default()))
    }

    /// Moves the present forward.
    pub fn advance(&self, by: Span) {
        self.ahead.fetch_add(by.0.max(0), Ordering::Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock"
)]
fn system_time() -> Time {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use domain::Time;
    use domain::time::Span;

    #[test]
    fn readings_only_go_forward() {
        let clock = Clock::fixed(Time(1_000));
        assert_eq!((clock.now(), clock.now()), (Time(1_000), Time(1_001)));
        clock.advance(Span::seconds(1));
        assert_eq!(clock.now(), Time(1_001_000));
    }
}
