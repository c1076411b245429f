//! Tickets: tasks of a project as its board shows them (OpenPod 3.1, 3.2).
//!
//! **Invariant:** a ticket has no state of its own. Its column and its
//! approval are views of the task's [`State`], so that work claimed, handed in
//! or judged at another door shows here at once. The one thing kept beside it
//! is the column in which work was handed in.

use crate::hex;
use crate::task::{State, Status, Verdict};
use crate::team::{Level, Role};
use crate::{Error, Result, limits, text};

crate::words! {
    /// A column of the board.
    pub enum Column {
        /// To be done.
        Todo = "todo",
        /// Being done.
        InProgress = "in_progress",
        /// Handed in for review.
        InReview = "in_review",
        /// Handed in as done, or approved.
        Done = "done",
        /// Not wanted any more.
        Cancelled = "cancelled",
    }
}

crate::words! {
    /// What the judges say of a ticket.
    pub enum Approval {
        /// Nobody has judged what was handed in.
        Pending = "pending",
        /// It passed and was paid or is owed; final.
        Approved = "approved",
        /// It did not pass.
        Rejected = "rejected",
        /// It nearly passed.
        RevisionRequested = "revision_requested",
    }
}

crate::words! {
    /// How urgent a ticket is.
    pub enum Priority {
        /// Some day.
        Low = "low",
        /// In its turn.
        Medium = "medium",
        /// Soon.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

crate::words! {
    /// What kind of work a ticket is.
    pub enum Kind {
        /// A group of stories.
        Epic = "epic",
        /// Something a user gets.
        Story = "story",
        /// Something to be done.
        Task = "task",
        /// Something to be mended.
        Bug = "bug",
        /// Something to be found out.
        Spike = "spike",
    }
}

impl Kind {
    /// Whether it must be described at length (OpenPod 2.9).
    pub fn needs_description(self) -> bool {
        matches!(self, Self::Story | Self::Task | Self::Bug)
    }
}

/// Something that was delivered (OpenPod 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliverable {
    /// What it is, such as `pull_request`.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// What it is called.
    pub label: String,
    /// The SHA-256 of its content in hexadecimal digits, as its author says.
    pub content_hash: Option<String>,
}

impl Deliverable {
    /// Checks what it says.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Result<()> {
        text::required("deliverables.type", &self.kind, limits::NAME_CHARS)?;
        text::link("deliverables.url", &self.url)?;
        text::optional(
            "deliverables.label",
            &self.label,
            limits::TICKET_TITLE_CHARS,
        )?;
        if self.content_hash.as_deref().is_none_or(hex::is_sha256) {
            return Ok(());
        }
        Err(Error::field(
            "deliverables.content_hash",
            "must be a SHA-256 as 64 hexadecimal digits",
        ))
    }
}

/// The column a ticket is shown in.
pub fn column(state: &State, handed_in_as: Column) -> Column {
    match (state.status, state.verdict) {
        (Status::Open | Status::Claimed, _) => Column::Todo,
        // A refusal leaves the ticket where it was judged (OpenPod 3.2).
        (Status::Started, Some(Verdict::Rejected)) | (Status::Submitted, _) => handed_in_as,
        (Status::Started, _) => Column::InProgress,
        (Status::Accepted, _) => Column::Done,
        (Status::Cancelled | Status::Expired, _) => Column::Cancelled,
        (Status::Disputed, _) => Column::InReview,
    }
}

/// What the judges say; `None` when there was nothing to judge yet.
pub fn approval(state: &State) -> Option<Approval> {
    match (state.status, state.verdict) {
        (Status::Submitted, _) => Some(Approval::Pending),
        (Status::Accepted, _) => Some(Approval::Approved),
        (Status::Disputed, _) => Some(Approval::Rejected),
        (_, Some(Verdict::Rejected)) => Some(Approval::Rejected),
        (_, Some(Verdict::RevisionRequested)) => Some(Approval::RevisionRequested),
        (_, None) => None,
    }
}

/// What moving a ticket means for its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Nothing: it is there already.
    Stay,
    /// Work begins or goes on.
    Start,
    /// Work stops.
    Pause,
    /// Work is handed in, in this column.
    HandIn(Column),
    /// What was handed in is shown in another column.
    Relabel(Column),
    /// It is withdrawn.
    Cancel,
    /// It is wanted again.
    Reopen,
}

/// Which move takes a ticket from one column to another (OpenPod 3.1, with
/// the extension that work may be handed in as done at once).
///
/// # Errors
/// `Conflict` (`invalid_transition`) for a move the board does not have.
pub fn moved(state: &State, handed_in_as: Column, to: Column) -> Result<Move> {
    use Column::{Cancelled, Done, InProgress, InReview, Todo};
    let from = column(state, handed_in_as);
    let is_judged_down = state.status == Status::Started && state.verdict.is_some();
    Ok(match (from, to) {
        // Handing in again after a refusal is a new hand-in, not a stay.
        (InReview | Done, InReview | Done) if is_judged_down => Move::HandIn(to),
        (from, to) if from == to => Move::Stay,
        (Todo | InReview, InProgress) => Move::Start,
        (InProgress, Todo) => Move::Pause,
        (Todo | InProgress, InReview | Done) => Move::HandIn(to),
        (InReview, Done) | (Done, InReview) if state.status == Status::Submitted => {
            Move::Relabel(to)
        }
        (Todo | InProgress | InReview, Cancelled) => Move::Cancel,
        (Cancelled, Todo) => Move::Reopen,
        (from, to) => return Err(no_such_move(from, to)),
    })
}

