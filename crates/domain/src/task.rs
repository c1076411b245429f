//! Tasks: the machine that every door shows in its own words (design 2.1).
//!
//! **Invariant:** a status changes only through the functions here; what a
//! system does differently is data in [`Terms`], never a question about who
//! asks.

use crate::id::AccountId;
use crate::time::{Span, Time};
use crate::{Error, Kind, Result, limits};

crate::words! {
    /// Where a task stands.
    pub enum Status {
        /// Free to be taken.
        Open = "open",
        /// Taken by one agent.
        Claimed = "claimed",
        /// Its agent has begun to work.
        Started = "started",
        /// Handed in, waiting for a verdict.
        Submitted = "submitted",
        /// Passed; final.
        Accepted = "accepted",
        /// Withdrawn; final.
        Cancelled = "cancelled",
        /// Its time ran out before work was handed in; final.
        Expired = "expired",
        /// Its worker or its publisher asked the operator to decide.
        Disputed = "disputed",
    }
}

crate::words! {
    /// The coarse standing that boards filter and sort by. It is stored beside
    /// the status, so that one index serves every door.
    pub enum Phase {
        /// Free to be taken.
        Open = "open",
        /// Somebody works on it.
        Working = "working",
        /// Somebody judges it.
        Review = "review",
        /// It passed.
        Done = "done",
        /// It ended without passing.
        Closed = "closed",
    }
}

crate::words! {
    /// How hard a task is said to be.
    pub enum Difficulty {
        /// Quick.
        Easy = "easy",
        /// Standard.
        Medium = "medium",
        /// Significant effort.
        Hard = "hard",
        /// Specialised.
        Expert = "expert",
    }
}

crate::words! {
    /// How a board orders tasks.
    pub enum Sort {
        /// Newest first.
        New = "new",
        /// Highest first number in the reward first, then newest.
        Payout = "payout",
        /// Soonest deadline first, without one last.
        Deadline = "deadline",
    }
}

crate::words! {
    /// How a claim stands.
    pub enum ClaimStatus {
        /// The agent works or waits for the verdict.
        Active = "active",
        /// The agent gave the task back.
        Released = "released",
        /// The task was taken back: rejected, expired, cancelled, banned.
        Revoked = "revoked",
        /// The work passed.
        Fulfilled = "fulfilled",
    }
}

crate::words! {
    /// How a submission stands.
    pub enum SubmissionStatus {
        /// Waiting for a verdict.
        Pending = "pending",
        /// Passed.
        Approved = "approved",
        /// Refused; the task moved on.
        Rejected = "rejected",
        /// The author is asked for another one.
        NeedsRevision = "needs_revision",
        /// The task was withdrawn first.
        Cancelled = "cancelled",
        /// Another one passed first.
        Superseded = "superseded",
        /// Its author handed in another one instead.
        Withdrawn = "withdrawn",
    }
}

crate::words! {
    /// How many may work on a task at once.
    pub enum Mode {
        /// The one who took it.
        Exclusive = "exclusive",
        /// Everybody: nobody takes it, and the first work that passes ends it.
        Open = "open",
    }
}

crate::words! {
    /// Who decides whether work passes.
    pub enum Scrutiny {
        /// Its publisher.
        Manual = "manual",
        /// The task's own checks, at once.
        Auto = "auto",
    }
}

crate::words! {
    /// Where the reward comes from.
    pub enum Funding {
        /// Nothing is set aside; the platform's issuance pays on approval.
        Issuance = "issuance",
        /// The publisher's balance is set aside when the task is published.
        Escrow = "escrow",
        /// The project's escrow pays on approval; what it does not cover is
        /// owed by the project's owner (OpenPod 3.5).
        Project = "project",
        /// The platform pays every agent once whose work passes; the task
        /// itself stays open.
        Standing = "standing",
    }
}

crate::words! {
    /// The last verdict on work that is still being done.
    pub enum Verdict {
        /// It was refused.
        Rejected = "rejected",
        /// A revision was asked for.
        RevisionRequested = "revision_requested",
    }
}

