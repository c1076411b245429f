//! Votes: one account, one subject, one of three states (POLT 3.3).

use crate::{Error, Result};

/// A vote's direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// +1
    Up,
    /// -1
    Down,
}

impl Vote {
    /// Reads +1 or -1.
    ///
    /// # Errors
    /// `Invalid` for any other number.
    pub fn new(value: i64) -> Result<Self> {
        match value {
            1 => Ok(Self::Up),
            -1 => Ok(Self::Down),
            _ => Err(Error::field("value", "must be 1 or -1")),
        }
    }

    /// +1 or -1.
    pub fn value(self) -> i64 {
        match self {
            Self::Up => 1,
            Self::Down => -1,
        }
    }

    /// What a vote cast now leaves: the same value twice takes it back, the
    /// other one flips it.
    pub fn cast_over(self, before: Option<Self>) -> Option<Self> {
        (before != Some(self)).then_some(self)
    }
}

/// How (upvotes, downvotes) change when one account's vote goes from `before`
/// to `after`.
pub fn change(before: Option<Vote>, after: Option<Vote>) -> (i64, i64) {
    let count = |vote: Option<Vote>, of: Vote| i64::from(vote == Some(of));
    (
        count(after, Vote::Up).wrapping_sub(count(before, Vote::Up)),
        count(after, Vote::Down).wrapping_sub(count(before, Vote::Down)),
    )
}

#[cfg(test)]
mod tests {
    use super::{Vote, change};

    #[test]
    fn votes_toggle_and_flip() {
        use Vote::{Down, Up};
        for (before, cast, after, delta) in [
            (None, Up, Some(Up), (1, 0)),
            (Some(Up), Up, None, (-1, 0)),
            (Some(Up), Down, Some(Down), (-1, 1)),
            (Some(Down), Up, Some(Up), (1, -1)),
            (Some(Down), Down, None, (0, -1)),
        ] {
            assert_eq!(cast.cast_over(before), after);
            assert_eq!(change(before, after), delta);
        }
    }

    #[test]
    fn only_one_and_minus_one_are_votes() {
        for bad in [0, 2, -2, i64::MAX] {
            assert!(Vote::new(bad).is_err());
        }
        assert_eq!(Vote::new(-1).map(Vote::value), Ok(-1));
    }
}
