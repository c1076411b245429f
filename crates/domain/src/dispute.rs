//! Disagreements about a verdict: who may ask for a decision, and until when
//! (AGI ATM 4).

use crate::money::Units;
use crate::time::Time;
use crate::{Error, Result, limits};

crate::words! {
    /// How a dispute stands.
    pub enum Standing {
        /// The operator has not decided.
        Open = "open",
        /// The operator has.
        Resolved = "resolved",
    }
}

/// What of a reward its worker is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// This much, in the smallest unit of the reward's asset.
    Units(Units),
    /// So many hundredths of it, rounded down.
    Percent(i64),
}

impl Share {
    /// The worker's part of a reward; the rest is the publisher's.
    ///
    /// # Errors
    /// `Invalid` unless it is between nothing and everything.
    pub fn of(self, reward: Units) -> Result<Units> {
        let (fits, part) = match self {
            Self::Units(units) => ((0..=reward).contains(&units), units),
            Self::Percent(percent) => {
                let part = i128::from(reward) * i128::from(percent) / 100;
                let part = Units::try_from(part).map_err(|_| Error::internal())?;
                ((0..=100).contains(&percent), part)
            }
        };
        if fits {
            return Ok(part);
        }
        let most = match self {
            Self::Units(_) => reward,
            Self::Percent(_) => 100,
        };
        Err(Error::field(
            match self {
                Self::Units(_) => "payWorker",
                Self::Percent(_) => "payWorkerPercent",
            },
            format!("must be a whole number from 0 to {most}"),
        ))
    }
}

/// Refuses a dispute of a verdict that was given too long ago.
///
/// # Errors
/// `Conflict` (`dispute_window_closed`).
pub fn require_in_time(judged_at: Time, now: Time) -> Result<()> {
    if now <= judged_at.plus(limits::DISPUTE_WINDOW) {
        return Ok(());
    }
    Err(Error::conflict(
        "dispute_window_closed",
        "a verdict can be disputed within 72 hours, and these are over",
    ))
}

#[cfg(test)]
mod tests {
    use super::{Share, require_in_time};
    use crate::limits;
    use crate::time::{Span, Time};

    #[test]
    fn a_share_is_between_nothing_and_everything() {
        let code = |share: Share| share.of(101).map_err(|error| error.code);
        assert_eq!(code(Share::Units(0)), Ok(0));
        assert_eq!(code(Share::Units(101)), Ok(101));
        assert_eq!(code(Share::Percent(50)), Ok(50));
        assert_eq!(code(Share::Percent(100)), Ok(101));
        for share in [
            Share::Units(-1),
            Share::Units(102),
            Share::Percent(-1),
            Share::Percent(101),
        ] {
            assert_eq!(code(share), Err("invalid_field"), "{share:?}");
        }
        assert_eq!(Share::Percent(100).of(i64::MAX), Ok(i64::MAX));
    }

    #[test]
    fn the_window_closes() {
        let end = Time(5).plus(limits::DISPUTE_WINDOW);
        assert_eq!(require_in_time(Time(5), end), Ok(()));
        let late = require_in_time(Time(5), end.plus(Span(1)));
        assert_eq!(late.map_err(|e| e.code), Err("dispute_window_closed"));
    }
}