impl Status {
    /// The coarse standing.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Open => Phase::Open,
            Self::Claimed | Self::Started => Phase::Working,
            Self::Submitted | Self::Disputed => Phase::Review,
            Self::Accepted => Phase::Done,
            Self::Cancelled | Self::Expired => Phase::Closed,
        }
    }

    /// The standing in plain words, for sentences that every door shows.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Open => "open to everyone",
            Self::Claimed | Self::Started => "being worked on",
            Self::Submitted => "waiting for a verdict",
            Self::Accepted => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Disputed => "disputed",
        }
    }

    /// Whether nothing happens to it any more, but for a dispute of what was
    /// accepted.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Cancelled | Self::Expired)
    }
}

/// What differs between the systems in behaviour: data on the task, set when
/// it is published and fixed from then on (design 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Where the reward comes from.
    pub funding: Funding,
    /// What the platform keeps of the reward, in basis points.
    pub fee_bps: u32,
    /// Rejections after which the assignee loses the task; 1 is at once.
    pub rejections: i64,
    /// How long a claim lasts without renewal; `None` is for ever.
    pub lease: Option<Span>,
    /// Tasks the claiming agent may hold at once, this one included.
    pub claim_limit: i64,
    /// How long a reward is held before its worker can spend it.
    pub hold: Option<Span>,
    /// How many may work on it at once.
    pub mode: Mode,
    /// Who decides whether work passes.
    pub scrutiny: Scrutiny,
    /// The silence of its publisher after which work passes by itself.
    pub silence: Option<Span>,
    /// Whether the deadline ends the task; otherwise it is a wish.
    pub expires: bool,
}

impl Terms {
    /// The bounty board's terms (POLT section 3): paid by issuance, no fee,
    /// a rejection reopens, at most three claims, leases only if switched on.
    pub fn bounty(lease: Option<Span>) -> Self {
        Self {
            funding: Funding::Issuance,
            fee_bps: 0,
            rejections: 1,
            lease,
            claim_limit: limits::BOUNTY_CLAIMS,
            hold: None,
            mode: Mode::Exclusive,
            scrutiny: Scrutiny::Manual,
            silence: None,
            expires: false,
        }
    }

    /// A ticket's terms (OpenPod 3.2, 3.5): paid from the project's escrow
    /// with a tenth for the platform; a rejection never takes it away.
    pub fn ticket() -> Self {
        Self {
            funding: Funding::Project,
            fee_bps: limits::TICKET_FEE_BPS,
            rejections: i64::MAX,
            ..Self::bounty(None)
        }
    }

    /// The terms of a standing offer: everybody may try, the checks decide at
    /// once, and each is paid once (AGI ATM 3.3, 4).
    pub fn standing() -> Self {
        Self {
            funding: Funding::Standing,
            hold: Some(limits::REWARD_HOLD),
            mode: Mode::Open,
            scrutiny: Scrutiny::Auto,
            ..Self::bounty(None)
        }
    }

    /// The terms of funded work (AGI ATM 3.1 to 3.4): the reward is set aside
    /// at publishing and held for a day after it was paid, three rejections
    /// reopen, silence passes, the deadline ends it.
    pub fn contract(mode: Mode, scrutiny: Scrutiny, lease: Span) -> Self {
        Self {
            funding: Funding::Escrow,
            fee_bps: 0,
            rejections: limits::CONTRACT_REJECTIONS,
            lease: Some(lease),
            claim_limit: limits::CONTRACT_CLAIMS,
            hold: Some(limits::REWARD_HOLD),
            mode,
            scrutiny,
            silence: Some(limits::REVIEW_SILENCE),
            expires: true,
        }
    }

    /// Refuses to take a task or to hand work in once its deadline has ended
    /// it, whether or not the timer has come to it.
    ///
    /// # Errors
    /// `Gone` (`task_expired`).
    pub fn require_time_left(&self, deadline: Option<Time>, now: Time) -> Result<()> {
        if self.expires && deadline.is_some_and(|deadline| deadline <= now) {
            return Err(expired());
        }
        Ok(())
    }
}

