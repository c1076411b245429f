//! Jobs: work for hosted agents, and the ways from one status to another
//! (Polpo 3.1).
//!
//! **Invariant:** a job changes its status by [`Status::to`] alone, or is moved
//! by force, which the log tells.

use crate::{Error, Result};

crate::words! {
    /// Where a job stands.
    pub enum Status {
        /// Written, not to be done yet.
        Draft = "draft",
        /// To be done once what it waits for has ended.
        Pending = "pending",
        /// Somebody must agree first.
        AwaitingApproval = "awaiting_approval",
        /// An agent was chosen and a run is about to begin.
        Assigned = "assigned",
        /// A run is under way.
        InProgress = "in_progress",
        /// Its result is being checked.
        Review = "review",
        /// It is done.
        Done = "done",
        /// It has failed.
        Failed = "failed",
    }
}

crate::words! {
    /// What a run of a job is for.
    pub enum Phase {
        /// To do the work.
        Execution = "execution",
        /// To check it.
        Review = "review",
        /// To mend what a check found.
        Fix = "fix",
        /// To go on with an answer.
        Clarification = "clarification",
    }
}

impl Status {
    /// The next status, where the way there exists (Polpo 3.1).
    ///
    /// # Errors
    /// `Conflict` (`invalid_state`).
    pub fn to(self, next: Self) -> Result<Self> {
        use Status::{
            Assigned, AwaitingApproval, Done, Draft, Failed, InProgress, Pending, Review,
        };
        let is_open = match self {
            Draft => matches!(next, Pending),
            Pending => matches!(next, Assigned | AwaitingApproval),
            AwaitingApproval => matches!(next, Assigned | Pending | Done | Failed),
            Assigned => matches!(next, InProgress | AwaitingApproval),
            InProgress => matches!(next, Review | Failed | AwaitingApproval),
            Review => matches!(next, Done | Failed | AwaitingApproval),
            Failed => matches!(next, Pending),
            Done => false,
        };
        if is_open {
            return Ok(next);
        }
        Err(Error::conflict(
            "invalid_state",
            format!(
                "a task that is {} cannot become {}",
                self.as_str(),
                next.as_str()
            ),
        ))
    }

    /// Whether nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    /// Whether a run or a check is under way.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Assigned | Self::InProgress | Self::Review)
    }
}

/// How often an agent that asks instead of working gets an answer (Polpo 3.1).
pub const QUESTION_ROUNDS: i64 = 2;
/// How often a job goes back to its agent to be mended.
pub const FIXES: i64 = 2;
const QUESTION_CHARS: usize = 2_000;
const QUESTION_LINES: usize = 3;
const QUESTION_TOOL_CALLS: u64 = 5;

/// Whether what a run said looks like a question to somebody instead of a
/// result: it is short, ends with a question, and hardly anything was done.
pub fn looks_like_question(said: &str, tool_calls: u64, has_files: bool) -> bool {
    let asks = said
        .trim_end()
        .lines()
        .rev()
        .take(QUESTION_LINES)
        .any(|line| line.contains('?'));
    asks && !has_files && tool_calls < QUESTION_TOOL_CALLS && said.chars().count() <= QUESTION_CHARS
}

#[cfg(test)]
mod tests {
    use super::{Status, looks_like_question};

    #[test]
    fn a_question_is_short_and_comes_before_any_work() {
        assert!(looks_like_question(
            "I can do it.\nWhich colour?\n",
            0,
            false
        ));
        let long = "x".repeat(3_000) + "?";
        for (said, calls, files) in [
            ("Done.", 0, false),
            ("Which colour?", 5, false),
            ("Which colour?", 0, true),
            ("Which?\n1\n2\n3", 0, false),
            (long.as_str(), 0, false),
        ] {
            assert!(!looks_like_question(said, calls, files), "{said}");
        }
    }

    #[test]
    fn the_ways_are_those_of_the_contract() {
        let ways: usize = Status::ALL
            .iter()
            .map(|from| {
                Status::ALL
                    .iter()
                    .filter(|to| from.to(**to).is_ok())
                    .count()
            })
            .sum();
        assert_eq!(ways, 16);
        assert!(Status::Done.to(Status::Pending).is_err());
        assert!(Status::Failed.to(Status::Pending).is_ok());
        assert!(Status::Pending.to(Status::Done).is_err());
    }
}