fn no_such_move(from: Column, to: Column) -> Error {
    Error::conflict(
        "invalid_transition",
        format!(
            "a ticket cannot go from {} to {}",
            from.as_str(),
            to.as_str()
        ),
    )
}

/// Whether somebody in `role` may make a move (OpenPod 2.10): workers start
/// and hand in their own tickets, leads do everything but call reviewed work
/// done.
///
/// # Errors
/// `Forbidden`.
pub fn require_may_move(role: Role, is_assignee: bool, change: Move) -> Result<()> {
    let allowed = match role {
        Role::Owner | Role::Member(Level::Pm) => true,
        Role::Member(Level::Lead) => is_assignee || !matches!(change, Move::Relabel(Column::Done)),
        Role::Member(Level::Worker) | Role::Outsider => {
            is_assignee && !matches!(change, Move::Pause | Move::Cancel | Move::Reopen)
        }
    };
    if allowed {
        return Ok(());
    }
    Err(Error::forbidden(
        "transition_not_allowed",
        "your role in this project does not allow this change of status: ask the project manager",
    ))
}

#[cfg(test)]
mod tests {
    use super::{Approval, Column, Move, approval, column, moved, require_may_move};
    use crate::id::{AccountId, PLATFORM};
    use crate::task::{State, Status, Terms};
    use crate::team::{Level, Role};
    use crate::time::Time;

    fn started() -> State {
        State::OPEN
            .assign(AccountId(PLATFORM), &Terms::ticket(), Time(1))
            .and_then(State::start)
            .expect("a started ticket")
    }

    #[test]
    fn the_board_is_a_view_of_the_task() {
        let handed_in = started()
            .submit(AccountId(PLATFORM), &Terms::ticket())
            .expect("handed in");
        let refused = handed_in
            .reject(&Terms::ticket(), Time(2))
            .expect("refused");
        let revised = handed_in
            .request_revision(&Terms::ticket(), Time(2))
            .expect("revised");
        let seen = |state: &State| (column(state, Column::Done), approval(state));
        assert_eq!(seen(&State::OPEN), (Column::Todo, None));
        assert_eq!(seen(&started()), (Column::InProgress, None));
        assert_eq!(seen(&handed_in), (Column::Done, Some(Approval::Pending)));
        assert_eq!(seen(&refused), (Column::Done, Some(Approval::Rejected)));
        assert_eq!(
            seen(&revised),
            (Column::InProgress, Some(Approval::RevisionRequested))
        );
        let accepted = handed_in
            .accept(AccountId(PLATFORM), &Terms::ticket())
            .expect("accepted");
        assert_eq!(seen(&accepted), (Column::Done, Some(Approval::Approved)));
    }

    #[test]
    fn moves_between_columns() {
        let row = |state: &State| Column::ALL.map(|to| moved(state, Column::InReview, to).ok());
        use Move::{Cancel, HandIn, Pause, Relabel, Reopen, Start, Stay};
        let (review, done) = (Column::InReview, Column::Done);
        assert_eq!(
            row(&State::OPEN),
            [
                Some(Stay),
                Some(Start),
                Some(HandIn(review)),
                Some(HandIn(done)),
                Some(Cancel)
            ]
        );
        assert_eq!(
            row(&started()),
            [
                Some(Pause),
                Some(Stay),
                Some(HandIn(review)),
                Some(HandIn(done)),
                Some(Cancel)
            ]
        );
        let handed_in = started()
            .submit(AccountId(PLATFORM), &Terms::ticket())
            .expect("handed in");
        assert_eq!(
            row(&handed_in),
            [
                None,
                Some(Start),
                Some(Stay),
                Some(Relabel(done)),
                Some(Cancel)
            ]
        );
        let refused = handed_in
            .reject(&Terms::ticket(), Time(2))
            .expect("refused");
        assert_eq!(
            row(&refused),
            [
                None,
                Some(Start),
                Some(HandIn(review)),
                Some(HandIn(done)),
                Some(Cancel)
            ]
        );
        let approved = handed_in
            .accept(AccountId(PLATFORM), &Terms::ticket())
            .expect("accepted");
        assert_eq!(row(&approved), [None, None, None, Some(Stay), None]);
        let cancelled = State {
            status: Status::Cancelled,
            ..State::OPEN
        };
        assert_eq!(
            row(&cancelled),
            [Some(Reopen), None, None, None, Some(Stay)]
        );
    }

    #[test]
    fn roles_limit_moves() {
        let may = |role, own, change| require_may_move(role, own, change).is_ok();
        let worker = Role::Member(Level::Worker);
        let lead = Role::Member(Level::Lead);
        assert!(may(worker, true, Move::HandIn(Column::Done)));
        assert!(!may(worker, false, Move::Start));
        assert!(!may(worker, true, Move::Cancel));
        assert!(may(lead, false, Move::Cancel));
        assert!(!may(lead, false, Move::Relabel(Column::Done)));
        assert!(may(Role::Owner, false, Move::Relabel(Column::Done)));
    }
}