fn expired() -> Error {
    Error::new(
        Kind::Gone,
        "task_expired",
        "this task is over: its deadline has passed; list open tasks to find another",
    )
}

/// What the machine looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Where the task stands.
    pub status: Status,
    /// Who holds it.
    pub assignee: Option<AccountId>,
    /// When the claim runs out.
    pub lease_ends: Option<Time>,
    /// Rejections of the present assignee.
    pub rejections: i64,
    /// What was said of the present assignee's last work, until the next is
    /// handed in.
    pub verdict: Option<Verdict>,
}

impl State {
    /// A task as published.
    pub const OPEN: Self = Self {
        status: Status::Open,
        assignee: None,
        lease_ends: None,
        rejections: 0,
        verdict: None,
    };

    /// Takes the task for `agent`, who holds `held` tasks already. Nobody takes
    /// a task that is open to all: it stays as it is.
    ///
    /// # Errors
    /// `Conflict`: not open, or the agent holds too many.
    pub fn claim(self, agent: AccountId, held: i64, terms: &Terms, now: Time) -> Result<Self> {
        if self.status != Status::Open {
            return Err(self.not_available(agent));
        }
        if terms.mode == Mode::Open {
            return Ok(self);
        }
        if held >= terms.claim_limit {
            return Err(Error::conflict(
                "claim_limit_reached",
                format!(
                    "you hold {held} tasks and at most {} are allowed at once: submit or give back one first",
                    terms.claim_limit
                ),
            ));
        }
        Ok(Self {
            status: Status::Claimed,
            assignee: Some(agent),
            lease_ends: terms.lease.map(|lease| now.plus(lease)),
            rejections: 0,
            verdict: None,
        })
    }

    /// Gives an unfinished task to `agent`, whoever had it before.
    ///
    /// # Errors
    /// `Conflict` while it is judged or once it is final.
    pub fn assign(self, agent: AccountId, terms: &Terms, now: Time) -> Result<Self> {
        match self.status {
            Status::Open | Status::Claimed | Status::Started => Ok(Self {
                status: Status::Claimed,
                assignee: Some(agent),
                lease_ends: terms.lease.map(|lease| now.plus(lease)),
                rejections: 0,
                verdict: None,
            }),
            Status::Submitted
            | Status::Accepted
            | Status::Cancelled
            | Status::Expired
            | Status::Disputed => Err(self.not_in_work("assign it to somebody")),
        }
    }

    /// Takes an unfinished task from whoever has it.
    ///
    /// # Errors
    /// `Conflict` while it is judged or once it is final.
    pub fn unassign(self) -> Result<Self> {
        match self.status {
            Status::Open | Status::Claimed | Status::Started => Ok(Self::OPEN),
            Status::Submitted
            | Status::Accepted
            | Status::Cancelled
            | Status::Expired
            | Status::Disputed => Err(self.not_in_work("take it away from its assignee")),
        }
    }

    /// Work begins, or begins again before a verdict was given.
    ///
    /// # Errors
    /// `Conflict` without an assignee or once the task is final.
    pub fn start(self) -> Result<Self> {
        match self.status {
            Status::Claimed | Status::Started | Status::Submitted => Ok(Self {
                status: Status::Started,
                verdict: None,
                ..self
            }),
            Status::Open
            | Status::Accepted
            | Status::Cancelled
            | Status::Expired
            | Status::Disputed => Err(self.not_in_work("start it")),
        }
    }

    /// Work stops, and stays with its assignee.
    ///
    /// # Errors
    /// `Conflict` unless it is being worked on.
    pub fn pause(self) -> Result<Self> {
        if !self.is_in_work() {
            return Err(self.not_in_work("put it back"));
        }
        Ok(Self {
            status: Status::Claimed,
            ..self
        })
    }

    /// A withdrawn task is wanted again.
    ///
    /// # Errors
    /// `Conflict` unless it was withdrawn.
    pub fn reopen(self) -> Result<Self> {
        if self.status != Status::Cancelled {
            return Err(self.not_in_work("reopen it"));
        }
        Ok(Self::OPEN)
    }

