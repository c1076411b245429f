//! Requests that can be sent once each, such as a commit to a task or a verdict on a ticket.
//!
//! What they need is made before each run, as much as the rate measured so far asks for. A run that uses it all up is
//! repeated with more, and in the end reported as not valid.

use std::cell::Cell;

use anyhow::Result;

use super::progress;
use super::wrk::Sample;

/// How much there is for the first, short run that finds out the rate.
const TRIAL: usize = 8_000;
/// How much more than the rate so far would use is made for a run.
const MARGIN: f64 = 1.6;
const SPARE: usize = 2_000;
const ATTEMPTS: u32 = 3;

/// The highest rate that was seen so far.
#[derive(Default)]
pub struct Supply {
    per_second: Cell<f64>,
}

impl Supply {
    /// One measurement. `run` makes what so many requests need and sends them for so many seconds.
    pub fn sample(
        &self,
        seconds: u32,
        run: impl Fn(usize, u32) -> Result<Sample>,
    ) -> Result<Sample> {
        if self.per_second.get() <= 0.0 {
            self.note(&run(TRIAL, 1)?);
        }
        let mut attempt = 1;
        loop {
            let sample = run(self.needed(seconds), seconds)?;
            self.note(&sample);
            if sample.exhausted == 0 || attempt == ATTEMPTS {
                return Ok(sample);
            }
            progress("ran out of work to send; again with more");
            attempt += 1;
        }
    }

    fn note(&self, sample: &Sample) {
        let highest = self.per_second.get().max(sample.per_second());
        self.per_second.set(highest);
    }

    fn needed(&self, seconds: u32) -> usize {
        (self.per_second.get() * f64::from(seconds) * MARGIN) as usize + SPARE
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A server that answers so many requests per second.
    fn run(rate: usize, count: usize, seconds: u32) -> Sample {
        let wanted = rate * seconds as usize;
        Sample {
            requests: wanted.min(count) as f64,
            active_us: wanted.min(count) as f64 / rate as f64 * 1e6,
            p50_us: 0.0,
            p99_us: 0.0,
            refused: 0,
            broken: 0,
            exhausted: u64::from(count < wanted),
        }
    }

    #[test]
    fn a_trial_tells_how_much_a_run_needs() {
        let (supply, counts) = (Supply::default(), RefCell::new(Vec::new()));
        let sample = || {
            supply.sample(5, |count, seconds| {
                counts.borrow_mut().push(count);
                Ok(run(1_000, count, seconds))
            })
        };
        assert_eq!(sample().unwrap().exhausted, 0);
        assert_eq!(sample().unwrap().exhausted, 0);
        assert_eq!(counts.into_inner(), [TRIAL, 10_000, 10_000]);
    }

    #[test]
    fn a_run_that_is_always_exhausted_is_given_up() {
        let runs = Cell::new(0);
        let sample = Supply::default().sample(1, |_, _| {
            runs.set(runs.get() + 1);
            Ok(run(1_000, 10, 1))
        });
        assert_eq!(sample.unwrap().exhausted, 1);
        assert_eq!(runs.get(), 1 + ATTEMPTS);
    }
}
