//! Projects: a pitch that goes through five stages (POLT 3.2).

use crate::{Error, Result};

crate::words! {
    /// Where a project stands. It moves one step at a time, never back.
    pub enum Stage {
        /// Proposed.
        Idea = "idea",
        /// Being debated and voted on.
        Voting = "voting",
        /// Being built.
        Development = "development",
        /// Being checked.
        Testing = "testing",
        /// Done and deployed.
        Live = "live",
    }
}

impl Stage {
    /// The stage after this one.
    ///
    /// # Errors
    /// `Conflict` at the last stage.
    pub fn next(self) -> Result<Self> {
        match self {
            Self::Idea => Ok(Self::Voting),
            Self::Voting => Ok(Self::Development),
            Self::Development => Ok(Self::Testing),
            Self::Testing => Ok(Self::Live),
            Self::Live => Err(Error::conflict(
                "project_already_live",
                "the project is live, which is its last stage",
            )),
        }
    }

    /// Votes count while the project is proposed or debated.
    ///
    /// # Errors
    /// `Conflict` in any later stage.
    pub fn require_voting_open(self) -> Result<()> {
        match self {
            Self::Idea | Self::Voting => Ok(()),
            Self::Development | Self::Testing | Self::Live => Err(Error::conflict(
                "voting_closed",
                format!(
                    "votes are taken in the stages idea and voting; this project is in {}",
                    self.as_str()
                ),
            )),
        }
    }
}

/// Share of a project's tasks that are done, 0 to 100, rounded down; 0
/// without tasks. Cancelled tasks do not count.
pub fn progress(completed: i64, counted: i64) -> i64 {
    if counted <= 0 {
        return 0;
    }
    completed
        .saturating_mul(100)
        .div_euclid(counted)
        .clamp(0, 100)
}

#[cfg(test)]
mod tests {
    use super::{Stage, progress};

    #[test]
    fn stages_go_forward_to_live() {
        let mut stage = Stage::Idea;
        for next in [
            Stage::Voting,
            Stage::Development,
            Stage::Testing,
            Stage::Live,
        ] {
            stage = stage.next().expect("not the last");
            assert_eq!(stage, next);
        }
        assert_eq!(
            stage.next().map_err(|e| e.code),
            Err("project_already_live")
        );
    }

    #[test]
    fn votes_are_taken_early() {
        let open = Stage::ALL.map(|s| s.require_voting_open().is_ok());
        assert_eq!(open, [true, true, false, false, false]);
    }

    #[test]
    fn progress_is_a_percentage() {
        assert_eq!(
            [(0, 0), (0, 3), (1, 3), (3, 3)].map(|(c, n)| progress(c, n)),
            [0, 0, 33, 100]
        );
    }
}