    /// Whether its holder works on it.
    pub fn is_in_work(self) -> bool {
        matches!(self.status, Status::Claimed | Status::Started)
    }

    fn not_available(self, agent: AccountId) -> Error {
        if self.status == Status::Expired {
            return expired();
        }
        let why = match self.status {
            Status::Claimed | Status::Started if self.assignee == Some(agent) => {
                "you hold it already"
            }
            Status::Claimed | Status::Started => "another agent holds it",
            Status::Submitted => "its submission is being reviewed",
            Status::Accepted => "it is completed",
            Status::Cancelled => "it was cancelled",
            Status::Expired => "its deadline has passed",
            Status::Disputed => "it is disputed",
            Status::Open => "it is open",
        };
        Error::conflict(
            "task_not_available",
            format!("this task cannot be taken: {why}; list open tasks to find another"),
        )
    }

    /// Gives the task back, by its holder and before handing in.
    ///
    /// # Errors
    /// `Forbidden` for anybody else, `Conflict` once it is handed in.
    pub fn release(self, agent: AccountId) -> Result<Self> {
        self.require_holder(agent, "give it back")?;
        Ok(Self::OPEN)
    }

    /// Prolongs the claim by its lease.
    ///
    /// # Errors
    /// `Forbidden` for anybody but the holder, `Conflict` unless it is being
    /// worked on under a lease.
    pub fn renew(self, agent: AccountId, terms: &Terms, now: Time) -> Result<Self> {
        self.require_holder(agent, "renew it")?;
        match terms.lease {
            Some(lease) => Ok(Self {
                lease_ends: Some(now.plus(lease)),
                ..self
            }),
            None => Err(Error::conflict(
                "task_has_no_lease",
                "claims on this task do not expire, so there is nothing to renew",
            )),
        }
    }

    /// Hands work in. A task that is open to all stays open.
    ///
    /// # Errors
    /// `Forbidden` for anybody but the holder, `Conflict` unless it is being
    /// worked on.
    pub fn submit(self, agent: AccountId, terms: &Terms) -> Result<Self> {
        if terms.mode == Mode::Open {
            return match self.status {
                Status::Open => Ok(self),
                _ => Err(self.not_in_work("submit work for it")),
            };
        }
        self.require_holder(agent, "submit work for it")?;
        Ok(Self {
            status: Status::Submitted,
            lease_ends: None,
            verdict: None,
            ..self
        })
    }

    fn require_holder(self, agent: AccountId, what: &str) -> Result<()> {
        if self.assignee != Some(agent) {
            return Err(match self.status {
                Status::Expired => expired(),
                Status::Accepted | Status::Cancelled | Status::Disputed => self.not_in_work(what),
                Status::Open | Status::Claimed | Status::Started | Status::Submitted => {
                    Error::forbidden(
                        "not_the_assignee",
                        format!(
                            "only the agent who holds this task may {what}; commit to it first"
                        ),
                    )
                }
            });
        }
        if !self.is_in_work() {
            return Err(self.not_in_work(what));
        }
        Ok(())
    }

    fn not_in_work(self, what: &str) -> Error {
        Error::conflict(
            "task_not_claimed",
            format!(
                "you cannot {what} now: the task is {}",
                self.status.in_words()
            ),
        )
    }

    /// The claim ran out, or its holder was banned.
    ///
    /// # Errors
    /// `Conflict` unless it is being worked on.
    pub fn revoke(self) -> Result<Self> {
        match self.status {
            Status::Claimed | Status::Started => Ok(Self::OPEN),
            Status::Open
            | Status::Submitted
            | Status::Accepted
            | Status::Cancelled
            | Status::Expired
            | Status::Disputed => Err(self.not_in_work("take it back")),
        }
    }

    /// Passes the submission of `author`.
    ///
    /// # Errors
    /// `Conflict` unless one waits for a verdict.
    pub fn accept(self, author: AccountId, terms: &Terms) -> Result<Self> {
        self.require_judgeable(terms)?;
        Ok(Self {
            status: Status::Accepted,
            assignee: Some(author),
            ..self
        })
    }

