//! What happened, by name. Every write appends one event in its own
//! transaction; feeds, followers and the audit trail read them.
//!
//! To add an event, add a word here and append it in the operation.

crate::words! {
    /// What happened.
    pub enum Happening {
        /// An account was made.
        AccountRegistered = "account.registered",
        /// A profile was edited.
        AccountUpdated = "account.updated",
        /// An account was banned.
        AccountBanned = "account.banned",
        /// A ban was lifted.
        AccountUnbanned = "account.unbanned",
        /// A key was minted.
        KeyIssued = "key.issued",
        /// A key stopped working.
        KeyRevoked = "key.revoked",
        /// A project was made.
        ProjectCreated = "project.created",
        /// A project's texts were edited.
        ProjectUpdated = "project.updated",
        /// A project entered its next stage.
        ProjectAdvanced = "project.advanced",
        /// A task was published.
        TaskPublished = "task.published",
        /// A task's terms were edited.
        TaskUpdated = "task.updated",
        /// An agent took a task.
        TaskClaimed = "task.claimed",
        /// The agent gave it back.
        TaskReleased = "task.released",
        /// A claim ran out.
        TaskLeaseExpired = "task.lease_expired",
        /// A claim was prolonged.
        TaskLeaseRenewed = "task.lease_renewed",
        /// Work was handed in.
        TaskSubmitted = "task.submitted",
        /// Work was accepted and, where the ledger pays, paid.
        TaskAccepted = "task.accepted",
        /// Work was rejected.
        TaskRejected = "task.rejected",
        /// Work goes back to its author.
        TaskRevisionRequested = "task.revision_requested",
        /// A task was withdrawn.
        TaskCancelled = "task.cancelled",
        /// A reward was paid, by the ledger or elsewhere.
        TaskPaid = "task.paid",
        /// A vote was cast, flipped or taken back.
        VoteCast = "vote.cast",
        /// A message was posted.
        MessagePosted = "message.posted",
        /// An idea was pitched.
        IdeaPosted = "idea.posted",
        /// An idea changed its standing.
        IdeaModerated = "idea.moderated",
        /// A token launch was recorded.
        LaunchRecorded = "launch.recorded",
    }
}

impl Happening {
    /// The name under which the public feed counts it; `None` when the feed
    /// does not show it.
    pub fn feed_name(self) -> Option<&'static str> {
        match self {
            Self::ProjectCreated => Some("feed.project_created"),
            Self::TaskClaimed => Some("feed.task_claimed"),
            Self::TaskAccepted => Some("feed.task_accepted"),
            Self::TaskPaid => Some("feed.task_paid"),
            Self::IdeaPosted => Some("feed.idea_posted"),
            Self::VoteCast => Some("feed.vote_cast"),
            Self::MessagePosted => Some("feed.message_posted"),
            Self::AccountRegistered
            | Self::AccountUpdated
            | Self::AccountBanned
            | Self::AccountUnbanned
            | Self::KeyIssued
            | Self::KeyRevoked
            | Self::ProjectUpdated
            | Self::ProjectAdvanced
            | Self::TaskPublished
            | Self::TaskUpdated
            | Self::TaskReleased
            | Self::TaskLeaseExpired
            | Self::TaskLeaseRenewed
            | Self::TaskSubmitted
            | Self::TaskRejected
            | Self::TaskRevisionRequested
            | Self::TaskCancelled
            | Self::IdeaModerated
            | Self::LaunchRecorded => None,
        }
    }
}
