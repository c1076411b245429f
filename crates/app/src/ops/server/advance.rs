//! The operator of a development server moves its clock, so that what takes
//! days can be tried in a minute (AGI ATM 2.4).

use domain::time::Span;
use domain::{Error, Result, Time, limits};

use crate::{Cx, Op};

/// Moves the clock forward, once its transaction is kept.
#[derive(Clone, Copy, Debug)]
pub struct Advance {
    /// By how many seconds.
    pub seconds: i64,
}

impl Op for Advance {
    /// The time it will be.
    type Output = Time;
    operation!("server.advance", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Time> {
        if !cx.settings.test_clock {
            return Err(Error::not_found(
                "no_test_clock",
                "this server's clock cannot be moved: start it with --dev to try things out",
            ));
        }
        if !(0..=limits::CLOCK_SECONDS_MAX).contains(&self.seconds) {
            return Err(Error::field(
                "seconds",
                format!("must be from 0 to {}", limits::CLOCK_SECONDS_MAX),
            ));
        }
        let by = Span::seconds(self.seconds);
        cx.advance_clock(by);
        Ok(cx.now.plus(by))
    }
}
