//! Missions: named plans of jobs, and where they stand (Polpo 3.3).

use crate::{Error, Result};

crate::words! {
    /// Where a mission stands.
    pub enum Status {
        /// Written.
        Draft = "draft",
        /// To be executed once, at a time.
        Scheduled = "scheduled",
        /// To be executed again and again.
        Recurring = "recurring",
        /// Its jobs are being done.
        Active = "active",
        /// It waits for somebody.
        Paused = "paused",
        /// Its last execution brought what it should.
        Completed = "completed",
        /// Its last execution did not.
        Failed = "failed",
        /// It was called off.
        Cancelled = "cancelled",
    }
}

impl Status {
    /// Whether an execution is under way.
    pub fn is_underway(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }

    /// Whether it may be executed.
    ///
    /// # Errors
    /// `Conflict` (`invalid_state`).
    pub fn executable(self) -> Result<()> {
        match self {
            Self::Draft | Self::Scheduled | Self::Recurring | Self::Failed | Self::Cancelled => {
                Ok(())
            }
            Self::Active | Self::Paused => Err(Error::conflict(
                "invalid_state",
                format!(
                    "the mission is {}: wait for its end, or abort it first",
                    self.as_str()
                ),
            )),
            Self::Completed => Err(Error::conflict(
                "invalid_state",
                "the mission is completed: set its status to draft to execute it once more",
            )),
        }
    }

    /// Where a mission stands behind an execution: what repeats goes back to
    /// its schedule, and so does what was to run once and failed.
    pub fn behind(self, is_good: bool) -> Self {
        match (self, is_good) {
            (Self::Recurring, _) => Self::Recurring,
            (Self::Scheduled, false) => Self::Scheduled,
            (_, true) => Self::Completed,
            (_, false) => Self::Failed,
        }
    }
}

/// The name of an execution, which ties its jobs together: the mission's, from
/// the second one on with a number.
pub fn group(name: &str, execution: i64) -> String {
    match execution {
        ..=1 => name.to_owned(),
        number => format!("{name} #{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, group};

    #[test]
    fn what_rests_can_be_executed() {
        let can = |status: &&Status| status.executable().is_ok();
        let words: Vec<_> = Status::ALL.iter().filter(can).map(|s| s.as_str()).collect();
        assert_eq!(
            words,
            ["draft", "scheduled", "recurring", "failed", "cancelled"]
        );
    }

    #[test]
    fn executions_end_where_their_missions_belong() {
        for (before, is_good, after) in [
            (Status::Draft, true, Status::Completed),
            (Status::Draft, false, Status::Failed),
            (Status::Recurring, true, Status::Recurring),
            (Status::Recurring, false, Status::Recurring),
            (Status::Scheduled, true, Status::Completed),
            (Status::Scheduled, false, Status::Scheduled),
        ] {
            assert_eq!(before.behind(is_good), after, "{before:?} {is_good}");
        }
    }

    #[test]
    fn executions_are_numbered_from_the_second_on() {
        assert_eq!([group("a", 1), group("a", 2)], ["a", "a #2"]);
    }
}