    /// Refuses the submission: the task reopens, or stays with its assignee
    /// while the terms allow another try.
    ///
    /// # Errors
    /// `Conflict` unless one waits for a verdict.
    pub fn reject(self, terms: &Terms, now: Time) -> Result<Self> {
        self.require_judgeable(terms)?;
        if terms.mode == Mode::Open {
            return Ok(self);
        }
        let rejections = self.rejections.saturating_add(1);
        if rejections >= terms.rejections {
            return Ok(Self::OPEN);
        }
        Ok(Self {
            rejections,
            verdict: Some(Verdict::Rejected),
            ..self.back_to_work(terms, now)
        })
    }

    /// Sends the submission back to its author, whose other claims do not
    /// matter here: the fourth task is reachable this way (POLT 3.1).
    ///
    /// # Errors
    /// `Conflict` unless one waits for a verdict.
    pub fn request_revision(self, terms: &Terms, now: Time) -> Result<Self> {
        self.require_judgeable(terms)?;
        if terms.mode == Mode::Open {
            return Ok(self);
        }
        Ok(Self {
            verdict: Some(Verdict::RevisionRequested),
            ..self.back_to_work(terms, now)
        })
    }

    fn back_to_work(self, terms: &Terms, now: Time) -> Self {
        Self {
            status: Status::Started,
            lease_ends: terms.lease.map(|lease| now.plus(lease)),
            ..self
        }
    }

    fn require_judgeable(self, terms: &Terms) -> Result<()> {
        let waits = match terms.mode {
            Mode::Exclusive => Status::Submitted,
            Mode::Open => Status::Open,
        };
        if self.status == waits {
            return Ok(());
        }
        Err(Error::conflict(
            "submission_already_reviewed",
            format!(
                "there is nothing to review: the task is {}",
                self.status.in_words()
            ),
        ))
    }

    /// Withdraws the task.
    ///
    /// # Errors
    /// `Conflict` once it is final.
    pub fn cancel(self) -> Result<Self> {
        self.require_not_final("cancelled")?;
        Ok(Self {
            status: Status::Cancelled,
            assignee: None,
            lease_ends: None,
            rejections: self.rejections,
            verdict: None,
        })
    }

    /// The deadline passed while nothing waited for a verdict.
    ///
    /// # Errors
    /// `Conflict` while it is judged or once it is final.
    pub fn expire(self) -> Result<Self> {
        match self.status {
            Status::Open | Status::Claimed | Status::Started => Ok(Self {
                status: Status::Expired,
                ..Self::OPEN
            }),
            Status::Submitted
            | Status::Accepted
            | Status::Cancelled
            | Status::Expired
            | Status::Disputed => Err(self.not_in_work("let it expire")),
        }
    }

    /// The operator is asked to decide about the work of `worker`.
    ///
    /// # Errors
    /// `Conflict` where another agent works on it or it was withdrawn.
    pub fn dispute(self, worker: AccountId) -> Result<Self> {
        let is_others = self.assignee.is_some_and(|holder| holder != worker);
        match self.status {
            Status::Open | Status::Claimed | Status::Started | Status::Accepted if !is_others => {
                Ok(Self {
                    status: Status::Disputed,
                    assignee: Some(worker),
                    lease_ends: None,
                    rejections: self.rejections,
                    verdict: None,
                })
            }
            _ => Err(self.not_in_work("dispute its review")),
        }
    }

    /// The operator decided: the worker is paid a part, or the task is off.
    ///
    /// # Errors
    /// `Conflict` unless it is disputed.
    pub fn resolve(self, is_paid: bool) -> Result<Self> {
        if self.status != Status::Disputed {
            return Err(self.not_in_work("resolve a dispute about it"));
        }
        Ok(if is_paid {
            Self {
                status: Status::Accepted,
                ..self
            }
        } else {
            Self {
                status: Status::Cancelled,
                ..Self::OPEN
            }
        })
    }

    /// When something happens to the task by itself, as far as its own row
    /// says: its holder is warned, the claim ends, the deadline passes.
    pub fn alarm(self, terms: &Terms, deadline: Option<Time>, now: Time) -> Option<Time> {
        let is_unfinished = matches!(
            self.status,
            Status::Open | Status::Claimed | Status::Started
        );
        let deadline = deadline.filter(|_| terms.expires && is_unfinished);
        let lease = self.lease_ends.map(|end| {
            let notice = terms.lease.map_or(0, |lease| lease.0.div_euclid(10));
            let warning = end.minus(Span(notice.min(limits::LEASE_WARNING.0)));
            if now < warning { warning } else { end }
        });
        let silence = match (self.status, terms.silence) {
            (Status::Submitted, Some(silence)) => Some(now.plus(silence)),
            _ => None,
        };
        [deadline, lease, silence].into_iter().flatten().min()
    }

    /// Edits are allowed until the task is final.
    ///
    /// # Errors
    /// `Conflict` once it is.
    pub fn require_not_final(self, what: &str) -> Result<()> {
        match self.status {
            Status::Accepted | Status::Cancelled | Status::Expired => Err(Error::conflict(
                "task_is_final",
                format!(
                    "this task is {} and cannot be {what} any more",
                    self.status.in_words()
                ),
            )),
            Status::Open
            | Status::Claimed
            | Status::Started
            | Status::Submitted
            | Status::Disputed => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Difficulty, Mode, Scrutiny, State, Status, Terms, Verdict};
    use crate::id::{AccountId, PLATFORM};
    use crate::time::{Span, Time};
    use uuid::Uuid;

    const NOW: Time = Time(1_000_000);

    fn agent(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    fn claimed() -> State {
        State::OPEN
            .claim(agent(1), 0, &Terms::bounty(None), NOW)
            .expect("open")
    }

    fn submitted() -> State {
        claimed()
            .submit(agent(1), &Terms::bounty(None))
            .expect("claimed")
    }

    #[test]
    fn the_way_to_accepted() {
        let done = submitted()
            .accept(agent(1), &Terms::bounty(None))
            .expect("submitted");
        assert_eq!(
            (done.status, done.assignee),
            (Status::Accepted, Some(agent(1)))
        );
        assert_eq!(done.cancel().map_err(|e| e.code), Err("task_is_final"));
    }

    #[test]
    fn a_task_has_one_holder_and_a_holder_three_tasks() {
        let terms = Terms::bounty(None);
        assert_eq!(
            claimed()
                .claim(agent(2), 0, &terms, NOW)
                .map_err(|e| e.code),
            Err("task_not_available")
        );
        assert!(State::OPEN.claim(agent(2), 2, &terms, NOW).is_ok());
        assert_eq!(
            State::OPEN
                .claim(agent(2), 3, &terms, NOW)
                .map_err(|e| e.code),
            Err("claim_limit_reached")
        );
    }

    #[test]
    fn only_the_holder_acts_and_only_while_it_works() {
        let stranger = agent(2);
        for refused in [
            claimed().release(stranger),
            claimed().submit(stranger, &Terms::bounty(None)),
            submitted().submit(stranger, &Terms::bounty(None)),
        ] {
            assert_eq!(refused.map_err(|e| e.code), Err("not_the_assignee"));
        }
        for refused in [
            submitted().release(agent(1)),
            submitted().submit(agent(1), &Terms::bounty(None)),
            submitted().revoke(),
        ] {
            assert_eq!(refused.map_err(|e| e.code), Err("task_not_claimed"));
        }
        assert_eq!(claimed().release(agent(1)), Ok(State::OPEN));
    }

    #[test]
    fn a_rejection_reopens_or_leaves_another_try() {
        let bounty = Terms::bounty(None);
        assert_eq!(submitted().reject(&bounty, NOW), Ok(State::OPEN));
        let patient = Terms {
            rejections: 2,
            ..bounty
        };
        let first = submitted().reject(&patient, NOW).expect("submitted");
        assert_eq!(
            (first.status, first.assignee, first.verdict),
            (Status::Started, Some(agent(1)), Some(Verdict::Rejected))
        );
        let second = first
            .submit(agent(1), &patient)
            .expect("claimed")
            .reject(&patient, NOW);
        assert_eq!(second, Ok(State::OPEN));
    }

    #[test]
    fn a_revision_goes_back_to_its_author() {
        let back = submitted()
            .request_revision(&Terms::bounty(None), NOW)
            .expect("submitted");
        assert_eq!(
            (back.status, back.assignee, back.verdict),
            (
                Status::Started,
                Some(agent(1)),
                Some(Verdict::RevisionRequested)
            )
        );
    }

    #[test]
    fn leases_start_at_claim_and_are_renewed() {
        let terms = Terms::bounty(Some(Span::hours(1)));
        let held = State::OPEN.claim(agent(1), 0, &terms, NOW).expect("open");
        assert_eq!(held.lease_ends, Some(NOW.plus(Span::hours(1))));
        let later = NOW.plus(Span::hours(2));
        assert_eq!(
            held.renew(agent(1), &terms, later).map(|s| s.lease_ends),
            Ok(Some(later.plus(Span::hours(1))))
        );
        assert_eq!(
            claimed()
                .renew(agent(1), &Terms::bounty(None), NOW)
                .map_err(|e| e.code),
            Err("task_has_no_lease")
        );
    }

    #[test]
    fn verdicts_need_a_submission() {
        let terms = Terms::bounty(None);
        for state in [State::OPEN, claimed()] {
            assert!(
                state.accept(agent(1), &terms).is_err()
                    && state.reject(&terms, NOW).is_err()
                    && state.request_revision(&terms, NOW).is_err()
            );
        }
    }

    #[test]
    fn a_task_for_all_is_never_taken_and_ends_with_the_first_that_passes() {
        let terms = Terms::contract(Mode::Open, Scrutiny::Manual, Span::hours(24));
        assert_eq!(
            State::OPEN.claim(agent(1), 99, &terms, NOW),
            Ok(State::OPEN)
        );
        assert_eq!(State::OPEN.submit(agent(1), &terms), Ok(State::OPEN));
        assert_eq!(State::OPEN.reject(&terms, NOW), Ok(State::OPEN));
        let done = State::OPEN.accept(agent(2), &terms).expect("open");
        assert_eq!(
            (done.status, done.assignee),
            (Status::Accepted, Some(agent(2)))
        );
        assert_eq!(
            done.submit(agent(1), &terms).map_err(|e| e.code),
            Err("task_not_claimed")
        );
    }

    #[test]
    fn only_work_that_waits_for_nobody_expires() {
        assert_eq!(
            claimed().expire().map(|s| (s.status, s.assignee)),
            Ok((Status::Expired, None))
        );
        assert!(submitted().expire().is_err() && State::OPEN.expire().is_ok());
        let done = submitted()
            .accept(agent(1), &Terms::bounty(None))
            .expect("submitted");
        assert!(done.expire().is_err());
    }

    #[test]
    fn a_dispute_ends_with_the_operators_word() {
        let rejected = submitted()
            .reject(
                &Terms {
                    rejections: 3,
                    ..Terms::bounty(None)
                },
                NOW,
            )
            .expect("submitted");
        let disputed = rejected.dispute(agent(1)).expect("rejected");
        assert_eq!(
            rejected.dispute(agent(2)).map_err(|e| e.code),
            Err("task_not_claimed")
        );
        assert_eq!(
            disputed.resolve(true).map(|s| s.status),
            Ok(Status::Accepted)
        );
        assert_eq!(
            disputed.resolve(false).map(|s| (s.status, s.assignee)),
            Ok((Status::Cancelled, None))
        );
        assert!(rejected.resolve(true).is_err());
    }

    #[test]
    fn words_read_back() {
        for difficulty in Difficulty::ALL {
            assert_eq!(Difficulty::parse(difficulty.as_str()), Some(difficulty));
        }
        assert_eq!(Status::parse("OPEN"), None);
        assert_eq!(AccountId(PLATFORM), AccountId(Uuid::nil()));
    }
}
